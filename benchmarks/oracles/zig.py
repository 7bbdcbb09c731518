"""Zig's judge: `zig fmt --stdin --check`, one process per file, two at a time."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor

from benchmarks.oracles.base import Oracle, OracleError
from benchmarks.tools import ZIG, ZIG_VERSION

_COMMAND = [str(ZIG), "fmt", "--stdin", "--check"]
# Exit status where the file does not parse; 0 and 1 tell whether it is formatted as zig would.
_SYNTAX_ERROR = 2


class ZigOracle(Oracle):
    """Judges Zig files."""

    def __init__(self) -> None:
        if not ZIG.is_file():
            raise OracleError("Zig's judge, zig fmt, is not installed: run scripts/tools.")
        self.name = f"zig fmt {ZIG_VERSION}"
        self._threads = ThreadPoolExecutor(max_workers=2)

    def errors(self, texts: list[bytes]) -> list[str | None]:
        return list(self._threads.map(_error, texts))

    def close(self) -> None:
        self._threads.shutdown()


def _error(text: bytes) -> str | None:
    done = subprocess.run(_COMMAND, input=text, capture_output=True, check=False)
    if done.returncode in (0, 1):
        return None
    lines = done.stderr.decode("utf-8", errors="replace").splitlines()
    first = lines[0] if lines else "no message"
    if done.returncode != _SYNTAX_ERROR:
        return f"0:0: zig fmt failed with status {done.returncode}: {first}"
    return first.removeprefix("<stdin>:")
