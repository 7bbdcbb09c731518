"""Python's judge: `ast.parse` of a CPython ≥ 3.13, kept running.

A CPython on this machine is used where there is one; otherwise CPython 3.13 compiled to WebAssembly
(pyodide, installed by `scripts/tools`) under node. Both run `judge.py` and speak JSON lines.
"""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
from pathlib import Path

from benchmarks.oracles.base import Oracle, OracleError
from benchmarks.pythons import newer_pythons
from benchmarks.tools import PYODIDE_MODULE

_HERE = Path(__file__).resolve().parent
_JUDGE = _HERE / "judge.py"
_JUDGE_IN_NODE = _HERE / "judge.mjs"

# Files per question: enough to hide the pipe's latency, few enough to show progress.
_BATCH = 32


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


class PythonOracle(Oracle):
    """Judges Python files. `ast.parse` gets bytes, so coding cookies and BOMs count."""

    def __init__(self, command: list[str] | None = None) -> None:
        command = command or cpython_command() or pyodide_command()
        if command is None:
            raise OracleError(
                "Python's judge needs CPython 3.13, or node and pyodide: run scripts/tools."
            )
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self.name = ""
        self._start()

    def errors(self, texts: list[bytes]) -> list[str | None]:
        verdicts: list[str | None] = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            verdicts += self._ask(batch) or self._ask_singly(batch)
        return verdicts

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

    def _start(self) -> None:
        self.close()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="ascii",
        )
        hello = self._read()
        if not isinstance(hello, str):
            self.close()
            raise OracleError(f"Python's judge did not start: `{' '.join(self._command)}` failed.")
        self.name = hello

    def _ask_singly(self, texts: list[bytes]) -> list[str | None]:
        """Ask one by one, after a batch that killed the judge: nesting can exhaust its stack."""
        verdicts: list[str | None] = []
        for text in texts:
            self._start()
            verdicts += self._ask([text]) or ["the parser died on this file"]
        self._start()
        return verdicts

    def _ask(self, texts: list[bytes]) -> list[str | None] | None:
        """The verdicts, or None when the judge died."""
        assert self._process is not None
        assert self._process.stdin is not None
        question = json.dumps([base64.b64encode(text).decode("ascii") for text in texts])
        try:
            self._process.stdin.write(question + "\n")
            self._process.stdin.flush()
        except OSError:
            return None
        answer = self._read()
        return answer if isinstance(answer, list) and len(answer) == len(texts) else None

    def _read(self) -> object:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            return json.loads(self._process.stdout.readline())
        except ValueError:
            return None
