"""A connection to one engine, made when it is first asked for.

An engine elsewhere may have to start first (a GPU that nobody used for a while is given back). All
requests wait for the one start, which a listener hears of; a request that is superseded meanwhile
just goes away. The embedded engine is started on this machine.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from maze import keys
from maze.engine.client import EngineClient
from maze.engine.cold_start import ColdStarts
from maze.engine.errors import (
    EngineBroken,
    EngineError,
    EngineRejected,
    EngineStarting,
    EngineTimeout,
)
from maze.engine.launcher import Endpoint, Launcher, LauncherSettings
from maze.settings import Settings

_ASK_EVERY_S = 1.0


class EngineListener(Protocol):
    """Hears how an engine is."""

    def started(self, message: str) -> None:
        """It is starting, and does what ``message`` says."""

    def ended(self, message: str) -> None:
        """It is ready (an empty message), or the reason why it is not to be had."""

    def warn(self, message: str) -> None:
        """Another answers in its place, and why; empty when that is over."""


class Connection:
    """The way to the engine that the settings name.

    Args:
        settings: name the engine.
        listener: told what an engine that is starting does.
        cold_starts: how long engines took to start.

    Attributes:
        model: the model's name; empty while it is not known.
    """

    def __init__(
        self, settings: Settings, listener: EngineListener, cold_starts: ColdStarts
    ) -> None:
        self.model = ""
        self._settings = settings
        self._listener = listener
        self._cold_starts = cold_starts
        self._launcher: Launcher | None = None
        self._client: EngineClient | None = None
        self._starting: asyncio.Task[EngineClient] | None = None

    @property
    def is_there(self) -> bool:
        """Whether the engine has answered, and not failed since."""
        return self._client is not None

    @property
    def url(self) -> str:
        """The engine's address; empty while there is none yet."""
        return self._client.url if self._client else self._settings.engine_url or ""

    async def client(self, language: str) -> EngineClient:
        """A client of the engine once it is ready; starts it if it must.

        Args:
            language: the one that is asked for first; an engine that must start prepares it.

        Raises:
            EngineError: there is no engine to be had.
        """
        if self._client is not None:
            return self._client
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._connect(language))
            # When all who wait have gone, nobody else would fetch the error.
            self._starting.add_done_callback(lambda task: task.cancelled() or task.exception())
        # Who waits may be cancelled by the next keystroke; the start goes on.
        return await asyncio.shield(self._starting)

    async def forget(self, client: EngineClient) -> None:
        """Begin anew with the next request, unless another has done so since `client` was given.

        Requests that are under way with it come to their own end.
        """
        if self._client is client:
            self._client = None
            await client.retire()

    async def aclose(self) -> None:
        """Close it; the embedded engine ends by itself when nobody uses it."""
        if self._starting is not None:
            self._starting.cancel()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _connect(self, language: str) -> EngineClient:
        client: EngineClient | None = None
        try:
            if self._settings.engine_url is not None:
                client = await self._elsewhere(self._settings.engine_url)
            else:
                endpoint = await self._launch(language)
                client = self._client_for(endpoint.url, endpoint.key)
            self.model = await self._model_of(client)
        except BaseException as error:
            # Whatever it was: nobody may go on seeing a start. What is not ours may hold anything.
            message = str(error) if isinstance(error, EngineError) else ""
            self._listener.ended(message or "stopped")
            if client is not None:
                await client.aclose()
            raise
        self._client = client
        self._listener.ended("")
        return client

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


def _start_message(elapsed: float, expected: float) -> str:
    if elapsed <= expected:
        return f"the engine is starting: {elapsed:.0f} s of about {expected:.0f} s"
    return f"the engine is starting: {elapsed:.0f} s, longer than the last time ({expected:.0f} s)"
