"""A real client and a real server with LSP between them, and a fake engine on loopback."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

from maze.lsp.actions import plain as plain_data
from maze.lsp.server import serve_connection
from tests.lsp.fake_engine import KEY, FakeEngine, fake_engine

AUTOMATIC = types.InlineCompletionTriggerKind.Automatic
INVOKED = types.InlineCompletionTriggerKind.Invoked
SECONDS = 60
"""Nothing here takes a second; what takes this long hangs."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "local: runs the real llama.cpp model")


def vscode() -> types.ClientCapabilities:
    """What VS Code tells of itself, brought up to date (vscode-languageclient 10)."""
    capabilities = _with_inline_completion(client_capabilities("visual-studio-code"))
    assert capabilities.text_document and capabilities.text_document.code_action
    actions = capabilities.text_document.code_action
    actions.resolve_support = types.ClientCodeActionResolveOptions(["edit", "command"])
    actions.tag_support = types.CodeActionTagOptions([types.CodeActionTag.LlmGenerated])
    return capabilities


def neovim() -> types.ClientCapabilities:
    """What Neovim tells of itself, with inline completion (0.12)."""
    return _with_inline_completion(client_capabilities("neovim"))


def plain() -> types.ClientCapabilities:
    """An editor that tells as little as it may."""
    return types.ClientCapabilities()


def _with_inline_completion(capabilities: types.ClientCapabilities) -> types.ClientCapabilities:
    assert capabilities.text_document is not None
    inline = types.InlineCompletionClientCapabilities(dynamic_registration=False)
    capabilities.text_document.inline_completion = inline
    return capabilities


EDITORS: dict[str, Callable[[], types.ClientCapabilities]] = {
    "vscode": vscode,
    "neovim": neovim,
    "plain": plain,
}


class Editor:
    """A client with what a test needs of an editor.

    Attributes:
        statuses: what the server has told of itself.
    """

    def __init__(
        self,
        client: LanguageClient,
        result: types.InitializeResult,
        statuses: list[dict[str, Any]],
    ) -> None:
        self.client = client
        self.result = result
        self.statuses = statuses
        self._versions = itertools.count(2)

    def open(self, text: str, uri: str = "file:///work/a.py", language: str = "python") -> str:
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def edit(self, uri: str, line: int, start: int, end: int, new: str) -> None:
        """Put `new` in the place of columns `start` to `end` of a line."""
        where = types.Range(types.Position(line, start), types.Position(line, end))
        self.change(uri, types.TextDocumentContentChangePartial(where, new))

    def change(self, uri: str, *changes: types.TextDocumentContentChangeEvent) -> None:
        document = types.VersionedTextDocumentIdentifier(next(self._versions), uri)
        params = types.DidChangeTextDocumentParams(document, list(changes))
        self.client.text_document_did_change(params)

    def close(self, uri: str) -> None:
        params = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        self.client.text_document_did_close(params)

    def ask(
        self,
        uri: str,
        line: int,
        character: int,
        trigger: types.InlineCompletionTriggerKind = INVOKED,
        selected: types.SelectedCompletionInfo | None = None,
        id: str | None = None,
    ) -> asyncio.Task[Any]:
        """The answer to an inline completion request, still to come; `id` is for `cancel`."""
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(trigger, selected),
            types.TextDocumentIdentifier(uri),
            types.Position(line, character),
        )
        method = types.TEXT_DOCUMENT_INLINE_COMPLETION
        answer = self.client.protocol.send_request_async(method, params, msg_id=id)
        return asyncio.ensure_future(asyncio.wait_for(answer, SECONDS))

    def cancel(self, id: str) -> None:
        """Take a request back."""
        self.client.protocol.notify(types.CANCEL_REQUEST, types.CancelParams(id))

    async def texts(self, *arguments: Any, **more: Any) -> list[str] | None:
        """The texts that are suggested; None for a null answer."""
        answer = await self.ask(*arguments, **more)
        return None if answer is None else [item.insert_text for item in answer.items]

    async def status(self) -> Any:
        """What `maze/status` says."""
        answer = self.client.protocol.send_request_async("maze/status", {})
        return await asyncio.wait_for(answer, SECONDS)

    async def counter(self, name: str) -> int:
        """One of the server's counters."""
        return getattr((await self.status()).counters, name)


async def asked(engine: FakeEngine, times: int = 1) -> None:
    """Wait until the engine has been asked that often."""
    async with asyncio.timeout(SECONDS):
        while len(engine.requests) < times:
            await asyncio.sleep(0.01)


Start = Callable[..., Any]


async def told(editor: Editor, kind: str) -> dict[str, Any]:
    """The newest status, once it is of that kind."""
    async with asyncio.timeout(SECONDS):
        while not editor.statuses or editor.statuses[-1]["kind"] != kind:
            await asyncio.sleep(0.01)
    return editor.statuses[-1]


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    """A fake engine."""
    with fake_engine() as running:
        yield running


@pytest_asyncio.fixture
async def start(
    engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Start]:
    """Starts the server and an editor; by default with the fake engine and as VS Code.

    The server is a process that talks over stdio where a test wants it so (or gives it
    arguments), else it runs here and talks over TCP, which is quicker to start.
    """
    for name in [name for name in os.environ if name.startswith("MAZE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MAZE_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("MAZE_API_KEY", KEY)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    clients: list[LanguageClient] = []
    listener = await asyncio.start_server(serve_connection, "127.0.0.1", 0)

    async def begin(
        capabilities: types.ClientCapabilities | None = None,
        process: bool = False,
        arguments: Sequence[str] = (),
        **options: Any,
    ) -> Editor:
        client = make_test_lsp_client()
        clients.append(client)
        statuses: list[dict[str, Any]] = []
        client.feature("maze/status")(lambda params: statuses.append(plain_data(params)))
        if process or arguments:
            command = (sys.executable, "-m", "maze.lsp", *arguments)
            await client.start_io(*command, env=dict(os.environ))
        else:
            await client.start_tcp(*listener.sockets[0].getsockname())
        options = {"engine_url": engine.url, "debounce_ms": 0, "suggestions": 1, **options}
        result = await client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities or vscode(),
                root_uri="file:///work",
                initialization_options={k: v for k, v in options.items() if v is not None},
            )
        )
        return Editor(client, result, statuses)

    yield begin
    for client in clients:
        await asyncio.wait_for(client.shutdown_session(), SECONDS)
        await client.stop()
    listener.close()
