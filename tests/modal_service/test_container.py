"""The container's own code, with vLLM's CPU build in the place of a GPU, under the same test script.

What is real here: vLLM, the plugin, the guard, the constraint, a model; how the process is started,
awaited and drained; and `test_deployment.sh`. What is not: Modal around it, and the GPU.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import attrs
import httpx
import pytest

from maze.document.languages import LANGUAGES
from maze.engine.client import EngineClient
from maze.engine.protocol import CompletionRequest, MazeRequest
from modal_service.trial import TEXTS
from tests.modal_service.conftest import ROOT

pytestmark = [pytest.mark.modal, pytest.mark.vllm, pytest.mark.slow]

KEY = "a-key-for-the-container"
START_S = 300


@attrs.frozen
class Container:
    """A running service."""

    url: str
    process: subprocess.Popen[str]
    log: Path


def free_port() -> int:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """The service, started as a container starts it."""
    if not (ROOT / "scripts" / "_vllm").exists():
        pytest.skip("scripts/_vllm is not there")
    made = subprocess.run([ROOT / "scripts" / "_vllm"], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"vLLM's CPU build can not be had here: {made.stderr[-500:]}")
    python = made.stdout.strip().splitlines()[-1]
    folder = tmp_path_factory.mktemp("container")
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAZE_", "MODAL_"))}
    environment = kept | {
        "PYTHONPATH": f"{ROOT / '.venv' / 'vllm'}:{ROOT}",
        "MAZE_API_KEY": KEY,
        "MAZE_DEPLOY_MODEL": str(ROOT / ".cache" / "models" / "smollm2-135m"),
        "MAZE_DEPLOY_CONTEXT": "2048",
        "MAZE_DEPLOY_CONCURRENCY": "8",
        "MAZE_DEPLOY_VLLM_ARGS": "--enforce-eager --dtype bfloat16",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    }
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [python, "-m", "tests.modal_service.container_process", str(port)],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        _wait_until_ready(process, log)
        yield Container(f"http://127.0.0.1:{port}", process, log)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(60)
        finally:
            process.kill()


def _wait_until_ready(process: subprocess.Popen[str], log: Path) -> None:
    for _ in range(START_S * 2):
        if "ready\n" in log.read_text():
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
            break
    pytest.fail(f"the service did not start:\n{log.read_text()[-3000:]}")


def test_the_test_script_passes(service: Container) -> None:
    script = ROOT / "modal_service" / "scripts" / "test_deployment.sh"
    done = subprocess.run(
        [script, "--url", service.url, "--json"],
        env=os.environ | {"MAZE_API_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    tried = json.loads(done.stdout)
    assert tried["passed"] and done.returncode == 0, tried
    names = [step["name"] for step in tried["steps"]]
    assert names == ["health", "no key", *(name for name in TEXTS if name in LANGUAGES)]


GUARDED = ["/v1/models", "/v1/completions", "/invocations", "/tokenize", "/metrics", "/docs", "/x"]


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize("key", ["", "wrong"])
def test_nothing_but_health_answers_without_the_key(
    service: Container, path: str, key: str
) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    for method in ("GET", "POST"):
        answer = httpx.request(method, service.url + path, headers=headers, trust_env=False)
        assert answer.status_code == 401, (method, path)
    assert httpx.get(f"{service.url}/health", trust_env=False).status_code == 200


def test_the_log_is_structured_and_tells_no_code(service: Container) -> None:
    marker = "a_name_only_this_user_has"
    httpx.post(
        f"{service.url}/v1/completions",
        headers={"Authorization": f"Bearer {KEY}"},
        json={"prompt": marker, "max_tokens": 1, "maze": {"language": "cobol", "prefix": marker}},
        trust_env=False,
    )
    log = service.log.read_text()
    assert marker not in log and KEY not in log
    ours = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    said = [line["message"] for line in ours if line["logger"] == "maze.container"]
    assert said[0].startswith("starting ") and said[1].startswith("ready after ")
    assert any(line["logger"].startswith("vllm") for line in ours)


async def test_it_stops_when_its_container_does(service: Container) -> None:
    """The last test of this file: it stops the service. What has begun ends, and nothing new begins."""
    assert service.process.stdin is not None
    prefix = "def numbers():\n    return [1, 2, 3, 4,"
    # Nothing joins with this, so that it goes on to the end.
    maze = MazeRequest("python", prefix, "$\n", mode="free")
    chunks, refused = [], None
    async with EngineClient(service.url, KEY, read_timeout=60) as client:
        request = CompletionRequest(prefix, maze, max_tokens=16)
        async with aclosing(client.stream(request)) as stream:
            async for chunk in stream:
                chunks.append(chunk)
                if len(chunks) == 3:
                    service.process.stdin.close()
                elif len(chunks) > 3 and (refused is None or refused.status_code != 503):
                    async with httpx.AsyncClient(trust_env=False) as other:
                        refused = await other.get(f"{service.url}/health")
    assert chunks[-1].outcome is not None and chunks[-1].outcome.tokens >= 16
    assert refused is not None and refused.status_code == 503 and refused.headers["retry-after"]
    assert service.process.wait(60) == 0
    # Libraries have their own last words, without a line end before ours.
    assert service.log.read_text().rstrip().endswith('"message": "stopped"}')
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{service.url}/health", trust_env=False)
