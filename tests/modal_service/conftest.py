"""An account of its own for each test, and the commands a person would run, in their processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

pytest.importorskip("modal", reason="the deploy extra is not installed")

from tests.modal_service.fake_control_plane import (
    TOKEN_ID,
    TOKEN_SECRET,
    ControlPlane,
    control_plane,
)

ROOT = Path(__file__).parents[2]


@attrs.frozen
class Ran:
    """What came of a command."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def plane() -> Iterator[ControlPlane]:
    """A fake control plane with an empty account."""
    with control_plane() as running:
        yield running


@pytest.fixture
def run(plane: ControlPlane, tmp_path: Path) -> Run:
    """Runs a command on a machine that knows the account, and has a keyring in a file."""
    return runner(plane, tmp_path)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An account to which the service was deployed as it is by default; to be looked at only."""
    with control_plane() as running:
        ran = runner(running, tmp_path_factory.mktemp("deployed"))("maze", "deploy")
        assert ran.status == 0, ran.err
        yield running


def runner(plane: ControlPlane, tmp_path: Path) -> Run:
    """Runs commands on a machine of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAZE_", "MODAL_"))}
    environment = kept | {
        "MODAL_SERVER_URL": plane.address,
        "MODAL_TOKEN_ID": TOKEN_ID,
        "MODAL_TOKEN_SECRET": TOKEN_SECRET,
        "MODAL_CONFIG_PATH": str(tmp_path / "modal.toml"),
        "MAZE_CONFIG": str(tmp_path / "config.toml"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PYTHON_KEYRING_BACKEND": "tests.keyring_in_a_file.Keyring",
        "KEYRING_FILE": str(tmp_path / "keyring.json"),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
    }

    def running(*command: object, timeout_s: float = 120, **more: str | None) -> Ran:
        changed = environment | {k: v for k, v in more.items() if v is not None}
        for name in (name for name, value in more.items() if value is None):
            changed.pop(name, None)
        words = [str(word) for word in command]
        if words[0] in ("maze", "modal"):
            words[:1] = [sys.executable, "-m", words[0]]
        done = subprocess.run(
            words,
            env=changed,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return running
