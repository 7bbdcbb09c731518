"""The doctor's look at the folder where the constraint's tables are cached."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from maze.cli.doctor.finding import Finding, note, ok, problem


def cache_directory() -> Path:
    """The folder, as `maze.grammar.store` has it, which can not be imported without numpy."""
    return Path(os.environ.get("MAZE_CACHE_DIR") or platformdirs.user_cache_dir("maze")) / "tables"


def can_be_written(folder: Path) -> bool:
    """Whether files can be made in a folder, which may not be there yet."""
    above = folder
    while not above.exists():
        above = above.parent
    return above.is_dir() and os.access(above, os.W_OK | os.X_OK)


def cache() -> Finding:
    """Whether tables are cached, and can be."""
    folder = cache_directory()
    if not can_be_written(folder):
        return problem(
            "tables",
            f"{folder} cannot be written",
            "make it writable, or set MAZE_CACHE_DIR to a folder that is",
        )
    entries = [meta.parent for meta in folder.glob("*/meta.json")]
    if not entries:
        return note("tables", f"none yet in {folder}; they are built when first needed")
    size = sum(file.stat().st_size for entry in entries for file in entry.iterdir())
    return ok("tables", f"{len(entries)} in {folder} ({size / 1e6:.0f} MB)")
