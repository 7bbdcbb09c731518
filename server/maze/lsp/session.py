"""One open document of an editor: its text, its version, and the request that is being answered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from maze.document import Document, Position, PositionEncoding
from maze.document.text import well_formed
from maze.lsp.debounce import TypingRhythm
from maze.lsp.region import Change, Region, difference
from maze.lsp.typed_ahead import TypedAhead

_DRIVE = re.compile(r"/[A-Za-z]:")


class Session:
    """A document as its editor sees it.

    Attributes:
        region: where a generated text is being written, if one is.

    Args:
        item: as the editor opened it.
        encoding: what positions count.
        roots: URIs of the workspace's folders; what a model is shown of a path starts there.
    """

    def __init__(
        self,
        item: types.TextDocumentItem,
        encoding: PositionEncoding,
        roots: Sequence[str] = (),
    ) -> None:
        path = _path(item.uri)
        self.uri = item.uri
        self.document = Document(item.text, path, item.language_id, _title(path, roots))
        self.version = item.version
        self.closed = False
        self.typed_ahead = TypedAhead()
        self.rhythm = TypingRhythm()
        self.region: Region | None = None
        self._edited = asyncio.Event()
        self._encoding = encoding
        self._job: asyncio.Task[Any] | None = None

    def change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Take over the editor's edits, in their order."""
        before, changes = self.document.text.content, list[Change]()
        for change in params.content_changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                changes.append(self._edit(change.range, change.text))
            else:
                if self.region is not None:
                    changes.append(difference(self.document.text.content, well_formed(change.text)))
                self.document.reset(change.text)
                self.typed_ahead.forget()
        self.version = params.text_document.version
        if self.region is not None:
            self.region.changed(before, changes, self.document.text.content)
        else:
            self.rhythm.edited(monotonic())
        self._edited.set()

    async def edited(self, seconds: float) -> bool:
        """Whether the editor tells of an edit within that time."""
        self._edited.clear()
        try:
            await asyncio.wait_for(self._edited.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def offset(self, position: types.Position) -> int:
        """The editor's position as an offset in characters."""
        place = Position(position.line, position.character)
        return self.document.text.offset(place, self._encoding)

    def position(self, offset: int) -> types.Position:
        """An offset in characters as the editor's position."""
        place = self.document.text.position(offset, self._encoding)
        return types.Position(place.line, place.character)

    def begin(self, job: asyncio.Task[Any]) -> None:
        """``job`` answers the newest request; an older one is cancelled."""
        self.supersede()
        self._job = job

    def supersede(self) -> None:
        """Cancel the request that is being answered, if there is one."""
        if self._job is not None and not self._job.done():
            self._job.cancel()
        self._job = None

    def close(self) -> None:
        """The editor closed the document."""
        self.closed = True
        self.supersede()
        if self.region is not None:
            self.region.disturb()

    def _edit(self, where: types.Range, new: str) -> Change:
        start, end = self.offset(where.start), self.offset(where.end)
        end = max(start, end)
        new = well_formed(new)
        self.document.replace(start, end, new)
        self.typed_ahead.edited(start, end, new)
        return Change(start, end, new)


def _path(uri: str) -> str:
    """The path in a URI, with its slashes; editors spell the letter of a drive one way or the other."""
    path = unquote(urlsplit(uri).path) or uri
    return path[:2].lower() + path[2:] if _DRIVE.match(path) else path


def _title(path: str, roots: Sequence[str]) -> str:
    """What a model is shown of a path: from the innermost folder on, or the name alone."""
    here = PurePosixPath(path)
    holding = [root for root in map(_path, roots) if here.is_relative_to(root)]
    return str(here.relative_to(max(holding, key=len))) if holding else here.name
