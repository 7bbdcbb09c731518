"""JSON-RPC as pygls does it, but for five things.

Documents are kept in `maze.lsp.session` alone: pygls would keep a second copy of each, and
rebuild it line by line with each keystroke. A request that can not be understood is answered, so
that no editor waits for ever. `exit` ends one connection, which may be one of several. And a
command can know the token with which its progress is to be told, and that it was cancelled. Nothing is kept
of a notification.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextvars import ContextVar
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method


class Command:
    """A command that is being carried out.

    Attributes:
        token: with which its progress is to be told; None when the client wants none.
        cancelled: the client does not want it any more.
    """

    def __init__(self, token: types.ProgressToken | None = None) -> None:
        self.token = token
        self.cancelled = asyncio.Event()


current_command: ContextVar[Command] = ContextVar("current_command")
"""The one that the running task carries out."""


class MazeProtocol(LanguageServerProtocol):
    """The language server protocol without pygls's own documents."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._commands: dict[Any, Command] = {}

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(
        self, params: types.DidOpenTextDocumentParams
    ) -> Generator[Any, Any, None]:
        """Handed on to the server's feature."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(
        self, params: types.DidChangeTextDocumentParams
    ) -> Generator[Any, Any, None]:
        """Handed on to the server's feature."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(
        self, params: types.DidCloseTextDocumentParams
    ) -> Generator[Any, Any, None]:
        """Handed on to the server's feature."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    def lsp_workspace__execute_command(
        self, params: types.ExecuteCommandParams
    ) -> Generator[Any, Any, Any]:
        """Handed on to the command, which runs in the context that this one leaves."""
        command = Command(params.work_done_token)
        current_command.set(command)
        if self.msg_id is not None:
            self._commands[self.msg_id] = command
        try:
            return (yield from super().lsp_workspace__execute_command(params))
        finally:
            self._commands.pop(self.msg_id, None)

    def _execute_handler(self, msg_id: Any, *arguments: Any, **more: Any) -> None:
        """As pygls does it, but what it remembers of a notification is forgotten when that is done.

        pygls 2.1 forgets requests alone: it keeps some kilobytes of each edit.
        """
        super()._execute_handler(msg_id, *arguments, **more)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda _: self._request_futures.pop(msg_id, None))

    def _handle_cancel_notification(self, msg_id: int | str) -> None:
        """A command is told, and answers when it has cleared up; other requests are cancelled."""
        if command := self._commands.get(msg_id):
            command.cancelled.set()
        elif msg_id in self._request_futures:  # else it has crossed with its answer
            super()._handle_cancel_notification(msg_id)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """A message's data as its class; answers a request that has the wrong shape."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise
