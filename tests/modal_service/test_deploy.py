"""What Modal would build and run, asserted on what its real client sends to a fake control plane."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lsp.fake_engine import KEY, fake_engine, says
from tests.modal_service.conftest import ROOT, Run
from tests.modal_service.fake_control_plane import WORKSPACE, ControlPlane

pytestmark = pytest.mark.modal

SCRIPTS = ROOT / "modal_service" / "scripts"
PROFILES = Path(__file__).parent / "two_profiles.toml"
NO_TOML = Path(__file__)


def test_the_image(deployed: ControlPlane) -> None:
    server = deployed.server()
    commands = deployed.dockerfile(server.image_id)
    assert re.fullmatch(r"FROM nvidia/cuda:13\.[\d.]+-devel-ubuntu24\.04", commands[0])
    (install,) = (line for line in commands if "uv pip install" in line)
    for pinned in (
        "vllm==0.32.0",
        "xgrammar==0.2.8",
        "flashinfer-python==0.7.0.post1",
        "hf-transfer==0.1.9",
    ):
        assert pinned in install.replace("'", "").split(" ")
    for needed in ("attrs", "cattrs", "platformdirs"):
        assert needed in install
    assert "ENV HF_XET_HIGH_PERFORMANCE=1" in commands


def test_our_package_is_in_it(deployed: ControlPlane) -> None:
    files = [name for mount in deployed.server().mount_ids for name in deployed.mounts[mount]]
    for name in (
        "/root/maze/constraint/constraint.py",
        "/root/maze/grammars/python.lark",
        "/root/maze/grammars/go.lark",
        "/root/modal_service/app.py",
        "/root/modal_service/serving.py",
    ):
        assert name in files
    # Where vLLM finds the plugin: the distribution's metadata.
    assert any(re.fullmatch(r"/root/maze-.*info/entry_points.txt", name) for name in files)
    assert not [name for name in files if name.endswith(".pyc") or "/tests/" in name]


def test_what_is_in_it_is_enough(deployed: ControlPlane, tmp_path: Path) -> None:
    """The container reads the app's file again, with nothing of ours but what was mounted."""
    for mount in deployed.server().mount_ids:
        for name, content in deployed.mounts[mount].items():
            file = tmp_path / name.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(deployed.contents[content])
    root = tmp_path / "root"
    done = subprocess.run(
        [sys.executable, "-c", "import modal_service.app as app; print(app.__file__, app.options)"],
        env=deployed.variables(deployed.server())
        | {"PYTHONPATH": str(root), "MODAL_IS_REMOTE": "1", "MODAL_MODE": "demo"},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(root)) and "mode='demo'" in done.stdout


def test_the_server(deployed: ControlPlane) -> None:
    server = deployed.server()
    assert server.is_server and server.function_name == "Engine"
    gpu = server.resources.gpu_config
    assert (gpu.gpu_type, gpu.count) == ("L40S", 1)
    assert server.resources.milli_cpu == 4_000
    assert server.resources.memory_mb == 16_384
    assert server.http_config.port == 8000
    assert server.http_config.unauthenticated  # our own key stands guard, see serving.py
    assert server.http_config.exit_grace_period == 30
    assert server.http_config.startup_timeout == 1200
    assert list(server.http_config.proxy_regions) == ["us-east"]
    scaling = server.autoscaler_settings
    assert (scaling.min_containers, scaling.max_containers, scaling.buffer_containers) == (0, 1, 0)
    assert scaling.target_concurrency_float == 32
    assert server.max_concurrent_inputs == 64
    assert not server.checkpointing_enabled


def test_volumes(deployed: ControlPlane) -> None:
    names = {volume_id: name for name, volume_id in deployed.volumes.items()}
    mounted = {m.mount_path: names[m.volume_id] for m in deployed.server().volume_mounts}
    assert mounted == {"/cache/huggingface": "maze-weights", "/cache/compiled": "maze-compiled"}
    variables = deployed.variables(deployed.server())
    places = ("HF_HOME", "VLLM_CACHE_ROOT", "MAZE_CACHE_DIR")
    for place in places:
        assert any(variables[place].startswith(path) for path in mounted)


MODES = [("dev", 120), ("demo", 600), ("prod", 300)]


@pytest.mark.parametrize(("mode", "seconds"), MODES)
def test_modes(run: Run, plane: ControlPlane, mode: str, seconds: int) -> None:
    assert run("modal", "secret", "create", "maze-api-key", "MAZE_API_KEY=k").status == 0
    # Modal's own command line, as its documentation has it.
    assert run("modal", "deploy", "-m", "modal_service.app", MODAL_MODE=mode).status == 0
    scaling = plane.server().autoscaler_settings
    assert scaling.scaledown_window == seconds
    assert (scaling.min_containers, scaling.buffer_containers) == (0, 0)
    # What was chosen reaches the container, which reads the same file.
    assert plane.variables(plane.server()).get("MODAL_MODE", "dev") == mode


CHOICES = [
    # flags; GPU, containers, concurrency, what the container is told
    (
        ["--model", "Qwen/Qwen2.5-Coder-1.5B"],
        "L4",
        1,
        32,
        {"MAZE_DEPLOY_MODEL": "Qwen/Qwen2.5-Coder-1.5B"},
    ),
    (["--max-containers", "3", "--concurrency", "8"], "L40S", 3, 8, {}),
]


@pytest.mark.parametrize(("flags", "gpu", "containers", "concurrency", "told"), CHOICES)
def test_choices(
    run: Run,
    plane: ControlPlane,
    flags: list[str],
    gpu: str,
    containers: int,
    concurrency: int,
    told: dict[str, str],
) -> None:
    assert run("maze", "deploy", *flags).status == 0
    server = plane.server()
    assert server.resources.gpu_config.gpu_type == gpu
    assert server.autoscaler_settings.max_containers == containers
    assert server.autoscaler_settings.target_concurrency_float == concurrency
    assert told.items() <= plane.variables(server).items()


def test_a_flag_wins_over_the_environment_where_it_says_the_default(
    run: Run, plane: ControlPlane
) -> None:
    environment = {"MODAL_MODE": "demo", "MAZE_DEPLOY_MAX_CONTAINERS": "5"}
    ran = run("maze", "deploy", "--mode", "dev", "--max-containers", "1", **environment)
    assert ran.status == 0
    scaling = plane.server().autoscaler_settings
    assert (scaling.scaledown_window, scaling.max_containers) == (120, 1)


def test_secrets(run: Run, plane: ControlPlane) -> None:
    ran = run("maze", "deploy")
    assert "st-maze-api-key" in plane.server().secret_ids
    key = plane.secrets["maze-api-key"]["MAZE_API_KEY"]
    assert len(key) >= 32
    assert key not in ran.out + ran.err
    # It is in this machine's keyring, for the address it belongs to.
    assert run("maze", "config", "set", "engine.url", plane.url).status == 0
    assert "keyring" in run("maze", "config", "get", "engine.key").out
    # A second deployment keeps it; --new-key makes another.
    assert run("maze", "deploy").status == 0
    assert plane.secrets["maze-api-key"]["MAZE_API_KEY"] == key
    assert run("maze", "deploy", "--new-key").status == 0
    assert plane.secrets["maze-api-key"]["MAZE_API_KEY"] != key


