"""Real parsers as judges: what each language's users trust to say whether a file is valid.

    oracle = oracle_for("go")
    oracle.accepts([b"package p\n", b"package\n"])   # [True, False]
    oracle.errors([b"package\n"])                    # ["1:8: expected 'IDENT', found newline"]

An oracle may hold a process; `close()` ends it, and so does leaving a `with` block.
tree-sitter is no oracle: it recovers from errors and accepts invalid code.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.oracles.base import Oracle, OracleError
from benchmarks.oracles.go import GoOracle
from benchmarks.oracles.python import PythonOracle
from benchmarks.oracles.rust import RustOracle
from benchmarks.oracles.typescript import TypeScriptOracle
from benchmarks.oracles.zig import ZigOracle

ORACLES: dict[str, Callable[[], Oracle]] = {
    "python": PythonOracle,
    "go": GoOracle,
    "zig": ZigOracle,
    "rust": RustOracle,
    "typescript": TypeScriptOracle,
    "tsx": partial(TypeScriptOracle, "TSX"),
    "javascript": partial(TypeScriptOracle, "JS"),
}


def oracle_for(language: str) -> Oracle:
    """The judge of a language.

    Raises:
        OracleError: there is none for this language, or its program is not installed.
    """
    if language not in ORACLES:
        raise OracleError(
            f"No real parser for {language}; there are some for {', '.join(ORACLES)}."
        )
    return ORACLES[language]()


__all__ = ["ORACLES", "Oracle", "OracleError", "oracle_for"]
