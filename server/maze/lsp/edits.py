"""Writes a generated text into an editor's document, piece by piece.

Each piece is for the version that the server knows; the next one is sent when the editor has
told of it. Our own clients take `maze/edit`, which makes all pieces one undo step; others get
`workspace/applyEdit`, line by line.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from maze.lsp.generate import WritingStopped
from maze.lsp.region import Change, Region, difference
from maze.lsp.session import Session

EDIT = "maze/edit"

_MOST_REFUSALS = 20
_ANSWER_SECONDS = 20.0
_TELL_SECONDS = 3.0
"""An editor tells of an edit after 0.2 s at most, unless it is very busy."""

logger = logging.getLogger(__name__)


class Editor(Protocol):
    """Puts edits into documents."""

    grouped: bool
    """All pieces are one undo step."""

    async def edit(
        self, session: Session, edits: list[types.TextEdit], first: bool, last: bool
    ) -> bool:
        """Whether ``edits``, for the session's version, were applied."""


class MazeEditor:
    """A client that knows `maze/edit`."""

    grouped = True

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._id = uuid.uuid4().hex

    async def edit(
        self, session: Session, edits: list[types.TextEdit], first: bool, last: bool
    ) -> bool:
        """One piece of the generation."""
        params = {
            "id": self._id,
            "uri": session.uri,
            "version": session.version,
            "edits": [_as_data(edit) for edit in edits],
            "first": first,
            "last": last,
        }
        answer = self._server.protocol.send_request_async(EDIT, params)
        return _applied(await asyncio.wait_for(answer, _ANSWER_SECONDS))


class PlainEditor:
    """Any client that can apply edits to a workspace."""

    grouped = False

    def __init__(self, server: LanguageServer) -> None:
        self._server = server

    async def edit(
        self, session: Session, edits: list[types.TextEdit], first: bool, last: bool
    ) -> bool:
        """One piece; nothing is sent where there is nothing to change."""
        if not edits:
            return True
        document = types.OptionalVersionedTextDocumentIdentifier(session.uri, session.version)
        change = types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, edits)])
        params = types.ApplyWorkspaceEditParams(change, label="Maze")
        answer = self._server.workspace_apply_edit_async(params)
        return _applied(await asyncio.wait_for(answer, _ANSWER_SECONDS))


def can_edit(capabilities: types.ClientCapabilities) -> bool:
    """Whether the client can be asked to edit its documents at all."""
    workspace = capabilities.workspace
    return knows(capabilities, "edit") or bool(workspace and workspace.apply_edit)


def editor_for(server: LanguageServer) -> Editor:
    """The best way to edit that the client knows."""
    if knows(server.client_capabilities, "edit"):
        return MazeEditor(server)
    return PlainEditor(server)


def knows(capabilities: types.ClientCapabilities, what: str) -> bool:
    """Whether the client says in `experimental.maze` that it knows ``what``."""
    maze = _member(capabilities.experimental, "maze")
    return _member(maze, what) is True


class DocumentSink:
    """A `maze.lsp.generate.Sink` that writes into a session's document.

    Args:
        start, end: what the text takes the place of, in characters of the document as it is now.
    """

    def __init__(self, session: Session, start: int, end: int, editor: Editor) -> None:
        self.by_lines = not editor.grouped
        self.region = Region(start, end)
        self._session = session
        self._editor = editor
        content = session.document.text.content
        self._newline = "\r\n" if "\r\n" in content else "\n"
        self._original = self._there = content[start:end]
        self._begun = self._ended = False
        session.region = self.region

    async def close(self) -> None:
        """The document is the user's alone again."""
        if self._session.region is self.region:
            self._session.region = None
        if self._begun and not self._ended and not self._session.closed:
            with suppress(JsonRpcException, TimeoutError):
                await self._editor.edit(self._session, [], first=False, last=True)

    async def write(self, text: str) -> None:
        """Make ``text`` stand there for now."""
        await self._replace(self._own(text))

    async def finish(self, text: str | None) -> None:
        """Make ``text`` stand there, or the original text."""
        text = self._original if text is None else self._own(text)
        if self._begun or text != self._there:
            await self._replace(text, last=True)

    async def _replace(self, text: str, last: bool = False) -> None:
        """Make ``text`` of what is there, once the editor agrees."""
        session, region = self._session, self.region
        change = difference(self._there, text)
        edits = list[types.TextEdit]()
        for _ in range(_MOST_REFUSALS):
            self._check()
            version = session.version
            if text != self._there:
                edits = [_text_edit(session, region.expect(change))]
            try:
                applied = await self._editor.edit(session, edits, not self._begun, last)
            except (JsonRpcException, TimeoutError) as error:
                region.give_up()
                logger.warning("the editor did not apply an edit (%s)", type(error).__name__)
                break
            if applied and (region.settled or await region.settle(_TELL_SECONDS)):
                self._there, self._begun, self._ended = text, True, last
                self._check()
                return
            region.give_up()
            if session.version == version and not await session.edited(_TELL_SECONDS):
                break
        raise self._stopped("the editor did not take the text; try again")

    def _check(self) -> None:
        if self._session.closed:
            raise self._stopped("the document was closed")
        if self.region.disturbed:
            raise self._stopped(
                "you edited the text while it was being written; it was left as it is"
            )

    def _stopped(self, message: str) -> WritingStopped:
        return WritingStopped(message, self._begun)

    def _own(self, text: str) -> str:
        """``text`` with the document's line breaks."""
        return text if self._newline == "\n" else text.replace("\n", self._newline)


def _text_edit(session: Session, change: Change) -> types.TextEdit:
    where = types.Range(session.position(change.start), session.position(change.end))
    return types.TextEdit(where, change.new)


def _as_data(edit: types.TextEdit) -> dict[str, Any]:
    places = {
        name: {"line": place.line, "character": place.character}
        for name, place in (("start", edit.range.start), ("end", edit.range.end))
    }
    return {"range": places, "newText": edit.new_text}


def _applied(answer: object) -> bool:
    return _member(answer, "applied") is True


def _member(value: object, name: str) -> object:
    """A member of what came as JSON, as a mapping or as an object."""
    if isinstance(value, Mapping):
        return value.get(name)
    return getattr(value, name, None)
