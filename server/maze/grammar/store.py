"""A small content-addressed cache on disk for what takes seconds to compute.

An entry is a folder named by its key, holding `meta.json` and numpy arrays. It is written under
another name and renamed into place, so readers never see half of one and two writers do no harm.
Every array's checksum is in the metadata: a damaged entry counts as missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

_META = "meta.json"

# Entries beyond this many are removed when they have not been used for a week.
_KEPT = 16
_KEPT_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class Entry:
    """What an entry holds; the arrays are read-only maps of their files."""

    meta: dict[str, Any]
    arrays: dict[str, np.ndarray]


def default_directory() -> Path:
    """Where tables are cached: `MAZE_CACHE_DIR`, or the user's cache folder."""
    chosen = os.environ.get("MAZE_CACHE_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("maze"))


def key_of(parts: Iterable[str | bytes]) -> str:
    """A key out of everything an entry depends on."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:32]


@cache
def code_fingerprint(folder: Path) -> str:
    """A hash of a package's sources: what the code computes is stale when the code changes."""
    return key_of(path.read_bytes() for path in sorted(folder.glob("*.py")))


class Store:
    """Entries under one folder. Where it cannot be written, nothing is cached: that is no error."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = (directory or default_directory()) / "tables"

    def load(self, key: str) -> Entry | None:
        """An entry, or None where there is none or it is damaged (it is removed then)."""
        folder = self.directory / key
        try:
            meta = json.loads((folder / _META).read_text(encoding="utf-8"))
            arrays = {}
            for name, checksum in meta["arrays"].items():
                array = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
                if zlib.crc32(np.ascontiguousarray(array).data) != checksum:
                    raise ValueError(f"{name} is damaged")
                arrays[name] = array
            os.utime(folder)
            return Entry(meta["meta"], arrays)
        except FileNotFoundError:
            if folder.exists():
                shutil.rmtree(folder, ignore_errors=True)
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError):
            shutil.rmtree(folder, ignore_errors=True)
            return None

    def save(self, key: str, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Write an entry; if another process was faster, keep the other's."""
        temporary: str | None = None
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            temporary = tempfile.mkdtemp(dir=self.directory, prefix=".building-")
            checksums = {}
            for name, array in arrays.items():
                contiguous = np.ascontiguousarray(array)
                np.save(Path(temporary) / f"{name}.npy", contiguous, allow_pickle=False)
                checksums[name] = zlib.crc32(contiguous.data)
            text = json.dumps({"meta": meta, "arrays": checksums})
            (Path(temporary) / _META).write_text(text, encoding="utf-8")
            os.rename(temporary, self.directory / key)
            temporary = None
            self._forget_old()
        except OSError:
            pass
        finally:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    shutil.rmtree(temporary)

    def _forget_old(self) -> None:
        """Remove entries long unused: each release leaves those of the one before."""
        entries = sorted(self.directory.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in entries[:-_KEPT]:
            if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
