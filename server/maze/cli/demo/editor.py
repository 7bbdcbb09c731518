"""A small editor: speaks LSP with `maze lsp` over stdio, as any editor would."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from maze.document.detect import detect

_PATIENCE_S = 300.0


@attrs.frozen
class Shown:
    """What the editor was given to show.

    Attributes:
        text: the ghost text; None where the server had nothing to say.
        ms: milliseconds between request and answer.
        tokens: tokens that the model generated for it.
    """

    text: str | None
    ms: float
    tokens: int


class Editor:
    """One session with the language server.

    Args:
        say: told what the server does while its engine starts.
        environment: environment variables of the server, besides this process's own.
    """

    def __init__(
        self, say: Callable[[str], None], environment: Mapping[str, str] | None = None
    ) -> None:
        self._client = LanguageClient("maze-demo", "1")
        self._environment = {**os.environ, **(environment or {})}
        self._opened = 0
        self.messages: list[str] = []

        @self._client.feature(types.PROGRESS)  # type: ignore[untyped-decorator]
        def progress(params: types.ProgressParams) -> None:
            message = _get(params.value, "message")
            if message:
                say(str(message))

        @self._client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)  # type: ignore[untyped-decorator]
        def create(params: types.WorkDoneProgressCreateParams) -> None: ...

        @self._client.feature(types.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
        def show(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

        @self._client.feature(types.WINDOW_LOG_MESSAGE)  # type: ignore[untyped-decorator]
        def note(params: types.LogMessageParams) -> None:
            self.messages.append(params.message)

    async def start(self, folder: Path, **options: object) -> None:
        """Start the server and shake hands.

        Args:
            folder: the workspace.
            options: the server's settings.
        """
        command = (sys.executable, "-m", "maze", "lsp")
        await self._client.start_io(*command, env=self._environment)
        await self._client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(
                    general=types.GeneralClientCapabilities(
                        position_encodings=[types.PositionEncodingKind.Utf16]
                    ),
                    window=types.WindowClientCapabilities(work_done_progress=True),
                    text_document=types.TextDocumentClientCapabilities(
                        inline_completion=types.InlineCompletionClientCapabilities()
                    ),
                ),
                root_uri=folder.as_uri(),
                initialization_options=options,
            )
        )
        self._client.initialized(types.InitializedParams())

    async def complete(self, path: Path, content: str, offset: int) -> Shown:
        """Open a document, ask for what to show at a cursor, and close it again.

        Args:
            path: names the document; it is not read.
            content: the document's text, all of it in the Basic Multilingual Plane.
            offset: the cursor, in characters.
        """
        uri = path.as_uri()
        language = detect(path.name, content).language
        self._opened += 1
        document = types.TextDocumentItem(
            uri, language.name if language else "plaintext", self._opened, content
        )
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(document))
        before = content[:offset]
        position = types.Position(before.count("\n"), offset - (before.rfind("\n") + 1))
        tokens = await self._tokens()
        began = time.perf_counter()
        answer = await self._within(
            self._client.text_document_inline_completion_async(
                types.InlineCompletionParams(
                    types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
                    types.TextDocumentIdentifier(uri),
                    position,
                )
            )
        )
        ms = (time.perf_counter() - began) * 1000
        tokens = await self._tokens() - tokens
        self._client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )
        items = answer.items if isinstance(answer, types.InlineCompletionList) else answer or []
        text = items[0].insert_text if items else None
        return Shown(str(text) if text is not None else None, ms, tokens)

    async def stop(self) -> None:
        """End the session as an editor does that is closed."""
        await self._within(self._client.shutdown_async(None))
        self._client.exit(None)
        await self._client.stop()  # type: ignore[no-untyped-call]

    async def _tokens(self) -> int:
        """How many tokens were generated in this session."""
        status = await self._within(self._client.protocol.send_request_async("maze/status", {}))
        return int(_get(_get(status, "counters"), "tokens") or 0)

    async def _within(self, answer: Any) -> Any:
        return await asyncio.wait_for(answer, _PATIENCE_S)


def _get(value: object, name: str) -> Any:
    """A member of what pygls gives for an object whose type the protocol leaves open."""
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
