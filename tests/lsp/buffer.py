"""An editor's buffer: applies what the server asks for and tells of it, as real editors do.

VS Code tells of an edit before it answers; Neovim up to 150 ms after it has answered, cut to the
characters that differ.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from lsprotocol import types

from maze.document.text import Position, PositionEncoding, Text
from maze.lsp.actions import plain
from maze.lsp.region import difference
from tests.lsp.conftest import SECONDS, Editor

EXPERIMENTAL = {"maze": {"status": True, "edit": True}}
UTF16 = PositionEncoding.UTF16
NEOVIM_WAITS = 0.15


def with_maze(capabilities: types.ClientCapabilities) -> types.ClientCapabilities:
    """The capabilities of one of our own clients in that editor."""
    capabilities.experimental = EXPERIMENTAL
    return capabilities


class Buffer:
    """One document in an editor.

    Args:
        style: how edits are told: `vscode`, `neovim`, or `full` (the whole text each time).

    Attributes:
        undo: what to go back to, a state per undo step.
        pieces: parameters of all `maze/edit` requests.
        untold: edits that the server has not been told of.
        refuse: so many edits are refused as if the version were another.
    """

    def __init__(
        self,
        editor: Editor,
        text: str,
        uri: str = "file:///work/a.py",
        language: str = "python",
        style: str = "vscode",
    ) -> None:
        self.editor = editor
        self.uri = editor.open(text, uri, language)
        self.version = 1
        self.undo: list[str] = []
        self.pieces: list[Any] = []
        self.refuse = 0
        self.style = style
        self._text = Text(text)
        self._group: str | None = None
        self.untold: list[types.TextDocumentContentChangeEvent] = []
        client = editor.client
        # A method of a buffer can not carry pygls's marks: a function of its own can.
        client.protocol.fm.features.pop("maze/edit", None)  # an earlier buffer's
        client.feature("maze/edit")(lambda params: self._maze_edit(params))
        client.protocol.fm.features[types.WORKSPACE_APPLY_EDIT] = self._apply_edit

    @property
    def text(self) -> str:
        """The text as it stands."""
        return self._text.content

    def type(self, at: int, new: str, *, delete: int = 0) -> None:
        """The user edits at an offset."""
        self.undo.append(self.text)
        self._group = None
        self._replace(at, at + delete, new)
        self.tell()

    def tell(self) -> None:
        """Tell the server of what it does not know yet."""
        changes, self.untold = self.untold, []
        if changes:
            self.version += 1
            document = types.VersionedTextDocumentIdentifier(self.version, self.uri)
            params = types.DidChangeTextDocumentParams(document, changes)
            self.editor.client.text_document_did_change(params)

    def take_back(self) -> None:
        """The user undoes one step."""
        self._replace(0, len(self.text), self.undo.pop())
        self.tell()

    async def actions(self, line: int, character: int = 0, **more: Any) -> list[types.CodeAction]:
        """The code actions at a place."""
        place = types.Position(line, character)
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(self.uri),
            types.Range(place, place),
            types.CodeActionContext([], **more),
        )
        answer = self.editor.client.text_document_code_action_async(params)
        return list(await asyncio.wait_for(answer, SECONDS) or [])

    async def command(self, kind: str, line: int, character: int = 0) -> types.Command:
        """The command of the action of one kind, resolved."""
        found = [a for a in await self.actions(line, character) if plain(a.data)["kind"] == kind]
        assert found, f"no action {kind}"
        if found[0].command is None:
            found = [await self.editor.client.code_action_resolve_async(found[0])]
        assert found[0].command is not None
        return found[0].command

    async def generate(
        self, kind: str, line: int, character: int = 0, token: str | None = None
    ) -> asyncio.Task[dict[str, Any]]:
        """The answer to an action's command, still to come."""
        command = await self.command(kind, line, character)
        return asyncio.ensure_future(self.execute(command, token))

    async def execute(self, command: types.Command, token: str | None = None) -> dict[str, Any]:
        """The answer to a command."""
        params = types.ExecuteCommandParams(
            command.command, plain(command.arguments), work_done_token=token
        )
        self._id = str(uuid.uuid4())
        client = self.editor.client
        answer = client.protocol.send_request_async(
            types.WORKSPACE_EXECUTE_COMMAND, params, msg_id=self._id
        )
        return plain(await asyncio.wait_for(answer, 10 * SECONDS))

    def cancel(self) -> None:
        """Take the last command back, as an editor does with `$/cancelRequest`."""
        self.editor.cancel(self._id)

    def _apply(self, edits: list[Any], group: str | None) -> None:
        if group is None or group != self._group:
            self.undo.append(self.text)
        self._group = group
        for edit in reversed(edits):
            start, end = (self._offset(edit["range"][name]) for name in ("start", "end"))
            self._replace(start, end, edit["newText"])
        if self.style == "neovim":
            asyncio.get_running_loop().call_later(NEOVIM_WAITS, self.tell)
        else:
            self.tell()

    def _maze_edit(self, params: Any) -> dict[str, bool]:
        piece = plain(params)
        self.pieces.append(piece)
        if self.refuse:
            self.refuse -= 1
            return {"applied": False}
        if piece["uri"] != self.uri or piece["version"] != self.version or self.untold:
            return {"applied": False}
        if piece["edits"]:
            self._apply(piece["edits"], piece["id"])
        return {"applied": True}

    def _apply_edit(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        (change,) = params.edit.document_changes or ()
        assert isinstance(change, types.TextDocumentEdit)
        if change.text_document.version != self.version or self.untold:
            return types.ApplyWorkspaceEditResult(False)
        edits = [
            {
                "range": {
                    name: {"line": place.line, "character": place.character}
                    for name, place in (("start", edit.range.start), ("end", edit.range.end))
                },
                "newText": edit.new_text,
            }
            for edit in change.edits
            if isinstance(edit, types.TextEdit)
        ]
        self.pieces.append({"edits": edits})
        self._apply(edits, None)
        return types.ApplyWorkspaceEditResult(True)

    def _replace(self, start: int, end: int, new: str) -> None:
        before = self.text
        after = before[:start] + new + before[end:]
        if self.style == "neovim":
            change = difference(before, after)
            start, end, new = change.start, change.end, change.new
        places = [self._text.position(offset, UTF16) for offset in (start, end)]
        self._text.replace(start, end, new)
        if self.style == "full":
            self.untold.append(types.TextDocumentContentChangeWholeDocument(self.text))
            return
        where = types.Range(*(types.Position(place.line, place.character) for place in places))
        self.untold.append(types.TextDocumentContentChangePartial(where, new))

    def _offset(self, place: dict[str, int]) -> int:
        return self._text.offset(Position(place["line"], place["character"]), UTF16)
