"""The one HTTP client for every engine: completions in, suggestions out.

A suggestion leaves this module only when the engine finished it properly and said how much of it
joins with the suffix (`maze.keep`); everything else is an error from `maze.engine.errors`.
Closing the iterator, or cancelling the task, closes the connection, which is how an engine learns
that nobody waits any more.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any

import httpx
from attrs import define
from httpx_sse import EventSource, SSEError

from maze.engine import protocol
from maze.engine.errors import (
    EngineBroken,
    EngineBusy,
    EngineError,
    EngineLost,
    EngineMisaddressed,
    EngineRefused,
    EngineRejected,
    EngineStarting,
    EngineTimeout,
    EngineUnreachable,
)
from maze.engine.protocol import CompletionChunk, CompletionRequest, ProtocolError, Suggestion
from maze.engine.settings import is_loopback

MAX_ANSWER_BYTES = 16 * 1024 * 1024

_AGAIN_AFTER_S = 0.2

_HOST = re.compile(r"[\w.:-]+")


@define(frozen=True)
class Health:
    """What `GET /health` says.

    Attributes:
        status: `loading`, `ready` or `failed`.
        progress: what it is doing now, for a person.
        proof: answers the challenge that came with the question (see `maze.engine.auth`).
    """

    status: str
    progress: str = ""
    version: str = ""
    pid: int = 0
    proof: str = ""


@define(frozen=True)
class ModelInfo:
    """The first model of `GET /v1/models`.

    Attributes:
        id: its name, which decides the prompt template (`maze.engine.fim`).
        context: the most tokens of prompt and answer together; 0 when not told.
        languages: those the engine has grammars for; empty when not told.
    """

    id: str
    context: int = 0
    languages: tuple[str, ...] = ()


class EngineClient:
    """Talks to the engine at `url`.

    Args:
        url: the engine's address, with or without `/v1`, as in `http://127.0.0.1:8000`.
        key: sent as a bearer token; never logged, never part of a URL or message.
        connect_timeout: seconds until a connection must stand.
        read_timeout: seconds the engine may stay silent, before or between chunks.
        allow_plain_http: whether key and code may go to another machine unencrypted.
        transport: takes the network's place in tests.

    Raises:
        ValueError: when `url` is not an http(s) address, is not safe, or `key` cannot be sent, in
            one sentence.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        connect_timeout: float = 3.0,
        read_timeout: float = 60.0,
        allow_plain_http: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = _base_url(url)
        local = is_loopback(httpx.URL(self.url).host)
        if self.url.startswith("http://") and not (local or allow_plain_http):
            raise ValueError(
                f"{self.url} is another machine, and source code would travel there unencrypted; "
                "use https, or set allow_plain_http where the network is yours alone"
            )
        key = (key or "").strip()
        if not (key.isascii() and key.isprintable()):
            raise ValueError("the engine's key may hold only printable ASCII characters")
        self._authorization = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(read_timeout, connect=connect_timeout),
            # A proxy from the environment must not see what stays on this machine.
            trust_env=not local,
            transport=transport,
        )
        self._under_way = 0
        self._retired = False

    def __repr__(self) -> str:
        return f"EngineClient({self.url!r})"

    async def __aenter__(self) -> EngineClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections, those with an answer under way too."""
        await self._http.aclose()

    async def retire(self) -> None:
        """Close all connections as soon as no answer is under way any more."""
        self._retired = True
        if not self._under_way:
            await self.aclose()

    async def complete(self, request: CompletionRequest) -> list[Suggestion]:
        """All choices of `request`, in order, each cut at what joins with the suffix.

        A choice with nothing to offer has an empty `text`: its outcome still tells why.

        Raises:
            EngineError: when any of them did not arrive whole.
        """
        texts = [""] * request.n
        last: list[CompletionChunk | None] = [None] * request.n
        async with aclosing(self.stream(request)) as chunks:
            async for chunk in chunks:
                texts[chunk.index] += chunk.text
                if chunk.finish_reason is not None:
                    last[chunk.index] = chunk
        return [
            self._suggestion(text, chunk) for text, chunk in zip(texts, last, strict=True) if chunk
        ]

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[CompletionChunk, None]:
        """The answer to `request` as it is generated; ends only when every choice is finished.

        Text that has been streamed may still be cut by the last chunk's `outcome.keep`. Leave it
        early through `contextlib.aclosing`, which closes the connection at once.

        Raises:
            EngineError: when the answer breaks off, or is not one.
        """
        body = _converted(request)
        unfinished = set(range(request.n))
        async with self._answer("POST", "/v1/completions", content=body) as response:
            async for data in self._events(response):
                if data == protocol.DONE:
                    break
                for chunk in self._chunks(data):
                    if chunk.index not in unfinished:
                        raise self._nonsense(f"sent text for choice {chunk.index} unasked")
                    if chunk.finish_reason is not None:
                        unfinished.discard(chunk.index)
                    yield chunk
        if unfinished:
            raise EngineLost(
                f"the engine at {self.url} stopped in the middle of an answer; "
                "ask again, and look at its log if that fails too"
            )

    async def health(self, challenge: str = "") -> Health:
        """What the engine says of itself; needs no key and sends none."""
        params = {"challenge": challenge} if challenge else {}
        data = await self._json("/health", headers={}, params=params)
        return Health(
            status=str(data.get("status", "ready")),
            progress=str(data.get("progress", "")),
            version=str(data.get("version", "")),
            pid=data["pid"] if isinstance(data.get("pid"), int) else 0,
            proof=str(data.get("proof", "")),
        )

    async def model(self) -> ModelInfo:
        """The model behind the engine (the first that `GET /v1/models` lists)."""
        data = await self._json("/v1/models")
        try:
            first = data["data"][0]
            maze = first.get("maze") or {}
            return ModelInfo(
                id=str(first["id"]),
                context=int(first.get("max_model_len") or 0),
                languages=tuple(str(name) for name in maze.get("languages", ())),
            )
        except (LookupError, TypeError, ValueError, OverflowError, AttributeError):
            raise self._nonsense("lists no model") from None

    def _suggestion(self, text: str, chunk: CompletionChunk) -> Suggestion:
        outcome = chunk.outcome
        if outcome is None:
            raise EngineBroken(
                f"the engine at {self.url} does not say what joins; is Maze installed there?"
            )
        if not 0 <= outcome.keep <= len(text):
            raise self._nonsense(f"keeps {outcome.keep} of {len(text)} characters")
        return Suggestion(
            text=outcome.closed or text[: outcome.keep],
            outcome=outcome,
            index=chunk.index,
            finish_reason=chunk.finish_reason or "stop",
            uncut=text,
        )

    def _chunks(self, data: str) -> list[CompletionChunk]:
        try:
            return protocol.chunks_from_json(data)
        except ProtocolError as error:
            if error.status == 500:  # the engine's own words, sent after it had begun to answer
                raise EngineBroken(f"the engine at {self.url} failed: {error}") from None
            raise self._nonsense(f"broke the protocol: {error}") from None

    async def _events(self, response: httpx.Response) -> AsyncGenerator[str, None]:
        """The `data` of each server-sent event; a plain JSON answer counts as one event."""
        kind = response.headers.get("content-type", "").partition(";")[0]
        if kind == "application/json":
            body = await response.aread()
            yield body.decode("utf-8", errors="replace")
            return
        async for event in EventSource(response).aiter_sse():
            if event.data:
                yield event.data

    async def _json(self, path: str, **options: Any) -> dict[str, Any]:
        async with self._answer("GET", path, **options) as response:
            await response.aread()
            try:
                # vLLM without Maze says that it is well with an empty body.
                data = response.json() if response.content else {}
            except (ValueError, RecursionError):
                raise self._nonsense("answered with something that is not JSON") from None
        if not isinstance(data, dict):
            raise self._nonsense("answered with JSON that is not an object")
        return data

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> AsyncIterator[httpx.Response]:
        """A successful response, still unread; every failure becomes an `EngineError`."""
        headers = self._authorization if headers is None else headers
        request = self._http.build_request(method, self.url + path, headers=headers, **options)
        if method == "POST":
            request.headers["Content-Type"] = "application/json"
            request.headers["Accept"] = "text/event-stream"
        with self._translated():
            async with self._counted():
                response = await self._sent(request)
                try:
                    assert isinstance(response.stream, httpx.AsyncByteStream)
                    response.stream = _Bounded(response.stream)
                    if not response.is_success:
                        await response.aread()
                        raise self._failure(response)
                    yield response
                finally:
                    await response.aclose()

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        """Counts an answer among those under way."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            if self._retired:
                await self.retire()

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        """The response to `request`, which is tried again only if it never left this machine."""
        try:
            return await self._http.send(request, stream=True)
        except httpx.ConnectError:
            await asyncio.sleep(_AGAIN_AFTER_S)
            return await self._http.send(request, stream=True)
        except httpx.RemoteProtocolError:
            raise EngineLost(
                f"what listens at {self.url} ends the connection without an answer; check the "
                "address, and whether it is http or https; if they are right, its log says why"
            ) from None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectTimeout:
            raise EngineUnreachable(
                f"no engine answers at {self.url}; check the address and that it runs"
            ) from None
        except httpx.TimeoutException:
            raise EngineTimeout(
                f"the engine at {self.url} took too long to answer; "
                "try again, or choose a smaller model"
            ) from None
        except httpx.ConnectError as error:
            raise self._not_connected(error) from None
        except (
            httpx.HTTPError,
            httpx.StreamError,
            httpx.InvalidURL,
            SSEError,
            ssl.SSLError,
        ) as error:
            # httpx lets through what TLS says once the connection stands.
            lost = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | ssl.SSLError)
            raise (EngineLost if lost else EngineBroken)(
                f"the engine at {self.url} broke off its answer; "
                "ask again, and look at its log if that fails too"
            ) from None

    def _not_connected(self, error: httpx.ConnectError) -> EngineUnreachable:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                why = getattr(cause, "verify_message", "") or "unknown"
                return EngineMisaddressed(
                    f"the certificate of the engine at {self.url} is not trusted ({why}); "
                    "use the address it was issued for, or set SSL_CERT_FILE to its authority"
                )
            if isinstance(cause, ssl.SSLError):
                return EngineMisaddressed(
                    f"what listens at {self.url} does not speak TLS; check the address, and "
                    "whether it is http or https"
                )
            if isinstance(cause, socket.gaierror):
                host = httpx.URL(self.url).host
                return EngineMisaddressed(
                    f"there is no machine called {host}, or no network to look it up; "
                    f"check the address {self.url}"
                )
            cause = cause.__cause__ or cause.__context__
        return EngineUnreachable(
            f"no engine answers at {self.url}; check the address and that it runs"
        )

    def _failure(self, response: httpx.Response) -> EngineError:
        status = response.status_code
        said = _said(response)
        if status in (401, 403):
            where = "`maze config set engine.key`, or MAZE_API_KEY"
            if self._authorization:
                return EngineRefused(
                    f"the engine at {self.url} refused the key; check the key ({where})"
                )
            return EngineRefused(f"the engine at {self.url} asks for a key; set one ({where})")
        if status == 429:
            return EngineBusy(f"the engine at {self.url} is busy: {said or 'try again shortly'}")
        if status == 503:
            state = f"not ready: {said}" if said else "starting"
            return EngineStarting(f"the engine at {self.url} is {state}")
        if status in (404, 405):
            return EngineRejected(
                f"there is no engine at {self.url} ({status}{_so(said)}); check the address, or deploy "
                "the engine again"
            )
        if 400 <= status < 500:
            return EngineRejected(
                f"the engine at {self.url} rejected the request: {said or f'status {status}'}"
            )
        if 300 <= status < 400:
            return EngineBroken(
                f"the engine at {self.url} redirects elsewhere; configure the final address"
            )
        if status in (502, 504):
            return EngineBroken(
                f"what stands before the engine at {self.url} gets no answer from it "
                f"(status {status}); try again shortly, and look at the engine's log"
            )
        return EngineBroken(
            f"the engine at {self.url} failed: {said or f'status {status}; its log says why'}"
        )

    def _nonsense(self, what: str) -> EngineBroken:
        return EngineBroken(f"the engine at {self.url} {what}; is this the right address?")


