"""The engine that the settings name: at an address, or the embedded one, started on demand.

There is one way to ask it, for whole answers and for streams: wait until it is ready, ask again
where nothing was done with the request, start the embedded engine anew where it was lost over one,
and with `fallback` let that answer while another can not. Each model wants a prompt of its own, so
what is asked for is a function of the model.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import attrs

from maze.engine import protocol
from maze.engine.client import EngineClient
from maze.engine.cold_start import ColdStarts
from maze.engine.errors import (
    EngineError,
    EngineLost,
    EngineMissing,
    EngineRefused,
    EngineRejected,
    EngineStarting,
    EngineUnreachable,
)
from maze.engine.launcher import missing_extra
from maze.engine.protocol import CompletionChunk, CompletionRequest
from maze.lsp.connection import Connection, EngineListener
from maze.settings import Settings

Ask = Callable[[str], CompletionRequest]
"""Makes the request for the model of that name."""

_FALLBACK_AFTER_S = 1.0
"""How long a request waits for an engine that starts before the fallback answers it."""

_TRIES = 3
"""How often an engine is asked that did nothing with a request."""

_MISTAKES = (EngineRefused, EngineRejected)
"""A wrong key or address: somebody has to mend it, so no fallback hides it."""


class EngineHost:
    """An `Engine` (see `maze.lsp.suggest`, `maze.lsp.generate`).

    Args:
        settings: name the engine.
        listener: told what an engine that is starting does, and when another steps in.
        cold_starts: how long engines took to start; None takes the user's.
    """

    def __init__(
        self,
        settings: Settings,
        listener: EngineListener | None = None,
        cold_starts: ColdStarts | None = None,
    ) -> None:
        self._settings = settings
        self._listener = listener or _Nobody()
        self._cold_starts = cold_starts or ColdStarts()
        self._own = Connection(settings, self._listener, self._cold_starts)
        self._embedded: Connection | None = None
        self._stepping_in = False
        self._installed = False

    @property
    def embedded(self) -> bool:
        """Whether it is the embedded engine."""
        return self._settings.engine_url is None

    @property
    def installed(self) -> bool:
        """Whether the embedded engine is installed, where that is to answer."""
        self._installed = self._installed or not self.embedded or missing_extra() is None
        return self._installed

    @property
    def url(self) -> str:
        """Its address; empty while there is none yet."""
        return self._own.url

    @property
    def model(self) -> str:
        """The name of the model that answers; empty while it is not known."""
        return self._embedded.model if self._embedded and self._stepping_in else self._own.model

    @property
    def stepping_in(self) -> bool:
        """Whether the fallback answers."""
        return self._stepping_in

    async def model_id(self, language: str) -> str:
        """The name of the model that answers; starts the engine if it must, and waits for it.

        Raises:
            EngineError: there is no engine to be had.
        """
        return (await self._reached(language, _Tries())).model

    async def complete(self, language: str, ask: Ask) -> list[protocol.Suggestion]:
        """The choices of the engine for what `ask` makes.

        Raises:
            EngineError: in one sentence for a person.
        """
        tries = _Tries()
        while True:
            reached = await self._reached(language, tries)
            try:
                choices = await reached.client.complete(ask(reached.model))
            except EngineError as error:
                await self._failed(reached, error, tries)
                continue
            self._answered(reached)
            return choices

    async def stream(self, language: str, ask: Ask) -> AsyncGenerator[CompletionChunk, None]:
        """The answer to what `ask` makes as it is generated; leave it early through `aclosing`.

        Raises:
            EngineError: in one sentence for a person. Once there is a piece of an answer, nobody
                else is asked: it may have been shown.
        """
        tries, begun = _Tries(), False
        while True:
            reached = await self._reached(language, tries)
            try:
                async with aclosing(reached.client.stream(ask(reached.model))) as chunks:
                    async for chunk in chunks:
                        begun = True
                        self._answered(reached)
                        yield chunk
                return
            except EngineError as error:
                if begun:
                    raise
                await self._failed(reached, error, tries)

    async def aclose(self) -> None:
        """Close all connections; the embedded engine ends by itself when nobody uses it."""
        await self._own.aclose()
        if self._embedded is not None:
            await self._embedded.aclose()

    # Whom to ask

    @property
    def _may_fall_back(self) -> bool:
        return self._settings.fallback and not self.embedded

    async def _reached(self, language: str, tries: _Tries) -> _Reached:
        """The engine to ask next, ready to be asked."""
        if tries.fallen_back is None:
            try:
                return _Reached(self._own, await self._ready(language))
            except EngineError as error:
                if not self._covers(error):
                    raise
                tries.fallen_back = error
        if self._embedded is None:
            settings = attrs.evolve(self._settings, engine_url=None, api_key=None, fallback=False)
            self._embedded = Connection(settings, _Nobody(), self._cold_starts)
        try:
            return _Reached(self._embedded, await self._embedded.client(language))
        except EngineMissing:
            # Nobody can step in: wait after all, or say what is wrong with the engine itself.
            if not isinstance(tries.fallen_back, EngineStarting):
                raise tries.fallen_back from None
        return _Reached(self._own, await self._own.client(language))

    async def _ready(self, language: str) -> EngineClient:
        """A client of the own engine; waits for a start only where nobody can step in."""
        if not self._may_fall_back or self._own.is_there:
            return await self._own.client(language)
        try:
            return await asyncio.wait_for(self._own.client(language), _FALLBACK_AFTER_S)
        except TimeoutError:
            raise EngineStarting(f"the engine at {self.url} is starting") from None

    def _covers(self, error: EngineError) -> bool:
        return self._may_fall_back and not isinstance(error, _MISTAKES)

    async def _failed(self, reached: _Reached, error: EngineError, tries: _Tries) -> None:
        """See to it that another try may help.

        Raises:
            EngineError: `error`, where none does.
        """
        gone = isinstance(error, EngineStarting | EngineUnreachable | EngineRefused | EngineLost)
        if gone:
            await reached.connection.forget(reached.client)
        if reached.connection is self._own and self._covers(error):
            tries.fallen_back = error
            return
        tries.made += 1
        # The embedded engine has stopped when idle, has been killed, or another has taken its port:
        # it is started anew. (What ends it each time is asked twice and no more.) One elsewhere that
        # answers 503 has done nothing yet.
        elsewhere = reached.connection is self._own and not self.embedded
        may_help = isinstance(error, EngineStarting) if elsewhere else gone and not tries.lost
        if not may_help or tries.made == _TRIES:
            raise error
        tries.lost = isinstance(error, EngineLost)

    def _answered(self, reached: _Reached) -> None:
        stepping_in = reached.connection is not self._own
        if stepping_in != self._stepping_in:
            self._stepping_in = stepping_in
            self._listener.warn(
                f"the embedded engine steps in until the one at {self.url} answers again"
                if stepping_in
                else ""
            )


@attrs.define
class _Tries:
    """What was tried for one request.

    Attributes:
        made: how often an engine was asked in vain.
        lost: whether it ended while it answered.
        fallen_back: why the embedded engine is asked, if it is.
    """

    made: int = 0
    lost: bool = False
    fallen_back: EngineError | None = None


@attrs.frozen
class _Reached:
    """An engine that is ready."""

    connection: Connection
    client: EngineClient

    @property
    def model(self) -> str:
        """The name of its model."""
        return self.connection.model


class _Nobody:
    def started(self, message: str) -> None: ...

    def ended(self, message: str) -> None: ...

    def warn(self, message: str) -> None: ...
