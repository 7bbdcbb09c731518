"""`maze.generate`: a text is written into a document while it is generated."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from lsprotocol import types

from maze.lsp import generations
from tests.lsp.buffer import Buffer, with_maze
from tests.lsp.conftest import SECONDS, Start, neovim, plain, vscode
from tests.lsp.fake_engine import Exchange, FakeEngine, Reply

pytestmark = pytest.mark.asyncio

STUB = "import os\n\n\ndef add(a, b):\n    pass\n\n\nx = 1\n"
AT_STUB = (3, 4)
BODY = "c = a + b\n    return c"
DONE = STUB.replace("pass", BODY)

STYLES = {"vscode": vscode, "neovim": neovim, "full": vscode}


def streams(*pieces: str, keep: int | None = None) -> Reply:
    """A good answer, in pieces."""

    def reply(exchange: Exchange) -> None:
        for piece in pieces:
            exchange.piece(piece)
        whole = len("".join(pieces))
        exchange.finish("", whole if keep is None else keep, "file")
        exchange.done()

    return reply


def streams_then_waits(engine: FakeEngine, *pieces: str) -> Reply:
    """Some pieces, then nothing more until the client goes away or `engine.release` is set."""

    def reply(exchange: Exchange) -> None:
        for piece in pieces:
            exchange.piece(piece)
        while not engine.release.wait(0.02):
            exchange.piece("")

    return reply


def streams_then_dies(*pieces: str) -> Reply:
    """Some pieces, then the connection closes."""

    def reply(exchange: Exchange) -> None:
        for piece in pieces:
            exchange.piece(piece)

    return reply


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():
            await asyncio.sleep(0.01)


async def begin(start: Start, style: str = "vscode", text: str = STUB, **more: Any) -> Buffer:
    capabilities = with_maze(STYLES[style]())
    return Buffer(await start(capabilities, **more), text, style=style)


@pytest.mark.parametrize("style", STYLES)
async def test_it_streams_and_one_undo_takes_it_back(start: Start, engine, style) -> None:
    engine.reply = streams("c", " = a", " + b\n", "    re", "turn c")
    buffer = await begin(start, style)
    answer = await (await buffer.generate("implement", *AT_STUB))
    assert answer == {"applied": True, "tokens": 3, "parses": True, "message": ""}
    assert buffer.text == DONE
    assert buffer.pieces[0]["first"] and buffer.pieces[-1]["last"]
    assert sum(piece["first"] for piece in buffer.pieces) == 1
    assert sum(piece["last"] for piece in buffer.pieces) == 1
    assert len({piece["id"] for piece in buffer.pieces}) == 1
    buffer.take_back()
    assert buffer.text == STUB


async def test_without_maze_edit_the_standard_way_writes_whole_lines(start: Start, engine) -> None:
    engine.reply = streams("c = a", " + b\n    d = c\n", "    return", " d")
    buffer = Buffer(await start(vscode()), STUB)
    answer = await (await buffer.generate("implement", *AT_STUB))
    assert answer["applied"]
    assert buffer.text == STUB.replace("pass", "c = a + b\n    d = c\n    return d")
    written = [piece["edits"][0]["newText"] for piece in buffer.pieces]
    assert all(text.endswith(("\n", "b", "c", "d")) for text in written), "no line in halves"
    for _ in range(len(buffer.undo)):
        buffer.take_back()
    assert buffer.text == STUB


async def test_an_editor_that_can_not_apply_edits_is_told_so(start: Start, engine) -> None:
    command = await (await begin(start)).command("implement", *AT_STUB)
    buffer = Buffer(await start(plain()), STUB)
    answer = await buffer.execute(command)
    assert not answer["applied"]
    assert "can not apply edits" in answer["message"]
    assert not engine.requests


async def test_progress_is_told_and_counts_tokens(start: Start, engine) -> None:
    engine.reply = streams("c = a + b\n", "    return c")
    buffer = await begin(start)
    await (await buffer.generate("implement", *AT_STUB))
    (reports,) = buffer.editor.client.progress_reports.values()
    first, *between, last = reports
    assert isinstance(first, types.WorkDoneProgressBegin)
    assert first.title == "Maze: Implement add" and first.cancellable
    assert [report.message for report in between] == ["1 token", "2 tokens", "3 tokens"]
    assert isinstance(last, types.WorkDoneProgressEnd)


async def test_progress_uses_the_token_of_the_request(start: Start, engine) -> None:
    engine.reply = streams("return a")
    buffer = await begin(start)
    buffer.editor.client.progress_reports["mine"] = []
    await (await buffer.generate("implement", *AT_STUB, token="mine"))
    assert list(buffer.editor.client.progress_reports) == ["mine"]
    assert isinstance(buffer.editor.client.progress_reports["mine"][-1], types.WorkDoneProgressEnd)


async def test_an_editor_that_never_agrees_to_progress_gets_its_text(
    start: Start, engine, monkeypatch
) -> None:
    monkeypatch.setattr(generations, "_AGREE_SECONDS", 0.1)
    engine.reply = streams(BODY)
    buffer = await begin(start)
    agreed = asyncio.Event()

    async def silent(params: types.WorkDoneProgressCreateParams) -> None:
        await agreed.wait()

    features = buffer.editor.client.protocol.fm.features
    features[types.WINDOW_WORK_DONE_PROGRESS_CREATE] = silent
    answer = await buffer.generate("implement", *AT_STUB)
    async with asyncio.timeout(SECONDS):
        assert (await answer)["applied"]
    assert buffer.text == DONE
    agreed.set()


HALF = ("c = a + b\n", "    return c +")
"""The second line does not parse yet."""


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("way", ["progress", "request"])
async def test_a_cancelled_text_is_cut_back_to_what_parses(start, engine, style, way) -> None:
    engine.reply = streams_then_waits(engine, *HALF)
    buffer = await begin(start, style)
    answer = await buffer.generate("implement", *AT_STUB)
    await until(lambda: buffer.text.endswith("return c +\n\n\nx = 1\n"))
    if way == "progress":
        (token,) = buffer.editor.client.progress_reports
        params = types.WorkDoneProgressCancelParams(token)
        buffer.editor.client.window_work_done_progress_cancel(params)
    else:
        buffer.cancel()
    assert (await answer)["message"] == "cancelled"
    assert buffer.pieces[-1]["last"]
    await until(engine.gone.is_set)
    assert buffer.text == STUB.replace("pass", "c = a + b")
    buffer.take_back()
    assert buffer.text == STUB


async def test_a_cancelled_text_of_which_nothing_parses_leaves_no_trace(start, engine) -> None:
    engine.reply = streams_then_waits(engine, "c = (a +")
    buffer = await begin(start)
    answer = await buffer.generate("implement", *AT_STUB)
    await until(lambda: "c = (a +" in buffer.text)
    (token,) = buffer.editor.client.progress_reports
    params = types.WorkDoneProgressCancelParams(token)
    buffer.editor.client.window_work_done_progress_cancel(params)
    assert await answer == {"applied": False, "tokens": 1, "parses": True, "message": "cancelled"}
    assert buffer.text == STUB


async def test_the_engine_is_believed_where_it_says_that_the_text_joins(start, engine) -> None:
    def reply(exchange: Exchange) -> None:
        exchange.piece("return c")
        exchange.piece(" * d", maze={"level": "file", "keep": 12})
        exchange.piece(" *")

    engine.reply = reply
    buffer = await begin(start)
    answer = await (await buffer.generate("implement", *AT_STUB))
    assert "in the middle of an answer" in answer["message"]
    assert engine.requests[0]["maze"]["joins"] is True
    assert buffer.text == STUB.replace("pass", "return c * d")


async def test_no_head_is_left_without_its_body(start: Start, engine) -> None:
    """By an engine that does not say where its text joins; tree-sitter would let it pass."""
    engine.reply = streams_then_dies("c = a + b\n", "    for d in c:\n", "        ")
    buffer = await begin(start)
    answer = await (await buffer.generate("implement", *AT_STUB))
    assert answer["applied"]
    assert buffer.text == STUB.replace("pass", "c = a + b")


@pytest.mark.parametrize("style", STYLES)
async def test_an_engine_that_dies_leaves_what_parses(start: Start, engine, style) -> None:
    engine.reply = streams_then_dies(*HALF)
    buffer = await begin(start, style)
    answer = await (await buffer.generate("implement", *AT_STUB))
    assert answer["applied"] and answer["parses"]
    assert "in the middle of an answer" in answer["message"]
    assert buffer.text == STUB.replace("pass", "c = a + b")


async def test_what_brings_an_error_is_put_back(start: Start, engine) -> None:
    # The engine vouches for it all the same.
    engine.reply = streams("return (a")
    buffer = await begin(start)
    answer = await (await buffer.generate("implement", *AT_STUB))
    assert not answer["applied"]
    assert "nothing that parses" in answer["message"]
    assert buffer.text == STUB
    assert buffer.pieces[-1]["last"]


@pytest.mark.parametrize("style", STYLES)
async def test_edits_elsewhere_move_the_place(start: Start, engine: FakeEngine, style) -> None:
    engine.reply = streams_then_waits(engine, "c = a + b\n")
    buffer = await begin(start, style)
    answer = await buffer.generate("implement", *AT_STUB)
    await until(lambda: "c = a" in buffer.text)
    buffer.type(0, "import re\n")
    buffer.type(len(buffer.text), "y = 2\n")
    buffer.type(buffer.text.index("os"), "sys", delete=2)
    engine.reply = streams("unused")
    engine.release.set()
    answer = await answer
    assert (
        buffer.text
        == "import re\nimport sys\n\n\ndef add(a, b):\n    c = a + b\n\n\nx = 1\ny = 2\n"
    )


@pytest.mark.parametrize("style", STYLES)
async def test_an_edit_inside_stops_it_and_stays(start: Start, engine: FakeEngine, style) -> None:
    engine.reply = streams_then_waits(engine, "c = a + b\n", "    d = c\n")
    buffer = await begin(start, style)
    answer = await buffer.generate("implement", *AT_STUB)
    await until(lambda: "d = c" in buffer.text and not buffer.untold)
    buffer.type(buffer.text.index("a + b"), "1 + ")
    answer = await answer
    assert answer["applied"] and answer["parses"]
    assert "you edited" in answer["message"]
    assert "c = 1 + a + b\n    d = c" in buffer.text
    assert buffer.pieces[-1] == {**buffer.pieces[-1], "last": True, "edits": []}
    await until(engine.gone.is_set)


async def test_a_refused_piece_is_sent_again_for_the_new_version(start: Start, engine) -> None:
    engine.reply = streams("c = a + b\n", "    return c")
    buffer = await begin(start)
    command = await buffer.command("implement", *AT_STUB)
    buffer.refuse = 1
    asyncio.get_running_loop().call_later(0.2, buffer.type, 0, "import re\n")
    answer = await buffer.execute(command)
    assert answer["applied"]
    assert buffer.text == "import re\n" + DONE
    assert len({piece["version"] for piece in buffer.pieces}) > 1


async def test_inline_requests_are_answered_null_meanwhile(start: Start, engine) -> None:
    engine.reply = streams_then_waits(engine, "c = a + b\n")
    buffer = await begin(start)
    answer = await buffer.generate("implement", *AT_STUB)
    await until(lambda: "c = a" in buffer.text)
    assert await buffer.editor.ask(buffer.uri, 7, 4) is None
    other = buffer.editor.open("y = \n", "file:///work/other.py")
    engine.release.set()
    await answer
    engine.reply = streams("1")
    assert await buffer.editor.texts(other, 0, 4) == ["1"]
    assert await buffer.editor.texts(buffer.uri, 7, 5) is not None


async def test_one_at_a_time_in_a_document(start: Start, engine: FakeEngine) -> None:
    engine.reply = streams_then_waits(engine, "c = a + b\n")
    buffer = await begin(start)
    command = await buffer.command("implement", *AT_STUB)
    answer = asyncio.ensure_future(buffer.execute(command))
    await until(lambda: "c = a" in buffer.text)
    second = await buffer.execute(command)
    assert not second["applied"] and "already" in second["message"]
    engine.release.set()
    assert (await answer)["applied"]


async def test_closing_the_document_stops_it(start: Start, engine: FakeEngine) -> None:
    engine.reply = streams_then_waits(engine, "c = a + b\n")
    buffer = await begin(start)
    answer = await buffer.generate("implement", *AT_STUB)
    await until(lambda: "c = a" in buffer.text)
    buffer.editor.close(buffer.uri)
    await until(engine.gone.is_set)
    assert "closed" in (await answer)["message"]


async def test_crlf_stays_crlf(start: Start, engine) -> None:
    engine.reply = streams("c = a + b\n", "    return c")
    buffer = await begin(start, text=STUB.replace("\n", "\r\n"))
    assert (await (await buffer.generate("implement", *AT_STUB)))["applied"]
    assert buffer.text == DONE.replace("\n", "\r\n")


async def test_characters_outside_the_bmp(start: Start, engine) -> None:
    text = 'def f():  # 😀\n    """😀"""; pass\n'.replace("; pass", "\n    pass")
    engine.reply = streams('x = "😀"', "; y = 1\n    return x")
    buffer = await begin(start, text=text)
    assert (await (await buffer.generate("implement", 0)))["applied"]
    assert buffer.text == text.replace("pass", 'x = "😀"; y = 1\n    return x')


NONSENSE: list[list[Any]] = [
    [],
    [7],
    [{}],
    [{"uri": "file:///no/such.py", "kind": "implement", "range": {}}],
    [{"uri": "file:///work/a.py", "kind": "implement", "range": {"start": {"line": "x"}}}],
]


@pytest.mark.parametrize("arguments", NONSENSE)
async def test_nonsense_is_answered_with_a_sentence(start: Start, engine, arguments) -> None:
    buffer = await begin(start)
    answer = await buffer.execute(types.Command("", "maze.generate", arguments=arguments))
    assert not answer["applied"] and answer["message"]
    assert not engine.requests


async def test_a_place_that_has_changed_since(start: Start, engine) -> None:
    buffer = await begin(start)
    command = await buffer.command("implement", *AT_STUB)
    buffer.type(0, "", delete=len(buffer.text))
    answer = await buffer.execute(command)
    assert not answer["applied"] and "changed" in answer["message"]


@pytest.mark.parametrize("reads_answers", [True, False])
async def test_who_asks_is_told_of_an_engine_that_is_not_there(
    start, engine, reads_answers
) -> None:
    capabilities = with_maze(vscode()) if reads_answers else vscode()
    editor = await start(capabilities, engine_url="http://127.0.0.1:9")
    buffer = Buffer(editor, STUB, style="vscode")
    answer = await (await buffer.generate("implement", *AT_STUB))
    assert "no engine answers at http://127.0.0.1:9" in answer["message"]
    assert buffer.text == STUB
    shown = [message.message for message in editor.client.messages]
    assert shown == ([] if reads_answers else [f"Maze: {answer['message']}"]), "said once"
    if reads_answers:
        assert editor.statuses[-1]["kind"] == "error"


WRITES = [
    # kind, text, line, what the engine says, what comes of it
    (
        "write",
        "# Adds.\n\n\nx = 1\n",
        0,
        ("add(a, b):\n", "    return a + b\n\n\n", "def other(): ..."),
        "# Adds.\ndef add(a, b):\n    return a + b\n\n\nx = 1\n",
    ),
    (
        "regenerate",
        "def f(a):\n    b = a\n    return b\n",
        1,
        ("return a",),
        "def f(a):\n    return a\n",
    ),
    ("repair", "def f(a):\n    return (a +\n", 1, (" 1)",), "def f(a):\n    return (a + 1)\n"),
    (
        "test",
        "def f(a):\n    return a\n\n\nx = 1\n",
        0,
        ("assert f(1) == 1",),
        "def f(a):\n    return a\n\n\ndef test_f():\n    assert f(1) == 1\n\n\nx = 1\n",
    ),
    (
        "document",
        "def f(a):\n    return a\n",
        1,
        ("Return `a`. ",),
        'def f(a):\n    """Return `a`."""\n    return a\n',
    ),
]


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize(("kind", "text", "line", "said", "wanted"), WRITES)
async def test_every_kind(start: Start, engine, kind, text, line, said, wanted, line_break) -> None:
    engine.reply = streams(*said)
    text = text.replace("\n", line_break)
    buffer = await begin(start, text=text)
    answer = await (await buffer.generate(kind, line, 4))
    assert answer["applied"], answer
    assert buffer.text == wanted.replace("\n", line_break)
    ast.parse(buffer.text)
    buffer.take_back()
    assert buffer.text == text


UNHELPFUL = [
    # kind, file, text, line, what the engine says although it helps nothing
    ("write", "a.ts", "// Adds.\n", 0, "add(a: number): number;"),
    (
        "repair",
        "a.zig",
        "fn f(a: []u8) u8 {\n    var b: u8 = 0\n    for (a) |c| {\n        b += c;\n    }\n}\n",
        2,
        "var c: u8 = 0",
    ),
]


@pytest.mark.parametrize(("kind", "name", "text", "line", "said"), UNHELPFUL)
async def test_what_does_not_do_what_was_asked(start, engine, kind, name, text, line, said) -> None:
    """A signature is no function yet, and a repair leaves nothing broken."""

    def reply(exchange: Exchange) -> None:
        levels = [scope["level"] for scope in exchange.request["maze"]["scopes"]]
        exchange.finish(said, len(said), levels[-1 if kind == "repair" else 0])
        exchange.done()

    engine.reply = reply
    editor = await start(with_maze(vscode()))
    buffer = Buffer(editor, text, f"file:///work/{name}", "", "vscode")
    answer = await (await buffer.generate(kind, line, 4))
    assert not answer["applied"]
    assert "found nothing that parses" in answer["message"]
    assert buffer.text == text
