"""Answers over HTTP: chunks as server-sent events or as one JSON object, and errors.

Every engine of ours answers with these, so that clients need not know which one they talk to.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from maze.engine import protocol
from maze.engine.generation import ModelError
from maze.engine.protocol import CompletionChunk, CompletionRequest, ProtocolError
from maze.engine.worker import TooBusy

_BODY_TIMEOUT_S = 30.0


class Answer(Response):
    """Sends chunks as they come, or all at once; watches for the client to leave meanwhile."""

    def __init__(
        self,
        request: CompletionRequest,
        chunks: AsyncGenerator[CompletionChunk, None],
        on_end: Callable[[], None],
    ) -> None:
        self._request = request
        self._chunks = chunks
        self._on_end = on_end
        self._id = f"cmpl-{secrets.token_hex(12)}"
        self._created = int(time.time())
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = asyncio.create_task(self._answer(scope, receive, send))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not answer.done():
                answer.cancel()
            # Only now, with the answer's task at an end, may its iterator be closed.
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await answer
            await self._chunks.aclose()
            self._on_end()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            first = await anext(self._chunks)
        except TooBusy:
            busy = error_response(429, "too many requests are waiting; try again shortly", "busy")
            return await busy(scope, receive, send)
        except ProtocolError as error:
            refusal = error_response(error.status, str(error), "invalid_request_error")
            return await refusal(scope, receive, send)
        except ModelError as error:
            return await error_response(500, str(error), "engine_failed")(scope, receive, send)
        if self._request.stream:
            return await self._stream(first, send)
        return await self._whole(first, scope, receive, send)

    async def _stream(self, first: CompletionChunk, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._event(send, protocol.chunk_to_json(first, self._id, self._created))
        try:
            async for chunk in self._chunks:
                await self._event(send, protocol.chunk_to_json(chunk, self._id, self._created))
            await self._event(send, protocol.DONE)
        except (ProtocolError, ModelError) as error:
            await self._event(send, protocol.error_to_json(str(error), "engine_failed").decode())
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _event(self, send: Send, data: str) -> None:
        body = f"data: {data}\n\n".encode()
        await send({"type": "http.response.body", "body": body, "more_body": True})

    async def _whole(
        self, first: CompletionChunk, scope: Scope, receive: Receive, send: Send
    ) -> None:
        texts = [""] * self._request.n
        choices: list[CompletionChunk] = []
        try:
            await self._gather(first, texts, choices)
        except (ProtocolError, ModelError) as error:
            return await error_response(500, str(error), "engine_failed")(scope, receive, send)
        body = protocol.completion_to_json(choices, self._id, self._created)
        await Response(body, media_type="application/json")(scope, receive, send)

    async def _gather(
        self, first: CompletionChunk, texts: list[str], choices: list[CompletionChunk]
    ) -> None:
        chunk: CompletionChunk | None = first
        while chunk is not None:
            texts[chunk.index] += chunk.text
            if chunk.finish_reason is not None:
                choices.append(
                    CompletionChunk(
                        chunk.index,
                        texts[chunk.index],
                        chunk.finish_reason,
                        chunk.outcome,
                        chunk.model,
                    )
                )
            chunk = await anext(self._chunks, None)


async def read_body(request: Request) -> bytes:
    """The request's body; never holds more of it than is allowed.

    Raises:
        ProtocolError: when it is too large.
        TimeoutError: when it trickles in.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > protocol.MAX_BODY_BYTES:
        raise protocol.too_large()
    body = bytearray()
    async with asyncio.timeout(_BODY_TIMEOUT_S):
        async for part in request.stream():
            body += part
            if len(body) > protocol.MAX_BODY_BYTES:
                raise protocol.too_large()
    return bytes(body)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def error_response(status: int, message: str, kind: str) -> Response:
    body = protocol.error_to_json(message, kind)
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return Response(body, status, headers, media_type="application/json")
