"""The embedded engine over HTTP: `POST /v1/completions`, `GET /v1/models`, `GET /health`.

Everything but `/health` asks for the bearer key. A client that disconnects stops its generation
before the next token.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from maze.engine import auth, protocol
from maze.engine.answers import Answer, error_response, read_body
from maze.engine.drain import Drain, Draining
from maze.engine.embedded import Engine
from maze.engine.protocol import ProtocolError
from maze.engine.settings import EngineSettings, host_of, is_loopback
from maze.engine.state import VERSION, read_state
from maze.engine.worker import Worker


class EngineApp:
    """The application and what it keeps between requests.

    Args:
        on_stop: called once when the engine should end: it failed to load, or was idle too long.
        clock: seconds; replaced in tests.

    Attributes:
        app: the ASGI application.
        draining: tells it to take no more requests.
    """

    def __init__(
        self,
        engine: Engine,
        settings: EngineSettings,
        on_stop: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._on_stop = on_stop
        self._clock = clock
        self._worker = Worker()
        self._last_request = clock()
        routes = [
            Route("/health", self._health, methods=["GET"]),
            Route("/v1/models", self._models, methods=["GET"]),
            Route("/v1/completions", self._completions, methods=["POST"]),
        ]
        handlers = {404: _not_found, 405: _not_found, 500: _failed}
        starlette = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers=handlers)
        self.draining = Draining()
        self.app: ASGIApp = _Guard(Drain(starlette, self.draining), settings)

    def is_idle(self) -> bool:
        """Whether nobody has asked for anything for longer than the settings allow."""
        if self._engine.status.status == "loading":
            self._touch()  # somebody waits for it, however long it takes
            return False
        limit = self._settings.idle_stop_s
        return limit > 0 and not self._worker.active and self._clock() - self._last_request > limit

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._worker.call(self._engine.load)
        watch = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watch.cancel()

    def is_superseded(self) -> bool:
        """Whether launchers find another engine by now, and nobody waits for this one."""
        path = self._settings.state_file
        state = read_state(path) if path is not None else None
        return state is not None and state.pid != os.getpid() and not self._worker.active

    async def _watch(self) -> None:
        while not (
            self._engine.status.status == "failed" or self.is_idle() or self.is_superseded()
        ):
            limit = self._settings.idle_stop_s or 1.0
            await asyncio.sleep(min(1.0, limit / 4))
        self._on_stop()

    async def _health(self, request: Request) -> Response:
        status = self._engine.status
        data = {
            "status": status.status,
            "progress": status.progress,
            "version": VERSION,
            "pid": os.getpid(),
        }
        challenge = request.query_params.get("challenge", "")[:128]
        if challenge and self._settings.key:
            data["proof"] = auth.prove(self._settings.key, challenge)
        return JSONResponse(data)

    async def _models(self, _: Request) -> Response:
        if (busy := self._not_ready()) is not None:
            return busy
        model = {
            "id": self._engine.model_id,
            "object": "model",
            "owned_by": "maze",
            "max_model_len": self._engine.context,
            "maze": {"languages": list(self._engine.languages), "version": VERSION},
        }
        return JSONResponse({"object": "list", "data": [model]})

    async def _completions(self, http: Request) -> Response:
        self._last_request = self._clock()
        if (busy := self._not_ready()) is not None:
            return busy
        try:
            request = protocol.request_from_json(await read_body(http))
            self._engine.check(request)
        except ProtocolError as error:
            return error_response(error.status, str(error), "invalid_request_error")
        except TimeoutError:
            return error_response(
                408, "the request did not arrive in time; send it again", "timeout"
            )
        except ClientDisconnect:
            return Response(status_code=400)
        chunks = self._worker.run(
            lambda emit, cancelled: self._engine.run(request, emit, cancelled)
        )
        return Answer(request, chunks, self._touch)

    def _touch(self) -> None:
        self._last_request = self._clock()

    def _not_ready(self) -> Response | None:
        status = self._engine.status
        if status.status == "ready":
            return None
        if status.status == "failed":
            return error_response(500, status.progress, "engine_failed")
        return error_response(503, f"the engine is not ready yet: {status.progress}", "loading")


class _Guard:
    """Lets nobody in without the key, but to `/health`; without a key, only this machine.

    A web page in the user's browser is on this machine too. It cannot read an answer, but it could
    have its own name point here (DNS rebinding), which the Host header gives away; and it cannot
    send JSON without asking first, which is never granted.
    """

    def __init__(self, app: ASGIApp, settings: EngineSettings) -> None:
        self._app = app
        self._key = settings.key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = self._refusal(Request(scope))
            if refusal is not None:
                return await refusal(scope, receive, send)
        await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if request.scope["path"] == "/health":
            return None
        if self._key is None:
            if not is_loopback(host_of(request.headers.get("host", ""))):
                return error_response(403, "this engine answers only this machine", "forbidden")
        elif not auth.bearer_matches(request.headers.get("authorization"), self._key):
            return error_response(401, "the key is missing or wrong", "authentication_error")
        if request.method == "POST":
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                return error_response(
                    415, "send JSON, as content type application/json", "invalid_request"
                )
        return None


_Handler = Callable[[Request, Exception], Awaitable[Response]]


async def _not_found(request: Request, _: Exception) -> Response:
    known = "POST /v1/completions, GET /v1/models, GET /health"
    return error_response(404, f"no such address; known are {known}", "not_found")


async def _failed(request: Request, _: Exception) -> Response:
    return error_response(500, "the engine failed inside; see its log", "engine_failed")
