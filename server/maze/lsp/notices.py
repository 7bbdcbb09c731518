"""What a person is told, and how loudly."""

from __future__ import annotations

import logging

from lsprotocol import types
from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)


class Notices:
    """Messages to the person at the editor: sentences that name the cause and the next step."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._logged: set[str] = set()

    def show(self, message: str, kind: types.MessageType = types.MessageType.Warning) -> None:
        """Put ``message`` before somebody who has just asked for something."""
        self._server.window_show_message(types.ShowMessageParams(kind, f"Maze: {message}"))

    def log_once(self, message: str) -> None:
        """Put ``message`` in the editor's log, unless it was there since all was well."""
        if message not in self._logged:
            self._logged.add(message)
            logger.warning("%s", message)
            params = types.LogMessageParams(types.MessageType.Warning, f"Maze: {message}")
            self._server.window_log_message(params)

    def all_is_well(self) -> None:
        """What was wrong has passed: should it come again, it is news again."""
        self._logged.clear()
