"""Finds CPythons on this machine that are at least as new as our Python grammar (3.13).

The benchmarks themselves may run on an older Python, whose parser rejects newer syntax.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 13)

_ASK = (
    "import json, sys, sysconfig; "
    "print(json.dumps([list(sys.version_info[:3]), sysconfig.get_path('stdlib')]))"
)


@dataclass(frozen=True)
class NewerPython:
    """A CPython ≥ 3.13: its program, (major, minor, micro), and standard library's folder."""

    program: Path
    version: tuple[int, int, int]
    standard_library: Path


@functools.cache
def newer_pythons() -> tuple[NewerPython, ...]:
    """All that were found, the closest to the grammar's version first.

    Looked for: the running Python, `python3.13` … `python3.15` and `python3` on PATH, and the
    versions that pyenv has installed.
    """
    found: dict[Path, NewerPython] = {}
    for program in _candidates():
        python = _probe(program)
        if python and python.version[:2] >= OLDEST:
            found.setdefault(python.standard_library, python)
    # 3.14 accepts a little more than 3.13, so the oldest that is new enough judges best.
    return tuple(sorted(found.values(), key=lambda python: (python.version[:2], python.version)))


def _candidates() -> list[Path]:
    named = ("python3.13", "python3.14", "python3.15", "python3")
    on_path = [Path(path) for path in map(shutil.which, named) if path]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    return [Path(sys.executable), *on_path, *sorted(pyenv.glob("3.1[3-9]*/bin/python3"))]


def _probe(program: Path) -> NewerPython | None:
    # A pyenv shim for a version that is not selected exits with an error: not a Python.
    try:
        done = subprocess.run(
            [program, "-I", "-c", _ASK], capture_output=True, timeout=20, check=True
        )
        version, standard_library = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return NewerPython(program, tuple(version), Path(standard_library))
