"""Rust's judge: rustc, stopped after parsing, in each edition until one accepts.

rustc parses one file a process (about 10 ms), so a few run side by side. `RUSTC_BOOTSTRAP` lets a
stable rustc take the unstable flag; rustup's shim in front of it would cost ten times the parse.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from benchmarks.oracles.base import Oracle, OracleError

EDITIONS = ("2021", "2024", "2018", "2015")

_AT_ONCE = 2
_ERROR = re.compile(r"[^\n]*?:(?P<message>\d+:\d+: error.*)")


class RustOracle(Oracle):
    """Judges Rust files: valid is what parses in some edition."""

    def __init__(self) -> None:
        self._rustc = _rustc()
        if self._rustc is None:
            raise OracleError("Rust's judge, rustc, is not installed: get it from rustup.rs.")
        said = subprocess.run([self._rustc, "--version"], capture_output=True, check=True)
        self.name = " ".join(said.stdout.decode().split()[:2])

    def errors(self, texts: list[bytes]) -> list[str | None]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self._error, texts))

    def _error(self, text: bytes) -> str | None:
        with tempfile.TemporaryDirectory(prefix="maze-rustc-") as folder:
            path = Path(folder) / "judged.rs"
            path.write_bytes(text)
            first = None
            for edition in EDITIONS:
                error = self._error_in(path, edition)
                if error is None:
                    return None
                first = first or error
            return first

    def _error_in(self, path: Path, edition: str) -> str | None:
        flags = ["-Zparse-crate-root-only", "--error-format=short", "--edition", edition]
        done = subprocess.run(
            [str(self._rustc), *flags, str(path)],
            env={**os.environ, "RUSTC_BOOTSTRAP": "1"},
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return None
        said = done.stderr.decode("utf-8", errors="replace")
        found = _ERROR.search(said)
        return found["message"] if found else f"0:0: rustc failed: {said[-200:]}"


@cache
def _rustc() -> Path | None:
    """The real rustc; None without one."""
    program = shutil.which("rustc")
    if program is None:
        return None
    said = subprocess.run([program, "--print", "sysroot"], capture_output=True, check=False)
    real = Path(said.stdout.decode().strip()) / "bin" / "rustc"
    return real if real.is_file() else Path(program)
