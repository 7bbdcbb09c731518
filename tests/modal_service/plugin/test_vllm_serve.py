"""`vllm serve` itself, as OWN_GPU.md has people start it, with every address that vLLM can have."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from contextlib import aclosing

import httpx
import pytest

from benchmarks.paths import CACHE
from benchmarks.vllm_server import (
    MODEL,
    PYTHON,
    SITE,
    VLLM_VERSION,
    ServerMissing,
    VllmServer,
    free_port,
    started,
)
from maze.document.languages import LANGUAGES
from maze.engine.client import EngineClient
from maze.engine.protocol import CompletionRequest, MazeRequest
from modal_service import trial

pytestmark = [pytest.mark.vllm, pytest.mark.slow, pytest.mark.timeout(1200)]

KEY, THEIR_KEY = "the-key-of-maze", "the-key-of-vllm"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    """Started as people start it, and with all that its developers can switch on."""
    folder = tmp_path_factory.mktemp("vllm-serve")
    port = free_port()
    arguments = [
        *(str(PYTHON.with_name("vllm")), "serve", str(MODEL)),
        *("--max-model-len", "2048", "--shutdown-timeout", "30"),
        *("--structured-outputs-config", '{"backend": "xgrammar"}'),
        *("--host", "127.0.0.1", "--port", str(port), "--enforce-eager", "--enable-scale-out"),
    ]
    variables = {
        "MAZE_API_KEY": KEY,
        "VLLM_API_KEY": THEIR_KEY,
        "MAZE_CACHE_DIR": str(CACHE / "tables"),
        "PYTHONPATH": f"{SITE}:{folder}",
        "VLLM_SERVER_DEV_MODE": "1",
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
        "VLLM_LOGGING_LEVEL": "DEBUG",
    }
    # Its command asks for the version of a distribution called `vllm`, which the CPU build is not.
    information = folder / "vllm-0.dist-info"
    information.mkdir()
    version = f"Metadata-Version: 2.1\nName: vllm\nVersion: {VLLM_VERSION}+cpu\n"
    (information / "METADATA").write_text(version)
    try:
        with started(arguments, variables, folder / "vllm.log", port, KEY) as running:
            yield running
    except ServerMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


def addresses(server: VllmServer) -> dict[str, list[str]]:
    """Where vLLM says that it answers, and with which methods."""
    said = re.findall(r"Route: (\S+), (?:Methods: (.+)|Endpoint: .+)", server.log.read_text())
    found: dict[str, list[str]] = {}
    for path, methods in said:
        path = path.replace("{response_id}", "1").replace("{path:path}", "x")
        found.setdefault(path, []).extend(methods.split(", ") if methods else ["GET"])
    return found


@pytest.mark.parametrize("key", [KEY, THEIR_KEY])
async def test_it_works_in_every_language(server: VllmServer, key: str) -> None:
    steps = [step async for step in trial.steps(server.url, key)]
    assert {step.name for step in steps} == {"health", "no key", *LANGUAGES}
    assert not [step for step in steps if not step.passed]


async def test_every_address_but_health_asks_for_the_key(server: VllmServer) -> None:
    found = addresses(server)
    for known in ("/v1/chat/completions", "/v1/responses", "/invocations", "/tokenize", "/metrics"):
        assert known in found
    for dangerous in ("/collective_rpc", "/sleep", "/v1/load_lora_adapter"):
        assert dangerous in found
    answered = []
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        for path, methods in found.items():
            for spelt in (path, f"/{path}", f"{path}/", path.upper()):
                for method in {*methods, "OPTIONS", "POST"}:
                    answer = await http.request(method, spelt, json={"prompt": "x"})
                    if answer.status_code != 401:
                        answered.append((method, spelt, answer.status_code))
    assert {(path, status) for method, path, status in answered if method == "GET"} == {
        ("/health", 200)
    }
    assert {path for _, path, _ in answered} == {"/health"}


async def test_what_it_logs_holds_neither_key_nor_source(server: VllmServer) -> None:
    """Not even as a developer runs it (VLLM_LOGGING_LEVEL=DEBUG)."""
    marker = "a_name_only_this_user_has"
    prefix = f"{marker} = 1\nx = "
    async with EngineClient(server.url, KEY, read_timeout=300) as client:
        await client.complete(CompletionRequest(prefix, MazeRequest("python", prefix)))
    log = server.log.read_text()
    assert "DEBUG" in log
    assert marker not in log and KEY not in log and THEIR_KEY not in log


async def test_sigterm_lets_requests_in_flight_end(server: VllmServer) -> None:
    """The last test of this file: it stops the server. What has begun ends, and nothing new begins."""
    prefix = "def numbers():\n    return [1, 2, 3, 4,"
    begun = [asyncio.Event() for _ in range(4)]

    async def generate(number: int) -> int:
        # Nothing joins with this, so that it goes on to the end.
        maze = MazeRequest("python", prefix, "$\n", mode="free")
        request = CompletionRequest(prefix, maze, max_tokens=60, temperature=1.0, seed=number)
        async with aclosing(client.stream(request)) as stream:
            chunks = []
            async for chunk in stream:
                chunks.append(chunk)
                begun[number].set()
        assert chunks[-1].outcome is not None
        return chunks[-1].outcome.tokens

    async with EngineClient(server.url, KEY, read_timeout=60) as client:
        streams = [asyncio.create_task(generate(number)) for number in range(len(begun))]
        await asyncio.gather(*(event.wait() for event in begun))
        os.kill(server.pid, signal.SIGTERM)
        refused = {path: await refusal(server, path) for path in ("/health", "/v1/models")}
        assert all(await asyncio.gather(*streams))
    assert {path: answer.headers["retry-after"] for path, answer in refused.items()}


async def refusal(server: VllmServer, path: str) -> httpx.Response:
    """The first answer of a server that has been told to stop."""
    async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {KEY}"}) as to:
        while (answer := await to.get(server.url + path)).status_code != 503:
            await asyncio.sleep(0.05)
    return answer