def test_without_a_keyring_the_key_is_shown_once(run: Run, plane: ControlPlane) -> None:
    ran = run("maze", "deploy", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    assert ran.status == 0
    assert f"MAZE_API_KEY={plane.secrets['maze-api-key']['MAZE_API_KEY']}" in ran.out


def test_a_key_that_nobody_was_given_is_told(run: Run, plane: ControlPlane) -> None:
    """It is made before the image is built, and kept here once the address is known."""
    plane.failing.add("ImageGetOrCreate")
    ran = run("maze", "deploy")
    assert ran.status == 1 and "maze: `modal deploy" in ran.err
    assert "maze-api-key" in plane.secrets and "`maze deploy --new-key`" in ran.out
    # With one that somebody may have, nothing is lost.
    assert "--new-key" not in run("maze", "deploy").out


def test_a_hub_token_only_where_it_is_needed(run: Run, plane: ControlPlane) -> None:
    assert run("maze", "deploy").status == 0
    assert not any("huggingface" in secret for secret in plane.server().secret_ids)
    ran = run("maze", "deploy", MAZE_DEPLOY_HF_SECRET="huggingface")
    assert ran.status == 1
    assert "modal secret create huggingface HF_TOKEN=" in ran.err
    assert run("modal", "secret", "create", "huggingface", "HF_TOKEN=hf_x").status == 0
    assert run("maze", "deploy", MAZE_DEPLOY_HF_SECRET="huggingface").status == 0
    assert "st-huggingface" in plane.server().secret_ids


def test_what_a_person_sees(run: Run, plane: ControlPlane) -> None:
    ran = run(SCRIPTS / "deploy.sh", "--mode", "prod")
    assert ran.status == 0, ran.err
    for said in (WORKSPACE, "Qwen/Qwen2.5-Coder-7B", "L40S", "an hour", "300 s", plane.url):
        assert said in ran.out
    assert f"maze config set engine.url {plane.url}" in ran.out
    assert json.loads(run("maze", "status", "--json").out) == {
        "workspace": WORKSPACE,
        "deployed": True,
        "url": plane.url,
        "containers": 0,
        "configured": False,
        "engine_url": "",
        "problem": "",
    }
    # The next step of a first use finds it there.
    ran = run("maze", "init", "--engine", "modal", "--no-test", "--no-fallback")
    assert ran.status == 0, ran.err
    assert run("maze", "config", "get", "engine.url").out == f"{plane.url}\n"
    plane.running = 2
    ran = run(SCRIPTS / "stop.sh")
    assert ran.status == 0 and "2 containers ended" in ran.out
    assert "maze config unset engine.url" in ran.out
    assert plane.app_named("maze-inference") is None
    assert json.loads(run("maze", "status", "--json").out)["deployed"] is False
    assert "nothing to stop" in run("maze", "stop").out


TROUBLE = [
    # command; environment; what is said
    (("deploy",), {"MODAL_TOKEN_ID": None, "MODAL_TOKEN_SECRET": None}, "`modal setup`"),
    (("deploy",), {"MODAL_TOKEN_SECRET": "as-wrong"}, "does not accept the credentials"),
    (("stop",), {"MODAL_TOKEN_ID": None, "MODAL_TOKEN_SECRET": None}, "no Modal account"),
    (("status", "--check"), {}, "run `maze deploy`"),
    (("status", "--url", "http://gpu.example"), {}, "use https"),
    (("init", "--engine", "modal"), {}, "run `maze deploy`"),
    (
        ("init", "--engine", "modal"),
        {"MODAL_TOKEN_ID": None, "MODAL_TOKEN_SECRET": None},
        "maze: there is no Modal account",
    ),
    (
        ("status", "--check"),
        {"MODAL_TOKEN_ID": None, "MODAL_TOKEN_SECRET": None},
        "`maze complete FILE:LINE` tries the embedded one",
    ),
    (
        ("deploy",),
        {"MODAL_TOKEN_ID": None, "MODAL_TOKEN_SECRET": None, "MODAL_CONFIG_PATH": str(PROFILES)},
        "No Modal profile is active",
    ),
    (
        ("deploy",),
        {"MODAL_CONFIG_PATH": str(NO_TOML)},
        "move its settings file away and run `modal setup`",
    ),
    (("deploy", "--mode", "fast"), {}, "--mode must be one of dev, demo, prod"),
    (("deploy",), {"MODAL_MODE": "fast"}, "MODAL_MODE must be one of dev, demo, prod"),
]


@pytest.mark.parametrize(("command", "environment", "said"), TROUBLE)
def test_trouble_is_one_sentence(
    run: Run, plane: ControlPlane, command: tuple[str, ...], environment: dict, said: str
) -> None:
    ran = run("maze", *command, **environment)
    assert ran.status == 1
    (line,) = ran.err.strip().splitlines()
    assert said in line
    assert not plane.apps


def test_an_engine_elsewhere_needs_no_account(run: Run, plane: ControlPlane) -> None:
    """Such as a GPU of one's own, or the service in somebody else's account."""
    machine: dict[str, str | None] = {"MODAL_TOKEN_ID": None, "MODAL_TOKEN_SECRET": None}
    with fake_engine() as engine:
        engine.reply, engine.needs_key = says("1"), True
        machine |= {"MAZE_ENGINE_URL": engine.url, "MAZE_API_KEY": KEY}
        shown = run("maze", "status", **machine)
        tried = run("maze", "status", "--check", **machine)
    assert shown.status == 0 and engine.url in shown.out and "no Modal account" in shown.out
    assert tried.status == 0 and engine.url in tried.out and "The service works." in tried.out
    assert not plane.apps


def test_the_embedded_engine_needs_no_account(run: Run, plane: ControlPlane) -> None:
    machine: dict[str, str | None] = {"MODAL_TOKEN_ID": None, "MODAL_TOKEN_SECRET": None}
    ran = run("maze", "status", **machine)
    assert (ran.status, ran.err) == (0, "")
    assert "Your editor uses the embedded engine" in ran.out and "no Modal account" in ran.out
    told = json.loads(run("maze", "status", "--json", **machine).out)
    assert told["engine_url"] == "" and "no Modal account" in told["problem"]
    assert not plane.apps


def test_a_dry_run_asks_nobody(run: Run, plane: ControlPlane) -> None:
    ran = run("maze", "deploy", "--dry-run", "--model", "Qwen/Qwen2.5-Coder-14B")
    assert ran.status == 0 and "Qwen2.5-Coder-14B" in ran.out
    assert not plane.calls
