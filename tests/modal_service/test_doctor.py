"""What `maze doctor` tells of an engine elsewhere, its key and the Modal account."""

from __future__ import annotations

import json

import pytest

from tests.lsp.fake_engine import KEY, fake_engine
from tests.modal_service.conftest import Run
from tests.modal_service.fake_control_plane import WORKSPACE, ControlPlane

pytestmark = pytest.mark.modal

NO_TOML = {"MODAL_CONFIG_PATH": __file__}
NO_ACCOUNT = {"MODAL_TOKEN_ID": None, "MODAL_TOKEN_SECRET": None}

CASES = [
    # what the engine does; the environment; check, its status, what it finds
    ("answers", {"MAZE_API_KEY": KEY}, "engine", "ok", "with fake"),
    ("answers", {"MAZE_API_KEY": KEY}, "key", "ok", "from MAZE_API_KEY"),
    ("starts", {"MAZE_API_KEY": KEY}, "engine", "note", "is starting"),
    ("answers", {}, "key", "note", "neither in MAZE_API_KEY nor in the keyring"),
    ("answers", {}, "modal", "note", f"workspace {WORKSPACE}; the service is not deployed"),
    ("answers", NO_ACCOUNT, "modal", "note", "there is no Modal account on this machine"),
    ("answers", NO_TOML, "modal", "note", "Modal's client does not start: Error when reading"),
    ("is gone", {}, "engine", "problem", "cannot be used"),
    ("has no Maze", {}, "engine", "problem", "is no engine of Maze's"),
]


@pytest.mark.parametrize(("engine_does", "environment", "check", "status", "found"), CASES)
def test_findings(
    run: Run,
    plane: ControlPlane,
    engine_does: str,
    environment: dict[str, str | None],
    check: str,
    status: str,
    found: str,
) -> None:
    with fake_engine() as engine:
        engine.starting = 1_000 if engine_does == "starts" else 0
        if engine_does == "has no Maze":
            engine.languages = ()
        url = "http://127.0.0.1:9" if engine_does == "is gone" else engine.url
        ran = run("maze", "doctor", "--json", MAZE_ENGINE_URL=url, **environment)
    checks = {one["name"]: one for one in json.loads(ran.out)["checks"]}
    assert checks[check]["status"] == status
    assert found in checks[check]["found"]
    assert ran.status == (1 if status == "problem" else 0)
