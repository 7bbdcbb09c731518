"""Whether a file parses, by the real parser of its language, or the next best on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.oracles import Oracle, OracleError, oracle_for
from benchmarks.oracles.python import PythonOracle
from maze.cli.demo.judging import Verdict

_JUDGE = Path(__file__).parents[1] / "oracles" / "judge.py"


class Judges:
    """One parser per language, started when it is first asked."""

    def __init__(self) -> None:
        self._oracles: dict[str, Oracle | None] = {}
        self.missing: dict[str, str] = {}

    def judge(self, language: str, content: str) -> Verdict:
        """The verdict on a whole file."""
        if language not in self._oracles:
            self._oracles[language] = self._find(language)
        oracle = self._oracles[language]
        if oracle is None:
            return Verdict(None)
        [error] = oracle.errors([content.encode()])
        return Verdict(error is None, error)

    def name(self, language: str) -> str:
        """The parser's name and version; empty where there is none."""
        oracle = self._oracles.get(language)
        return oracle.name if oracle else ""

    def close(self) -> None:
        """End their processes."""
        for oracle in self._oracles.values():
            if oracle is not None:
                oracle.close()

    def _find(self, language: str) -> Oracle | None:
        try:
            return oracle_for(language)
        except OracleError as error:
            if language == "python":
                # An older Python knows less syntax than Maze writes, but is better than none.
                return PythonOracle([sys.executable, "-I", str(_JUDGE)])
            self.missing[language] = str(error)
            return None
