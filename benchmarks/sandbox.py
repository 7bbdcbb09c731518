"""Runs generated programs with bounds on time, memory and output, away from the user's files.

This keeps accidents small: endless loops, huge lists, stray files. It is no protection against
malice, of which answers to benchmark problems hold none; where that is in doubt, use a container.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.paths import CACHE
from benchmarks.tools import GO_TOOLCHAIN

SECONDS = 10
_MEMORY_BYTES = 2 << 30
_FILE_BYTES = 64 << 20


def runner_for(language: str) -> str | None:
    """The program that runs a language's tests; None when it is not installed."""
    if language == "python":
        return sys.executable
    if language == "go":
        return shutil.which("go") or (str(GO_TOOLCHAIN) if GO_TOOLCHAIN.is_file() else None)
    return None


def passes(language: str, program: str) -> bool:
    """Whether a test program ends well within its bounds.

    Args:
        language: one for which `runner_for` names a program.
        program: its whole source.
    """
    runner = runner_for(language)
    assert runner is not None
    with tempfile.TemporaryDirectory(prefix="maze-run-") as folder:
        if language == "go":
            (Path(folder) / "p_test.go").write_text(program, encoding="utf-8")
            cache = CACHE / "go-build"
            environment = {"GOCACHE": str(cache), "GOFLAGS": "-vet=off", "GO111MODULE": "off"}
            # The compiler reserves much more memory than it uses.
            return _ends_well([runner, "test", "p_test.go"], folder, environment, None, 6 * SECONDS)
        (Path(folder) / "p.py").write_text(program, encoding="utf-8")
        return _ends_well([runner, "-I", "p.py"], folder, {}, _MEMORY_BYTES, SECONDS)


def _ends_well(
    command: list[str], folder: str, environment: dict[str, str], memory: int | None, seconds: int
) -> bool:
    def bound() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    process = subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": os.defpath, "HOME": folder, "TMPDIR": folder, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=bound if os.name == "posix" else None,
    )
    try:
        return process.wait(timeout=seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if os.name == "posix":
            _kill_group(process.pid)
        process.kill()
        process.wait()


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
