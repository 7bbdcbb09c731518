"""Python's judge: `ast.parse` of a CPython ≥ 3.13, kept running.

A CPython on this machine is used where there is one; otherwise CPython 3.13 compiled to WebAssembly
(pyodide, installed by `scripts/tools`) under node. Both run `judge.py` and speak JSON lines.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.oracles.base import OracleError
from benchmarks.oracles.process import ProcessOracle
from benchmarks.pythons import newer_pythons
from benchmarks.tools import PYODIDE_MODULE

_HERE = Path(__file__).resolve().parent
_JUDGE = _HERE / "judge.py"
_JUDGE_IN_NODE = _HERE / "judge.mjs"


def cpython_command() -> list[str] | None:
    """How to start the judge in a CPython of this machine; None without one that is new enough."""
    pythons = newer_pythons()
    return [str(pythons[0].program), "-I", str(_JUDGE)] if pythons else None


def pyodide_command() -> list[str] | None:
    """How to start the judge under node; None without node or pyodide."""
    node = shutil.which("node")
    if node is None or not PYODIDE_MODULE.is_file():
        return None
    return [node, str(_JUDGE_IN_NODE), str(PYODIDE_MODULE), str(_JUDGE)]


class PythonOracle(ProcessOracle):
    """Judges Python files. `ast.parse` gets bytes, so coding cookies and BOMs count."""

    def __init__(self, command: list[str] | None = None) -> None:
        command = command or cpython_command() or pyodide_command()
        if command is None:
            raise OracleError(
                "Python's judge needs CPython 3.13, or node and pyodide: run scripts/tools."
            )
        super().__init__("Python", command)
