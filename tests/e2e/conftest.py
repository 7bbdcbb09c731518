"""End to end: the real programs, the real model, real files and the real parsers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.oracles import OracleError, oracle_for
from maze.engine.launcher import missing_extra

REPOSITORY = Path(__file__).parents[2]
CORPORA = REPOSITORY / ".cache" / "corpora"

needs_engine = pytest.mark.skipif(missing_extra() is not None, reason=str(missing_extra()))


@pytest.fixture(params=["python", "go", "typescript"])
def language(request: pytest.FixtureRequest) -> str:
    """A language whose real parser is on this machine."""
    try:
        oracle_for(request.param).close()
    except OracleError as error:
        pytest.skip(str(error))
    return str(request.param)


def last_json(module: str, *arguments: object, timeout_s: float = 900) -> dict[str, Any]:
    """The JSON object that a command prints last; it must have ended well."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found
