"""The file through which editors' windows share one embedded engine.

It holds the key, so only its owner may read it. It is replaced in one step, so nobody reads half.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import platformdirs
from attrs import asdict, define, field

VERSION = version("maze")

_PAUSES_S = (0.01, 0.02, 0.05, 0.1, 0.2)


@define(frozen=True)
class EngineState:
    """A running engine.

    Attributes:
        url: its address, as in `http://127.0.0.1:40123`.
        pid: its process.
        key: the bearer key it asks for.
        version: Maze's version it was started from.
    """

    url: str
    pid: int
    key: str = field(repr=False)
    version: str = VERSION


def state_directory() -> Path:
    """Where state files are kept, for this user."""
    return platformdirs.user_state_path("maze", appauthor=False)


def log_directory() -> Path:
    """Where the engine's log is kept, for this user."""
    return platformdirs.user_log_path("maze", appauthor=False)


def make_private(directory: Path) -> None:
    """Create `directory`, for its owner alone.

    Raises:
        OSError: when it cannot be created.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        directory.chmod(0o700)


def write_state(path: Path, state: EngineState) -> None:
    """Replace the file at `path`."""
    make_private(path.parent)
    # mkstemp creates the file readable by its owner alone.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(state), file)
    for pause_s in _PAUSES_S:
        try:
            os.replace(name, path)
            return
        except PermissionError:  # on Windows, while somebody reads the file
            time.sleep(pause_s)
    os.replace(name, path)


def read_state(path: Path) -> EngineState | None:
    """The engine that `path` names; None when there is no such file or it makes no sense."""
    try:
        data = json.loads(path.read_bytes())
        state = EngineState(**data)
    except (OSError, ValueError, TypeError):
        return None
    texts = (state.url, state.key, state.version)
    if not all(isinstance(text, str) for text in texts) or not isinstance(state.pid, int):
        return None
    return state


def remove_state(path: Path, pid: int) -> None:
    """Remove the file at `path` if it still names the process `pid`."""
    state = read_state(path)
    if state is not None and state.pid == pid:
        path.unlink(missing_ok=True)
