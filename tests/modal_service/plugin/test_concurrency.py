"""Thirty-two requests at once: mixed, cancelled, malformed. Nothing leaks, nothing crosses over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from pathlib import Path

import attrs
import httpx
import pytest

from benchmarks.vllm_server import VllmServer
from maze.engine.client import EngineClient
from maze.engine.errors import EngineRejected
from maze.engine.protocol import CompletionRequest, MazeRequest, Suggestion

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1800)]

# Each begins with a name of its own, which no other request's answer may hold.
PYTHON = "def {name}(items):\n    {name}_total = 0\n    for item in items:\n        {name}_"
GO = "package main\n\nfunc {name}(items []int) int {{\n\t{name}Total := 0\n\tfor _, x := range items {{\n\t\t{name}"
AFTER = {"python": "\n    return 0\n", "go": "\n\t}\n\treturn 0\n}\n"}
NAMES = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel")


def request(number: int) -> CompletionRequest:
    language = ("python", "go")[number % 2]
    name = f"{NAMES[number % 8]}{number}"
    prefix = {"python": PYTHON, "go": GO}[language].format(name=name)
    maze = MazeRequest(language, prefix, AFTER[language], mode=("line", "free")[number // 2 % 2])
    return CompletionRequest(prefix, maze, max_tokens=24)


def running(server: VllmServer) -> float:
    metrics = server.metrics()
    names = ("vllm:num_requests_running", "vllm:num_requests_waiting{")
    return sum(value for name, value in metrics.items() if name.startswith(names))


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


async def until_idle(server: VllmServer) -> None:
    for _ in range(120):
        if running(server) == 0:
            return
        await asyncio.sleep(0.5)
    raise AssertionError("requests are left in the engine")


async def cancelled(client: EngineClient, asked: CompletionRequest, chunks: int) -> None:
    """Leave after some chunks."""
    long = attrs.evolve(asked, max_tokens=512)
    async with contextlib.aclosing(client.stream(long)) as stream:
        async for _ in stream:
            chunks -= 1
            if chunks <= 0:
                return


async def malformed(client: EngineClient, asked: CompletionRequest) -> None:
    assert asked.maze is not None
    wrong = attrs.evolve(asked, maze=attrs.evolve(asked.maze, language="cobol"))
    with pytest.raises(EngineRejected, match="no grammar"):
        await client.complete(wrong)


async def broken_off(server: VllmServer) -> None:
    """A body that ends before it is complete."""
    reader, writer = await asyncio.open_connection(*server.url.removeprefix("http://").split(":"))
    head = (
        f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )
    writer.write(head.encode() + b'{"prompt": "x", "maze": {')
    await writer.drain()
    writer.close()
    del reader


async def test_thirty_two_at_once(server: VllmServer, client: EngineClient) -> None:
    asked = [request(number) for number in range(32)]
    alone = {number: (await client.complete(asked[number]))[0] for number in (0, 1, 2, 3)}
    files = open_files(server.pid)
    errors_before = server.log.read_text(errors="replace").count("ERROR")

    chance = random.Random(0)
    fates = ["whole"] * 20 + ["cancelled"] * 6 + ["malformed"] * 4 + ["broken off"] * 2
    rest = fates[4:]
    chance.shuffle(rest)
    fates = fates[:4] + rest
    finished: dict[int, Suggestion] = {}

    async def meet(number: int) -> None:
        match fates[number]:
            case "whole":
                [finished[number]] = await client.complete(asked[number])
            case "cancelled":
                await cancelled(client, asked[number], chance.randrange(4))
            case "malformed":
                await malformed(client, asked[number])
            case "broken off":
                await broken_off(server)

    await asyncio.gather(*(meet(number) for number in range(32)))
    assert len(finished) == 20
    for number, suggestion in finished.items():
        maze = asked[number].maze
        assert maze is not None
        assert suggestion.outcome.level == "file"
        mine = f"{NAMES[number % 8]}{number}"
        others = [f"{NAMES[n % 8]}{n}" for n in range(32) if n != number]
        text = suggestion.text.replace(mine, "")
        assert not [name for name in others if name in text]
        if maze.language == "python" and suggestion.text:
            compile(maze.prefix + suggestion.text + maze.suffix, "joined", "exec")
    assert {n: finished[n].text for n in alone} == {n: alone[n].text for n in alone}

    await until_idle(server)
    assert open_files(server.pid) <= files + 40  # connections that the client keeps open
    log = server.log.read_text(errors="replace")
    assert log.count("ERROR") == errors_before, "an error was logged"
    assert "Traceback" not in log


async def test_a_client_that_leaves_frees_its_request(
    server: VllmServer, client: EngineClient
) -> None:
    await until_idle(server)
    free = attrs.evolve(request(1), max_tokens=1024)
    assert free.maze is not None
    free = attrs.evolve(free, maze=attrs.evolve(free.maze, mode="free", constrain=False))
    async with contextlib.aclosing(client.stream(free)) as stream:
        async for _ in stream:
            break
        assert running(server) == 1
    await until_idle(server)
    assert running(server) == 0


async def test_nothing_stays_open_over_many_rounds(server: VllmServer) -> None:
    """Threads, pipes and memory of the API server stay what they were."""

    def resident_mb() -> float:
        status = Path(f"/proc/{server.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    async def round_of_requests() -> None:
        async with EngineClient(server.url, server.key, read_timeout=600) as client:
            short = [attrs.evolve(request(n), max_tokens=4) for n in range(32)]
            await asyncio.gather(*(client.complete(each) for each in short))

    await round_of_requests()
    await until_idle(server)
    files, memory = open_files(server.pid), resident_mb()
    for _ in range(3):
        await round_of_requests()
    await until_idle(server)
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{server.url}/health")).status_code == 200
    assert open_files(server.pid) <= files + 4
    assert resident_mb() < memory + 64
