"""The engine that the settings name: at an address, or the embedded one, started on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from maze.engine import protocol
from maze.engine.client import EngineClient
from maze.engine.errors import EngineError, EngineRefused, EngineUnreachable
from maze.engine.launcher import Endpoint, Launcher, LauncherSettings
from maze.engine.protocol import CompletionChunk, CompletionRequest
from maze.settings import Settings


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
    """

    def __init__(self, settings: Settings, listener: StartListener | None = None) -> None:
        self._settings = settings
        self._listener = listener or _Nobody()
        self._launcher: Launcher | None = None
        self._client: EngineClient | None = None
        self._model = ""
        self._starting: asyncio.Task[tuple[EngineClient, str]] | None = None

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
        await self._connected(language)
        return self._model

    async def complete(self, request: CompletionRequest) -> list[protocol.Suggestion]:
        """The engine's choices for ``request``.

        Raises:
            EngineError: in one sentence for a person.
        """
        language = request.maze.language if request.maze else ""
        client = await self._connected(language)
        try:
            return await client.complete(request)
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
        timeout = self._settings.timeout_s
        client: EngineClient | None = None
        try:
            if self._settings.engine_url is not None:
                client = EngineClient(
                    self._settings.engine_url, self._settings.api_key, read_timeout=timeout
                )
            else:
                endpoint = await self._launch(language)
                client = EngineClient(endpoint.url, endpoint.key, read_timeout=timeout)
            model = (await client.model()).id
        except (EngineError, asyncio.CancelledError) as error:
            if client is not None:
                await client.aclose()
            self._listener.ended(str(error) or "stopped")
            raise
        self._listener.ended("")
        return client, model

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


class _Nobody:
    def started(self, message: str) -> None: ...

    def ended(self, message: str) -> None: ...
