"""Stopping without breaking anything off: what has begun may end, and nothing new begins.

Whoever asks while the server stops is answered 503 with `Retry-After`: nothing was done with the
request, so it may be sent again, here or to another server.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maze.engine.answers import error_response

RETRY_AFTER_S = 5
"""By then another server has taken over, or this one has gone and cannot be mistaken for ready."""


class Draining:
    """How many requests are open, and whether more are taken. Thread-safe.

    Attributes:
        stopping: whether no more are taken.
        broken_off: whether those that are open have been ended.
        tasks: what answers the open requests.
    """

    def __init__(self) -> None:
        self.stopping = False
        self.broken_off = False
        self.tasks: set[asyncio.Task[Any]] = set()
        self._open = 0
        self._changed = threading.Condition()

    def begin(self) -> None:
        """Take no more requests."""
        self.stopping = True

    @property
    def is_done(self) -> bool:
        """Whether no request is open."""
        return self._open == 0

    def wait(self, timeout_s: float) -> float:
        """Wait until no request is open, or for so long; the seconds that are left."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            self._changed.wait_for(lambda: self.is_done, max(timeout_s, 0))
        return max(deadline - time.monotonic(), 0)

    def break_off(self) -> None:
        """End the requests that are still open: what would answer them has gone."""
        self.broken_off = True
        for task in list(self.tasks):
            task.get_loop().call_soon_threadsafe(task.cancel)

    def count(self, change: int) -> None:
        """So many requests more are open."""
        with self._changed:
            self._open += change
            self._changed.notify_all()


class Drain:
    """An ASGI application in front of another, which it asks nothing once the server stops."""

    def __init__(self, app: ASGIApp, draining: Draining) -> None:
        self._app = app
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if self._draining.stopping:
            return await _refusal(scope)(scope, receive, send)
        task, answered = asyncio.current_task(), False
        assert task is not None

        async def sending(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        self._draining.count(1)
        self._draining.tasks.add(task)
        try:
            await self._app(scope, receive, sending)
        except BaseException:
            if not self._draining.broken_off:
                raise
            # Of an answer that has begun, the server closes the connection.
            if not answered:
                await _refusal(scope)(scope, receive, send)
        finally:
            self._draining.tasks.discard(task)
            self._draining.count(-1)


def _refusal(scope: Scope) -> Response:
    said = "the server is stopping and takes no more requests; try again shortly"
    if scope["path"].endswith("/health"):
        refusal: Response = JSONResponse({"status": "stopping", "progress": said}, 503)
    else:
        refusal = error_response(503, said, "stopping")
    refusal.headers["retry-after"] = str(RETRY_AFTER_S)
    return refusal
