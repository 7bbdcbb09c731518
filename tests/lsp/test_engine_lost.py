"""An embedded engine that ends while it answers: it is started anew, and nobody need know."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from lsprotocol import types

from maze.engine.errors import EngineLost
from maze.engine.launcher import Endpoint, missing_extra
from maze.lsp.connection import Connection
from maze.lsp.engines import EngineHost
from maze.lsp.server import serve_connection
from maze.settings import Settings
from tests.lsp.conftest import AUTOMATIC, INVOKED, SECONDS, Editor, Start, neovim, vscode
from tests.lsp.fake_engine import (
    KEY,
    Exchange,
    FakeEngine,
    Reply,
    dies,
    fake_engine,
    never_answers,
    says,
)
from tests.lsp.test_cold_start import WAYS, Way, completed, streamed
from tests.lsp.test_transport import INITIALIZE, Raw

pytestmark = pytest.mark.asyncio

LOADING_SECONDS = 180
TEXT = "def add(a, b):\n    return \n"
CURSOR = (1, 11)


def hangs_up(exchange: Exchange) -> None:
    """Not a word."""


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FakeEngine]]:
    """Fake engines in the place of the embedded one, in the order in which they were started."""
    running: list[FakeEngine] = []
    with ExitStack() as stack:

        async def launch(self: Connection, language: str) -> Endpoint:
            running.append(stack.enter_context(fake_engine()))
            running[-1].reply = replies.pop(0)
            return Endpoint(running[-1].url, KEY, 0)

        monkeypatch.setattr(Connection, "_launch", launch)
        yield running


replies: list[Reply] = []
"""What each engine that is started does."""

LOST: list[tuple[Way, Reply]] = [
    (completed, dies),
    (completed, hangs_up),
    (streamed, hangs_up),
]


@pytest.mark.parametrize(("way", "ends"), LOST)
async def test_it_is_started_anew_and_asked_again(
    starts: list[FakeEngine], way: Way, ends: Reply
) -> None:
    replies[:] = [ends, says("x")]
    one = EngineHost(Settings())
    assert await way(one) == "x"
    assert [len(engine.requests) for engine in starts] == [1, 1]
    await one.aclose()


@pytest.mark.parametrize("way", WAYS)
async def test_what_ends_it_again_is_told(starts: list[FakeEngine], way: Way) -> None:
    replies[:] = [hangs_up, hangs_up, says("x")]
    one = EngineHost(Settings())
    with pytest.raises(EngineLost, match="without an answer"):
        await way(one)
    assert await way(one) == "x"
    assert len(starts) == 3
    await one.aclose()


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_what_ends_one_answer_leaves_the_other(
    starts: list[FakeEngine], engine: FakeEngine, elsewhere: bool
) -> None:
    """Several suggestions are two requests at once; the connection is given up over one of them."""

    both = threading.Event()

    def first_hangs_up(exchange: Exchange) -> None:
        if len(asked.requests) == 1:
            both.wait(10)
            return
        exchange.piece("y")
        asked.release.wait(10)
        exchange.finish("z", 2, "scope")
        exchange.done()

    engine.reply = first_hangs_up
    replies[:] = [first_hangs_up, says("x")]
    one = EngineHost(Settings(engine_url=engine.url, api_key=KEY) if elsewhere else Settings())
    await one.model_id("python")
    asked = engine if elsewhere else starts[0]
    lost = asyncio.create_task(completed(one))
    while not asked.requests:
        await asyncio.sleep(0.01)
    whole = asyncio.create_task(completed(one))
    while len(asked.requests) < 2:
        await asyncio.sleep(0.01)
    both.set()
    if elsewhere:
        with pytest.raises(EngineLost):
            await lost
    else:
        assert await lost == "x"
    asked.release.set()
    assert await whole == "yz"
    await one.aclose()


async def test_none_is_started_for_an_editor_that_is_gone(starts: list[FakeEngine]) -> None:
    """It breaks off while it waits for an answer; over TCP, the server lives on."""
    replies[:] = [lambda exchange: never_answers(starts[0])(exchange), says("x")]
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve_connection(reader, writer)
        ended.set()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    raw = Raw(*await asyncio.open_connection(*listener.sockets[0].getsockname()))
    raw.send(id=1, method="initialize", params=INITIALIZE)
    await raw.answer(1)
    document = {"uri": "file:///work/a.py", "languageId": "python", "version": 1, "text": TEXT}
    raw.send(method="textDocument/didOpen", params={"textDocument": document})
    place = {"textDocument": document, "position": {"line": CURSOR[0], "character": CURSOR[1]}}
    place["context"] = {"triggerKind": AUTOMATIC.value}
    before = asyncio.all_tasks()
    raw.send(id=2, method="textDocument/inlineCompletion", params=place)
    async with asyncio.timeout(SECONDS):
        while not (starts and starts[0].requests):
            await asyncio.sleep(0.01)
        raw.writer.close()
        await ended.wait()
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.01)
    assert len(starts) == 1
    listener.close()


async def test_half_a_stream_is_not_begun_again(starts: list[FakeEngine]) -> None:
    """It may stand in the document."""
    replies[:] = [dies, says("x")]
    one = EngineHost(Settings())
    with pytest.raises(EngineLost, match="in the middle"):
        await streamed(one)
    assert len(starts) == 1
    await one.aclose()


async def test_one_elsewhere_is_asked_once(engine: FakeEngine) -> None:
    engine.reply = dies
    one = EngineHost(Settings(engine_url=engine.url, api_key=KEY))
    with pytest.raises(EngineLost):
        await completed(one)
    assert len(engine.requests) == 1
    await one.aclose()


@pytest.mark.parametrize("trigger", [AUTOMATIC, INVOKED])
async def test_the_next_keystroke_works(start: Start, engine: FakeEngine, trigger) -> None:
    engine.reply = dies
    editor: Editor = await start(neovim())
    uri = editor.open(TEXT)
    assert await editor.ask(uri, *CURSOR, trigger) is None
    engine.reply = says(" b")
    editor.edit(uri, 1, 11, 11, "a +")
    assert await editor.texts(uri, 1, 14, trigger) == [" b"]
    assert (await editor.status()).kind == "ready"


@pytest.mark.local
@pytest.mark.skipif(missing_extra() is not None, reason="the extra `local` is not installed")
async def test_the_real_one_is_killed_while_it_answers(start: Start, tmp_path: Path) -> None:
    editor: Editor = await start(
        vscode(), process=True, engine_url=None, timeout_s=LOADING_SECONDS, idle_minutes=0.5
    )
    uri = editor.open(TEXT)
    assert await patiently(editor, uri, *CURSOR)
    first = running(tmp_path)
    os.kill(first, signal.SIGSTOP)  # so that it is killed before it has answered
    answer = asyncio.ensure_future(patiently(editor, uri, 1, 7))
    while (await editor.status()).kind != "busy":
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    os.kill(first, signal.SIGKILL)
    assert await answer
    assert running(tmp_path) != first
    assert not editor.client.messages
    status = await editor.status()
    assert status.kind == "ready" and status.counters.engine_errors == 0


async def patiently(editor: Editor, uri: str, line: int, character: int) -> object:
    """The answer to an invoked request, although an engine may have to start for it."""
    params = types.InlineCompletionParams(
        types.InlineCompletionContext(INVOKED),
        types.TextDocumentIdentifier(uri),
        types.Position(line, character),
    )
    async with asyncio.timeout(LOADING_SECONDS):
        return await editor.client.text_document_inline_completion_async(params)


def running(home: Path) -> int:
    """The process of the engine that runs."""
    [file] = home.glob("state/maze/engine-*.json")
    return int(json.loads(file.read_text())["pid"])
