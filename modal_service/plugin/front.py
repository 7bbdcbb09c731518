"""Maze's part of vLLM's HTTP server: it takes the requests that are for Maze and passes on the rest.

POST /v1/completions   with a `maze` object, or one in `vllm_xargs`: answered by the service;
                       without: vLLM's own
GET /v1/models         vLLM's own answer, with the languages there are grammars for
GET /health            as every engine of ours answers it
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maze.constraint import VocabularyError
from maze.engine import protocol
from maze.engine.answers import Answer, error_response, read_body
from maze.engine.drain import Draining
from maze.engine.protocol import ProtocolError
from maze.engine.state import VERSION

from . import costs
from .service import ServerState, Service
from .spec import NAME

log = logging.getLogger("vllm.maze")

MakeService = Callable[[ServerState], Awaitable[Service]]


class Front:
    """An ASGI application in front of vLLM's.

    Args:
        state: vLLM's application state; complete when the server starts.
        draining: told when vLLM begins to stop.
        problem: why Maze cannot work here, or None. vLLM itself then serves as ever.
        make: makes the service when the server starts.
    """

    def __init__(
        self,
        app: ASGIApp,
        state: ServerState,
        draining: Draining,
        problem: str | None = None,
        make: MakeService = Service.of,
    ) -> None:
        self._app = app
        self._state = state
        self._draining = draining
        self._problem = problem
        self._make = make
        self._service: Service | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, self._starting(receive), send)
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            match scope["method"], path:
                case "POST", "/v1/completions":
                    return await self._completions(scope, receive, send)
                case "GET", "/v1/models":
                    return await self._models(scope, receive, send)
                case "GET", "/health" if self._state.engine_client is not None:
                    return await self._health(scope, receive, send)
        await self._app(scope, receive, send)

    def _starting(self, receive: Receive) -> Receive:
        """`receive`, with the service made before vLLM's application hears that it starts."""

        async def received() -> Message:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._take_hold()
            if message["type"] == "lifespan.shutdown" and self._service is not None:
                await self._service.stop()
            return message

        return received

    async def _take_hold(self) -> None:
        if self._state.engine_client is None:
            # `vllm launch render`, which prepares prompts for other servers.
            self._problem = "this server generates nothing; ask the one with the model"
            return
        drain_before_shutdown(self._state.engine_client, self._draining)
        if self._problem is None:
            await self._start()

    async def _start(self) -> None:
        try:
            self._service = await self._make(self._state)
            await self._service.start()
        except VocabularyError as error:
            self._give_up(str(error))
        except Exception as error:  # vLLM would be left without a word of why
            log.exception("Maze could not start")
            self._give_up(f"Maze could not start ({type(error).__name__}); see the server's log")

    def _give_up(self, problem: str) -> None:
        self._service, self._problem = None, problem
        log.error("%s", problem)

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._state.engine_client.check_health()
        except Exception as error:
            log.error("vLLM's engine is not well: %s", type(error).__name__)
            data = {"status": "failed", "progress": "vLLM's engine has stopped; see its log"}
            return await JSONResponse(data, 503)(scope, receive, send)
        data = {"status": "ready", "progress": self._problem or "ready", "version": VERSION}
        await JSONResponse(data)(scope, receive, send)

    async def _models(self, scope: Scope, receive: Receive, send: Send) -> None:
        languages = list(self._service.languages) if self._service is not None else []
        about = {"languages": languages, "version": VERSION}
        await self._app(scope, receive, _Rewritten(send, lambda data: _add_to_models(data, about)))

    async def _completions(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(Request(scope, receive))
        except ProtocolError as error:
            return await _refuse(error.status, str(error))(scope, receive, send)
        except TimeoutError:
            refusal = _refuse(408, "the request did not arrive in time; send it again")
            return await refusal(scope, receive, send)
        except ClientDisconnect:
            return None
        ours = _asks_for_maze(body)
        if ours is None:
            return await self._app(scope, _replay(body, receive), send)
        if self._service is None:
            problem = self._problem or "the server is starting; try again shortly"
            return await _refuse(501 if self._problem else 503, problem)(scope, receive, send)
        try:
            request = protocol.request_from_json(ours)
            self._service.check(request)
        except ProtocolError as error:
            return await _refuse(error.status, str(error))(scope, receive, send)
        answer = Answer(request, self._service.run(request), on_end=lambda: None)
        await answer(scope, receive, send)


def drain_before_shutdown(engine: Any, draining: Draining) -> None:
    """Have vLLM's engine client wait for requests in flight before it shuts the engine down.

    vLLM shuts it down first of all when it gets SIGTERM, and takes requests meanwhile that the
    engine then aborts. What the engine had still to say may be lost as well. Whoever waits after that
    would wait for ever, and the server for them.
    """
    shutdown = engine.shutdown

    @functools.wraps(shutdown)
    def drained(timeout: float | None = None, **more: Any) -> None:
        draining.begin()
        left = draining.wait(timeout) if timeout else timeout
        shutdown(timeout=left, **more)
        draining.break_off()

    engine.shutdown = drained


def _refuse(status: int, message: str) -> Response:
    costs.REFUSED.labels(str(status)).inc()
    return error_response(status, message, "invalid_request_error")


def _asks_for_maze(body: bytes) -> bytes | None:
    """The body, with `maze` at its top, if it asks for Maze; None if it is vLLM's."""
    if f'"{NAME}"'.encode() not in body:
        return None
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    if data.get(NAME) is not None:
        return body
    extra = data.get("vllm_xargs")
    if not isinstance(extra, dict) or NAME not in extra:
        return None
    found = extra[NAME]
    if isinstance(found, str):  # vLLM's own clients send nothing but strings there
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            found = None
    return json.dumps({**data, NAME: found if isinstance(found, dict) else "?"}).encode()


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read already, and then what else comes."""
    sent = False

    async def received() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return received


def _add_to_models(data: Any, about: dict[str, Any]) -> Any:
    for model in data.get("data", ()) if isinstance(data, dict) else ():
        if isinstance(model, dict):
            model[NAME] = about
    return data


class _Rewritten:
    """A `send` that rewrites a JSON answer of status 200, which is small."""

    def __init__(self, send: Send, rewrite: Callable[[Any], Any]) -> None:
        self._send = send
        self._rewrite = rewrite
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        assert self._start is not None
        if self._start["status"] == 200:
            self._body = json.dumps(self._rewrite(json.loads(self._body))).encode()
        headers = [(n, v) for n, v in self._start["headers"] if n.lower() != b"content-length"]
        headers.append((b"content-length", str(len(self._body)).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": self._body})
