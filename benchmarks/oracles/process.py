"""A judge that is a process kept running: JSON lines in, JSON lines out.

A question is a list of files in base64; the answer is, for each, null or its error. The first line
out names the parser.
"""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess

from benchmarks.oracles.base import Oracle, OracleError

# Files per question: enough to hide the pipe's latency, few enough to show progress.
_BATCH = 32


class ProcessOracle(Oracle):
    """Asks a process, and starts another one where a file killed it.

    Args:
        language: whose judge this is, for messages.
        command: how to start the process.
    """

    def __init__(self, language: str, command: list[str]) -> None:
        self._language = language
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
            raise OracleError(
                f"{self._language}'s judge did not start: `{' '.join(self._command)}` failed."
            )
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
