"""How long engines elsewhere take to start, as this machine has seen it.

A progress bar needs an estimate before anything is known, and a better one afterwards: what the last
start took is kept by address, beside the embedded engine's state.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path

from maze.engine.state import make_private, state_directory

FIRST_GUESS_S = 75.0
"""A 7B model on a GPU that has to be fetched (`modal_service.estimates` reckons 70)."""

_MAX_ENTRIES = 50


class ColdStarts:
    """Durations of starts, by address.

    Args:
        file: where they are kept; None takes the user's state directory.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or state_directory() / "cold-starts.json"

    def expected_s(self, url: str) -> float:
        """What a start will probably take, in seconds."""
        return self._read().get(url, FIRST_GUESS_S)

    def record(self, url: str, seconds: float) -> None:
        """Remember what a start took; a file that can not be written is no trouble."""
        known = self._read()
        known.pop(url, None)
        known = dict(list(known.items())[1 - _MAX_ENTRIES :]) | {url: round(seconds, 1)}
        with contextlib.suppress(OSError):
            make_private(self._file.parent)
            descriptor, name = tempfile.mkstemp(dir=self._file.parent, prefix=self._file.name)
            with os.fdopen(descriptor, "w") as new:
                json.dump(known, new)
            os.replace(name, self._file)

    def _read(self) -> dict[str, float]:
        try:
            data = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(data, dict):
            return {}
        return {
            url: float(s) for url, s in data.items() if isinstance(s, int | float) and 0 < s < 3600
        }
