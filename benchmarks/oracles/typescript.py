"""TypeScript's judge: the parser of npm's typescript, in one node process kept running."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.oracles.base import OracleError
from benchmarks.oracles.process import ProcessOracle
from benchmarks.tools import TYPESCRIPT_MODULE

_JUDGE = Path(__file__).resolve().parent / "typescript.mjs"


class TypeScriptOracle(ProcessOracle):
    """Judges TypeScript files by `ts.createSourceFile(…).parseDiagnostics`.

    Args:
        kind: a key of `ts.ScriptKind`: `TS`, `TSX` for files with JSX, or `JS` for JavaScript, where types are errors.
    """

    def __init__(self, kind: str = "TS") -> None:
        node = shutil.which("node")
        if node is None or not TYPESCRIPT_MODULE.is_file():
            raise OracleError("TypeScript's judge needs node and typescript: run scripts/tools.")
        super().__init__("TypeScript", [node, str(_JUDGE), str(TYPESCRIPT_MODULE), kind])
