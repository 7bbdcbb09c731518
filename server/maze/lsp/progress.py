"""Work-done progress while the engine starts, for editors that show it."""

from __future__ import annotations

import asyncio
import uuid

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from maze.lsp.connection import EngineListener

_TITLE = "Maze"


class Listeners:
    """Several listeners as one."""

    def __init__(self, *listeners: EngineListener) -> None:
        self._listeners = listeners

    def started(self, message: str) -> None:
        """Tell them all."""
        for listener in self._listeners:
            listener.started(message)

    def ended(self, message: str) -> None:
        """Tell them all."""
        for listener in self._listeners:
            listener.ended(message)

    def warn(self, message: str) -> None:
        """Tell them all."""
        for listener in self._listeners:
            listener.warn(message)


class EngineProgress:
    """A `maze.lsp.connection.EngineListener` that tells the editor, if that shows progress at all."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._token: str | None = None
        self._created: asyncio.Task[None] | None = None

    def started(self, message: str) -> None:
        """The engine is starting, and does what ``message`` says."""
        if self._token is None:
            if not self._shown():
                return
            self._token = f"maze-engine-{uuid.uuid4()}"
            self._created = asyncio.ensure_future(self._begin(self._token, message))
        else:
            self._send(types.WorkDoneProgressReport(message=message))

    def ended(self, message: str) -> None:
        """The engine is ready, or the reason why it is not to be had."""
        if self._token is not None:
            self._send(types.WorkDoneProgressEnd(message=message or "ready"))
            self._token = None

    def warn(self, message: str) -> None:
        """Nothing that goes on."""

    def _shown(self) -> bool:
        window = self._server.client_capabilities.window
        return bool(window and window.work_done_progress)

    async def _begin(self, token: str, message: str) -> None:
        params = types.WorkDoneProgressCreateParams(token=token)
        await self._server.window_work_done_progress_create_async(params)
        begin = types.WorkDoneProgressBegin(title=_TITLE, message=message, cancellable=False)
        self._server.work_done_progress.begin(token, begin)

    def _send(self, value: types.WorkDoneProgressReport | types.WorkDoneProgressEnd) -> None:
        """Send ``value`` once the editor has agreed to the token, in order."""
        token, created = self._token, self._created
        assert token is not None and created is not None

        def send(begun: asyncio.Task[None]) -> None:
            if not begun.cancelled() and begun.exception() is None:
                self._server.protocol.notify(types.PROGRESS, types.ProgressParams(token, value))

        # Callbacks of one task run in the order in which they were added.
        created.add_done_callback(send)