class _Bounded(httpx.AsyncByteStream):
    """A response body that ends in an error when it grows without end."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_ANSWER_BYTES
        async for part in self._stream:
            left -= len(part)
            if left < 0:
                raise httpx.ReadError("the answer is too large")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def _converted(request: CompletionRequest) -> bytes:
    try:
        return protocol.request_to_json(request)
    except ProtocolError as error:
        raise EngineRejected(str(error)) from None


def _so(said: str | None) -> str:
    return f": {said}" if said else ""


def _said(response: httpx.Response) -> str | None:
    """The engine's own sentence, shortened, if its error body holds one."""
    try:
        data = response.json()
    except (ValueError, RecursionError):
        return None
    message = protocol.error_message(data) if isinstance(data, dict) else None
    return message[:300] if message else None


def _base_url(url: str) -> str:
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not _HOST.fullmatch(parsed.host):
        raise ValueError("the engine's address must look like http://127.0.0.1:8000")
    if parsed.userinfo or parsed.query:
        raise ValueError("the engine's address may not hold a key or password; set the key apart")
    if (parsed.port or 0) > 65535:
        raise ValueError(f"there is no port {parsed.port}; check the engine's address")
    path = parsed.path.rstrip("/").removesuffix("/v1")
    return str(parsed.copy_with(path=path or "/")).rstrip("/")
