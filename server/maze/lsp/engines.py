"""The engine that the settings name: at an address, or the embedded one, started on demand.

An engine elsewhere may have to start first (a GPU that nobody used for a while is given back). All
requests wait for the one start, which a listener hears of; a request that is superseded meanwhile
just goes away. With `fallback`, the embedded engine answers until the other can.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

import attrs

from maze import keys
from maze.engine import fim, protocol
from maze.engine.client import EngineClient
from maze.engine.cold_start import ColdStarts
from maze.engine.errors import (
    EngineBroken,
    EngineError,
    EngineRefused,
    EngineRejected,
    EngineStarting,
    EngineTimeout,
    EngineUnreachable,
)
from maze.engine.launcher import Endpoint, Launcher, LauncherSettings
from maze.engine.protocol import CompletionChunk, CompletionRequest
from maze.settings import Settings

_ASK_EVERY_S = 1.0
_FALLBACK_AFTER_S = 1.0
"""How long a request waits for an engine that starts before the fallback answers it."""

_MISTAKES = (EngineRefused, EngineRejected)
"""A wrong key or address: somebody has to mend it, so no fallback hides it."""


class StartListener(Protocol):
    """Hears of an engine that is starting."""

    def started(self, message: str) -> None:
        """It is starting, and does what ``message`` says."""

    def ended(self, message: str) -> None:
        """It is ready (an empty message), or the reason why it is not to be had."""


class EngineHost:
    """An `Engine` (see `maze.lsp.suggest`) that comes into being when it is first asked.

    Args:
        settings: name the engine.
        listener: told what an engine that is starting does.
        cold_starts: how long engines took to start; None takes the user's.
    """

    def __init__(
        self,
        settings: Settings,
        listener: StartListener | None = None,
        cold_starts: ColdStarts | None = None,
    ) -> None:
        self._settings = settings
        self._listener = listener or _Nobody()
        self._cold_starts = cold_starts or ColdStarts()
        self._launcher: Launcher | None = None
        self._client: EngineClient | None = None
        self._model = ""
        self._starting: asyncio.Task[tuple[EngineClient, str]] | None = None
        self._substitute: EngineHost | None = None
        self.stepping_in = False
        """Whether the fallback answered last."""

    @property
    def embedded(self) -> bool:
        """Whether it is the embedded engine."""
        return self._settings.engine_url is None

    @property
    def url(self) -> str:
        """Its address; empty while there is none yet."""
        return self._client.url if self._client else self._settings.engine_url or ""

    @property
    def model(self) -> str:
        """The model's name; empty while it is not known."""
        return self._model

    async def model_id(self, language: str) -> str:
        """The model's name; starts the engine if it must, and waits for it.

        Raises:
            EngineError: there is no engine to be had.
        """
        if not self._may_fall_back:
            await self._connected(language)
            return self._model
        try:
            await asyncio.wait_for(self._connected(language), _FALLBACK_AFTER_S)
        except (EngineError, TimeoutError) as error:
            if isinstance(error, _MISTAKES):
                raise
            return await self._fallback().model_id(language)
        return self._model

    async def complete(self, request: CompletionRequest) -> list[protocol.Suggestion]:
        """The engine's choices for ``request``.

        Raises:
            EngineError: in one sentence for a person.
        """
        language = request.maze.language if request.maze else ""
        try:
            if self._may_fall_back and self._client is None:
                connecting = self._connected(language)
                client = await asyncio.wait_for(connecting, _FALLBACK_AFTER_S)
            else:
                client = await self._connected(language)
            choices = await self._complete(client, request, language)
        except (EngineError, TimeoutError) as error:
            if not self._may_fall_back or isinstance(error, _MISTAKES):
                raise
            return await self._complete_instead(request, language)
        self.stepping_in = False
        return choices

    async def _complete(
        self, client: EngineClient, request: CompletionRequest, language: str
    ) -> list[protocol.Suggestion]:
        """The choices of ``client``, or of another where nothing was done with the request."""
        try:
            return await client.complete(request)
        except EngineStarting:
            await self._forget(client)
            if self._may_fall_back:
                raise
            return await (await self._connected(language)).complete(request)
        except (EngineUnreachable, EngineRefused):
            await self._forget(client)
            if not self.embedded:
                raise
            # It has stopped when idle, or another has taken its port: start a new one.
            return await (await self._connected(language)).complete(request)

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[CompletionChunk, None]:
        """The answer to ``request`` as it is generated; leave it early through `aclosing`.

        Raises:
            EngineError: in one sentence for a person.
        """
        language = request.maze.language if request.maze else ""
        client, begun = await self._connected(language), False
        try:
            async with aclosing(client.stream(request)) as chunks:
                async for chunk in chunks:
                    begun = True
                    yield chunk
            return
        except (EngineUnreachable, EngineRefused):
            await self._forget(client)
            if begun or not self.embedded:
                raise
        async with aclosing((await self._connected(language)).stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def aclose(self) -> None:
        """Close all connections; the embedded engine ends by itself when nobody uses it."""
        if self._starting is not None:
            self._starting.cancel()
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        if self._substitute is not None:
            await self._substitute.aclose()

    # The fallback

    @property
    def _may_fall_back(self) -> bool:
        return self._settings.fallback and not self.embedded

    def _fallback(self) -> EngineHost:
        if self._substitute is None:
            settings = attrs.evolve(self._settings, engine_url=None, api_key=None, fallback=False)
            self._substitute = EngineHost(settings)
        self.stepping_in = True
        return self._substitute

    async def _complete_instead(
        self, request: CompletionRequest, language: str
    ) -> list[protocol.Suggestion]:
        """The embedded engine's choices; its model wants a prompt of its own."""
        host = self._fallback()
        model = await host.model_id(language)
        if request.maze is not None:
            reach = self._settings.context_chars
            before, after = request.maze.prefix[-reach:], request.maze.suffix[:reach]
            prompt = fim.render(model, fim.PromptContext(before, after))
            request = attrs.evolve(request, prompt=prompt.text, stop=prompt.stop)
        return await host.complete(request)

    # Coming into being

    async def _connected(self, language: str) -> EngineClient:
        if self._client is not None:
            return self._client
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._connect(language))
            # When all who wait have gone, nobody else would fetch the error.
            self._starting.add_done_callback(lambda task: task.cancelled() or task.exception())
        # Who waits may be cancelled by the next keystroke; the start goes on.
        client, self._model = await asyncio.shield(self._starting)
        self._client = client
        return client

    async def _connect(self, language: str) -> tuple[EngineClient, str]:
        client: EngineClient | None = None
        try:
            if self._settings.engine_url is not None:
                client = await self._elsewhere(self._settings.engine_url)
            else:
                endpoint = await self._launch(language)
                client = self._client_for(endpoint.url, endpoint.key)
            model = await self._model_of(client)
        except (EngineError, asyncio.CancelledError) as error:
            if client is not None:
                await client.aclose()
            self._listener.ended(str(error) or "stopped")
            raise
        self._listener.ended("")
        return client, model

    async def _elsewhere(self, url: str) -> EngineClient:
        key = self._settings.api_key
        if key is None:
            found = await asyncio.to_thread(keys.find, url)
            key = found.value if found else None
        return self._client_for(url, key)

    def _client_for(self, url: str, key: str | None) -> EngineClient:
        settings = self._settings
        try:
            return EngineClient(
                url,
                key,
                read_timeout=settings.timeout_s,
                allow_plain_http=settings.allow_plain_http,
            )
        except ValueError as error:
            raise EngineRejected(str(error)) from None

    async def _model_of(self, client: EngineClient) -> str:
        """The model's name, as soon as an engine that starts can tell it.

        Raises:
            EngineTimeout: it did not start in time.
        """
        clock = asyncio.get_running_loop().time
        begun = clock()
        expected = self._cold_starts.expected_s(client.url)
        waited = False
        while True:
            try:
                model = (await client.model()).id
            except (EngineStarting, EngineBroken, EngineTimeout) as error:
                # A gateway in front may well fail in other ways while a start is under way.
                if not (waited or isinstance(error, EngineStarting)):
                    raise
                waited = True
                elapsed = clock() - begun
                if elapsed > self._settings.start_timeout_s:
                    raise EngineTimeout(
                        f"the engine at {client.url} did not start within {elapsed:.0f} s; "
                        "look at `maze status` and its log"
                    ) from None
                self._listener.started(_start_message(elapsed, expected))
                await asyncio.sleep(_ASK_EVERY_S)
                continue
            if waited:
                self._cold_starts.record(client.url, clock() - begun)
            return model

    async def _launch(self, language: str) -> Endpoint:
        if self._launcher is None:
            settings = LauncherSettings(
                model=self._settings.model,
                threads=self._settings.threads,
                idle_stop_s=self._settings.idle_minutes * 60,
                prepare=(language,) if language else (),
            )
            self._launcher = Launcher(settings)
        return await self._launcher.ensure(self._listener.started)

    async def _forget(self, client: EngineClient) -> None:
        if self._client is client:
            self._client = None
            await client.aclose()


def _start_message(elapsed: float, expected: float) -> str:
    if elapsed <= expected:
        return f"the engine is starting: {elapsed:.0f} s of about {expected:.0f} s"
    return f"the engine is starting: {elapsed:.0f} s, longer than the last time ({expected:.0f} s)"


class _Nobody:
    def started(self, message: str) -> None: ...

    def ended(self, message: str) -> None: ...
