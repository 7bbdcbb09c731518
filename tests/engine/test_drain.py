"""Told to stop, a server ends what it has begun and begins nothing more."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import aclosing

import httpx
import pytest

from maze.engine.client import EngineClient
from maze.engine.drain import Drain, Draining
from maze.engine.errors import EngineStarting, EngineUnreachable
from maze.engine.launcher import missing_extra
from maze.engine.protocol import CompletionRequest, MazeRequest

KEY = "a-key-for-tests"
PREFIX = "def numbers():\n    return [1, 2, 3, 4,"


async def ok(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/models", "/health", "/x/health"])
async def test_nothing_begins_once_it_stops(path):
    draining = Draining()
    transport = httpx.ASGITransport(Drain(ok, draining))
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        assert (await client.get(path)).text == "ok"
        draining.begin()
        answer = await client.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    said = answer.json()
    assert (said["status"] == "stopping") if "health" in path else said["error"]["message"]


def test_waiting_ends_with_the_last_request_or_the_time():
    draining = Draining()
    assert draining.wait(5) > 4
    draining.count(1)
    assert draining.wait(0.05) == 0
    threading.Timer(0.1, draining.count, [-1]).start()
    assert 0 < draining.wait(30) < 30 and draining.is_done


@pytest.mark.parametrize("answered", [False, True])
async def test_what_nobody_will_answer_is_ended(answered):
    async def never(scope, receive, send):
        if answered:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        begun.set()
        await asyncio.Event().wait()

    begun, sent = asyncio.Event(), []

    async def send(message):
        sent.append(message)

    draining = Draining()
    scope = {"type": "http", "path": "/v1/completions", "method": "POST", "headers": []}
    request = asyncio.create_task(Drain(never, draining)(scope, None, send))
    await begun.wait()
    draining.begin()
    await asyncio.to_thread(draining.break_off)
    await asyncio.wait_for(request, 5)
    assert draining.is_done
    assert sent[0]["status"] == (200 if answered else 503)


@pytest.mark.local
@pytest.mark.skipif(missing_extra() is not None, reason="the extra `local` is not installed")
async def test_the_embedded_engine_ends_what_it_has_begun():
    process = subprocess.Popen(
        [sys.executable, "-m", "maze", "engine", "--port", "0"],
        env=os.environ | {"MAZE_API_KEY": KEY},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        listening = None
        while listening is None:
            said = await asyncio.to_thread(process.stderr.readline)
            assert said, "it ended"
            listening = re.search(r"listening on (\S+)", said)
        url = listening[1]
        async with EngineClient(url, KEY, read_timeout=120) as client:
            while True:
                try:
                    await client.model()
                    break
                except EngineStarting:
                    await asyncio.sleep(0.1)
            # Nothing joins with this, so that it goes on to the end.
            maze = MazeRequest("python", PREFIX, "$\n", mode="free")
            request = CompletionRequest(PREFIX, maze, max_tokens=40)
            chunks, stopped = [], False
            async with aclosing(client.stream(request)) as stream:
                async for chunk in stream:
                    chunks.append(chunk)
                    if len(chunks) == 3:
                        process.send_signal(signal.SIGTERM)
                    if len(chunks) > 3 and not stopped:
                        stopped = await refuses(url)
            assert stopped, "it took a new request while it stopped"
            assert chunks[-1].outcome is not None and chunks[-1].outcome.tokens >= 40
        assert await asyncio.to_thread(process.wait, 10) == -signal.SIGTERM
    finally:
        process.kill()
        process.communicate()


async def refuses(url: str) -> bool:
    """Whether another client is told to come again."""
    answered = time.monotonic() + 5
    while time.monotonic() < answered:
        async with EngineClient(url, KEY) as other:
            try:
                await other.model()
            except EngineStarting as error:
                return "stopping" in str(error)
            except EngineUnreachable:
                return False
    return False
