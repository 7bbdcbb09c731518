"""What is Maze's and what is vLLM's, and what is refused before either.

`Vllm` is a fake of vLLM's application and `Service` one of ours: who is asked what is the point
here. The real ones are in `test_server.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from maze.constraint import VocabularyError
from maze.engine.client import EngineClient
from maze.engine.drain import Draining
from maze.engine.errors import EngineBroken, EngineBusy
from maze.engine.generation import ModelError
from maze.engine.protocol import (
    MAX_BODY_BYTES,
    CompletionChunk,
    CompletionRequest,
    MazeRequest,
    Outcome,
    ProtocolError,
)
from maze.engine.worker import TooBusy
from modal_service.plugin.front import Front

MAZE = {"language": "python", "prefix": "x = ", "suffix": ""}


class Engine:
    """vLLM's engine client, as far as its health goes and its end."""

    dead = False

    def __init__(self) -> None:
        self.ended_after: list[float | None] = []

    def shutdown(self, timeout: float | None = None) -> None:
        self.ended_after.append(timeout)

    async def check_health(self) -> None:
        if self.dead:
            raise RuntimeError("engine died")


class State:
    """vLLM's application state."""

    def __init__(self) -> None:
        self.engine_client = Engine()
        self.vllm_config = self.args = None


class Vllm:
    """vLLM's application: says which paths it was asked for, with which bodies."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        routes = [
            Route("/v1/models", self._models),
            Route("/{path:path}", self._anything, methods=["GET", "POST"]),
        ]
        self.app = Starlette(routes=routes)

    async def _models(self, request: Request) -> JSONResponse:
        return JSONResponse({"data": [{"id": "toy", "max_model_len": 2048}]})

    async def _anything(self, request: Request) -> JSONResponse:
        self.asked.append((request.url.path, await request.body()))
        return JSONResponse({"by": "vllm"})


class Service:
    """Answers with what it was made for."""

    languages = ("go", "python")

    def __init__(self, chunks: list[CompletionChunk | Exception]) -> None:
        self.asked: list[CompletionRequest] = []
        self.closed = 0
        self.log: list[str] = []
        self._chunks = chunks

    async def start(self) -> None:
        self.log.append("started")

    async def stop(self) -> None:
        self.log.append("stopped")

    def check(self, request: CompletionRequest) -> None:
        if request.maze is not None and request.maze.language not in self.languages:
            raise ProtocolError("there is no grammar for that")

    async def run(self, request: CompletionRequest) -> AsyncGenerator[CompletionChunk, None]:
        self.asked.append(request)
        try:
            for chunk in self._chunks:
                await asyncio.sleep(0)
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk
        finally:
            self.closed += 1


LAST = CompletionChunk(0, "", "stop", Outcome("file", 3, tokens=1, joined=True), "toy")
ANSWER: list[CompletionChunk | Exception] = [CompletionChunk(0, "1 + 2", model="toy"), LAST]


class Server:
    """A front with both behind it."""

    def __init__(self, chunks: list[CompletionChunk | Exception] = ANSWER, **options: Any) -> None:
        self.vllm, self.service, self.state = Vllm(), Service(chunks), State()

        async def make(state: object) -> Service:
            assert state is self.state
            return self.service

        self.draining = Draining()
        options = {"make": make, **options}
        self.front = Front(self.vllm.app, self.state, self.draining, **options)

    async def run_lifespan(self) -> None:
        messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive() -> dict[str, Any]:
            return next(messages)

        async def send(message: dict[str, Any]) -> None:
            assert message["type"] in ("lifespan.startup.complete", "lifespan.shutdown.complete")

        await self.front({"type": "lifespan"}, receive, send)

    async def post(self, body: Any, path: str = "/v1/completions") -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http() as client:
            headers = {"content-type": "application/json"}
            return await client.post(path, content=content, headers=headers)

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.front), base_url="http://127.0.0.1"
        )

    def client(self) -> EngineClient:
        return EngineClient("http://127.0.0.1", transport=httpx.ASGITransport(self.front))


async def running(**options: Any) -> Server:
    server = Server(**options)
    await server.run_lifespan()
    return server


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "hello", "max_tokens": 5},
        {"prompt": 'the word "maze"', "best_of": 3},
        {"prompt": "x", "maze": None},
        {"prompt": "x", "vllm_xargs": {"other": "maze"}},
        {"prompt": "x", "vllm_xargs": None, "user": "maze"},
        [{"maze": 1}],
        b'{"maze": ',
        b"\xff\xfe",
        b"",
    ],
)
async def test_what_does_not_ask_for_maze_is_vllms(body: Any) -> None:
    server = await running()
    answer = await server.post(body)
    assert answer.json() == {"by": "vllm"}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert server.vllm.asked == [("/v1/completions", content)]
    assert not server.service.asked


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/invocations", "/metrics", "/tokenize"])
async def test_other_addresses_are_vllms(path: str) -> None:
    server = await running()
    assert (await server.post({"maze": MAZE}, path)).json() == {"by": "vllm"}


@pytest.mark.parametrize(
    "asking",
    [
        {"maze": MAZE},
        {"vllm_xargs": {"maze": MAZE}},
        {"vllm_xargs": {"maze": json.dumps(MAZE), "other": 1}},
    ],
)
async def test_what_asks_for_maze_is_ours(asking: dict[str, Any]) -> None:
    server = await running()
    answer = await server.post({"prompt": "x = ", "stream": False, **asking})
    [choice] = answer.json()["choices"]
    assert choice["text"] == "1 + 2"
    assert choice["maze"]["keep"] == 3
    [request] = server.service.asked
    assert request.maze == MazeRequest("python", "x = ")
    assert not server.vllm.asked


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"maze": MAZE}, 400, "lacks 'prompt'"),
        ({"prompt": 3, "maze": MAZE}, 400, "prompt must be a string"),
        ({"prompt": "x", "maze": {"language": "python"}}, 400, "prefix"),
        ({"prompt": "x", "maze": "text"}, 400, "maze must be an object"),
        ({"prompt": "x", "maze": MAZE | {"language": "cobol"}}, 400, "no grammar"),
        ({"prompt": "x", "maze": MAZE | {"mode": "all"}}, 400, "mode must be one of"),
        ({"prompt": "x", "maze": MAZE, "max_tokens": 0}, 400, "max_tokens"),
        ({"prompt": "x", "maze": MAZE, "n": 3}, 400, "n must be 1"),
        ({"prompt": "x", "vllm_xargs": {"maze": "text"}}, 400, "maze must be an object"),
        ({"prompt": "x", "vllm_xargs": {"maze": 3}}, 400, "maze must be an object"),
        (b" " * (MAX_BODY_BYTES + 1), 413, "larger than 8 MB"),
    ],
)
async def test_errors_are_refused_in_one_sentence(body: Any, status: int, words: str) -> None:
    server = await running()
    answer = await server.post(body)
    assert answer.status_code == status
    message = answer.json()["error"]["message"]
    assert words in message
    assert "\n" not in message
    assert not server.service.asked
    assert not server.vllm.asked


async def test_failing_in_the_middle_is_an_error_event() -> None:
    server = await running(chunks=[CompletionChunk(0, "1"), ModelError("vLLM gave up")])
    request = CompletionRequest("x = ", MazeRequest("python", "x = "))
    async with server.client() as client:
        with pytest.raises(EngineBroken, match="vLLM gave up"):
            await client.complete(request)
    assert server.service.closed == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [(TooBusy(), 429), (ModelError("failed"), 500), (ProtocolError("unreadable"), 400)],
)
async def test_failing_before_the_first_token(error: Exception, status: int) -> None:
    server = await running(chunks=[error])
    answer = await server.post({"prompt": "x = ", "maze": MAZE})
    assert answer.status_code == status


async def test_the_client_sees_one_engine_like_any_other() -> None:
    server = await running()
    async with server.client() as client:
        model = await client.model()
        assert (model.id, model.context, model.languages) == ("toy", 2048, ("go", "python"))
        assert (await client.health()).status == "ready"
        [suggestion] = await client.complete(
            CompletionRequest("x = ", MazeRequest("python", "x = "))
        )
        assert suggestion.text == "1 +"[: suggestion.outcome.keep]
        server.state.engine_client.dead = True
        with pytest.raises(EngineBusy):
            await client.health()


async def test_the_service_lives_as_long_as_the_application() -> None:
    server = await running()
    assert server.service.log == ["started", "stopped"]


async def test_a_vllm_that_maze_cannot_work_with_serves_as_ever() -> None:
    async def unreadable(state: object) -> Service:
        raise VocabularyError("the tokenizer cannot be read")

    async def broken(state: object) -> Service:
        raise KeyError("x")

    for server, sentence in (
        (await running(make=broken), "Maze could not start (KeyError); see the server's log"),
        (await running(make=unreadable), "the tokenizer cannot be read"),
        (await running(problem="Maze cannot work with vLLM 0.1"), "Maze cannot work with vLLM 0.1"),
    ):
        assert (await server.post({"prompt": "x"})).json() == {"by": "vllm"}
        answer = await server.post({"prompt": "x", "maze": MAZE})
        assert answer.status_code == 501
        assert answer.json()["error"]["message"] == sentence


async def test_vllm_waits_for_requests_in_flight_before_it_shuts_its_engine_down() -> None:
    server = Server()
    engine = server.state.engine_client
    await server.run_lifespan()
    server.draining.count(1)
    stopping = asyncio.create_task(asyncio.to_thread(engine.shutdown, timeout=30))
    while not server.draining.stopping:
        await asyncio.sleep(0.01)
    assert not engine.ended_after
    server.draining.count(-1)
    await stopping
    assert 0 < (engine.ended_after[0] or 0) <= 30
    engine.shutdown(timeout=0)
    assert engine.ended_after[1:] == [0], "as one who wants no waiting says"


async def test_a_server_without_an_engine_is_vllms() -> None:
    """`vllm launch render`, which prepares prompts for other servers."""
    server = Server()
    server.state.engine_client = None  # type: ignore[assignment]
    await server.run_lifespan()
    async with server.http() as client:
        assert (await client.get("/health")).json() == {"by": "vllm"}
    answer = await server.post({"prompt": "x", "maze": MAZE})
    assert answer.status_code == 501 and "generates nothing" in answer.json()["error"]["message"]
