"""Nobody gets in without the key, but to `/health`.

vLLM's `--api-key` guards some of its paths; `/invocations`, `/tokenize` and `/metrics` answer
anybody. This guard stands in front of all of them, and of websockets.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from maze.engine import auth
from maze.engine.answers import error_response
from maze.engine.settings import host_of, is_loopback

OPEN_PATHS = frozenset({"/health"})


class Guard:
    """An ASGI application in front of another.

    Args:
        keys: any of them lets in; none lets everybody in that can reach the server.
        only_this_machine: without keys, refuse requests that were sent to another name, or by a page
            from elsewhere. Such a page, in the browser of somebody on this machine, can send what
            it likes here and may have its own name point here (DNS rebinding).
    """

    def __init__(
        self, app: ASGIApp, keys: Sequence[str] = (), only_this_machine: bool = False
    ) -> None:
        self._app = app
        self._keys = tuple(keys)
        self._only_this_machine = only_this_machine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        refusal = self._refusal(scope)
        if refusal is None:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            await receive()
            return await send({"type": "websocket.close", "code": 1008})
        status, message, kind = refusal
        await error_response(status, message, kind)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        if scope["type"] == "http" and _path(scope) in OPEN_PATHS:
            return None
        headers = Headers(scope=scope)
        if self._keys:
            sent = headers.get("authorization")
            # All are compared: the time it takes tells nothing of which one nearly matched.
            matches = [auth.bearer_matches(sent, key) for key in self._keys]
            if any(matches):
                return None
            return 401, "the key is missing or wrong", "authentication_error"
        if self._only_this_machine and not _is_from_here(headers):
            message = "this server answers only this machine; set a key to let others in"
            return 403, message, "forbidden"
        return None


def _is_from_here(headers: Headers) -> bool:
    sent_to, by_page = headers.get("host", ""), headers.get("origin")
    if not is_loopback(host_of(sent_to)):
        return False
    # A page that is none, such as a file or a frame in a sandbox, calls itself `null`.
    return by_page is None or is_loopback(host_of(by_page.partition("://")[2]))


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
