"""XGrammar, imported without torch where torch is not installed.

XGrammar's core is a C++ library behind thin Python classes, but its package imports
`torch` and `transformers` at the top for helpers that Maze never calls (GPU kernels,
Hugging Face tokenizers). Together they are several hundred megabytes, and on Linux a plain
`torch` is a CUDA build of several gigabytes. So where they are missing, inert stand-ins
take their place *during the import only*; where they are installed (vLLM), nothing is replaced.

Bitmasks are then numpy arrays: `fill_next_token_bitmask` takes anything that speaks DLPack.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from typing import Any

_HEAVY = ("torch", "transformers", "triton")


class _Inert(types.ModuleType):
    """A module whose every attribute is an inert type, good enough for annotations."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Placeholder


class _Placeholder:
    def __init__(self, *args: object, **kwargs: object) -> None: ...

    def __class_getitem__(cls, item: object) -> type[_Placeholder]:
        return cls

    def __call__(self, function: Any) -> Any:
        return function


def _import_xgrammar() -> types.ModuleType:
    if "xgrammar" in sys.modules:
        return sys.modules["xgrammar"]
    missing = [name for name in _HEAVY if importlib.util.find_spec(name) is None]
    if not missing:
        return importlib.import_module("xgrammar")
    importlib.import_module("tvm_ffi")  # looks for torch by itself: let it see there is none
    names = [
        *missing,
        *(["torch.utils", "torch.utils.cpp_extension"] if "torch" in missing else []),
    ]
    if "triton" in missing:
        names.append("triton.language")
    for name in names:
        sys.modules[name] = _Inert(name)
    try:
        return importlib.import_module("xgrammar")
    finally:
        for name in names:
            del sys.modules[name]


xgrammar = _import_xgrammar()
