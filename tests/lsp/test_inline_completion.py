"""`textDocument/inlineCompletion`, asked as real editors ask it."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types

from tests.lsp.conftest import AUTOMATIC, EDITORS, INVOKED, Start, asked, neovim, vscode
from tests.lsp.fake_engine import (
    Exchange,
    FakeEngine,
    Reply,
    never_answers,
    says,
    says_each,
    waits_then,
)

pytestmark = pytest.mark.asyncio

FUNCTION = "def add(a, b):\n    return \n"
AT_RETURN = (1, 11)


@pytest.mark.parametrize("name", EDITORS)
@pytest.mark.parametrize("trigger", [AUTOMATIC, INVOKED])
async def test_every_editor_gets_its_suggestion(start: Start, engine, name, trigger) -> None:
    engine.reply = says("a + b")
    editor = await start(EDITORS[name](), process=True)
    answer = await editor.ask(editor.open(FUNCTION), *AT_RETURN, trigger)
    (item,) = answer.items
    assert item.insert_text == "a + b"
    assert item.range == types.Range(types.Position(*AT_RETURN), types.Position(*AT_RETURN))


@pytest.mark.parametrize("name", EDITORS)
async def test_the_capability_is_advertised(start: Start, name) -> None:
    editor = await start(EDITORS[name]())
    assert editor.result.capabilities.inline_completion_provider
    assert editor.result.server_info.name == "maze"


async def test_the_engine_is_told_the_hole_and_its_scopes(start: Start, engine) -> None:
    editor = await start()
    uri = editor.open("import os\n\n" + FUNCTION, "file:///work/pkg/add.py")
    await editor.ask(uri, 3, 11)
    (request,) = engine.requests
    assert request["maze"]["language"] == "python"
    assert request["maze"]["prefix"] == "import os\n\ndef add(a, b):\n    return "
    assert request["maze"]["suffix"] == "\n"
    assert [scope["level"] for scope in request["maze"]["scopes"]] == ["file", "scope", "block"]
    assert request["prompt"] == "# pkg/add.py\n" + request["maze"]["prefix"]


async def test_in_markdown_the_fenced_code_is_completed(start: Start, engine) -> None:
    engine.reply = says("a + b")
    editor = await start()
    uri = editor.open(f"# Sums\n\n```python\n{FUNCTION}```\n", "file:///work/sums.md")
    answer = await editor.ask(uri, 4, 11)
    (item,) = answer.items
    assert (item.insert_text, item.range.start) == ("a + b", types.Position(4, 11))
    (request,) = engine.requests
    assert request["maze"]["language"] == "python"
    assert request["maze"]["prefix"] == "def add(a, b):\n    return "
    assert request["maze"]["suffix"] == "\n"
    assert await editor.ask(uri, 0, 6) is None


ENCODINGS = [
    # An emoji is one character: four units of UTF-8, two of UTF-16, one of UTF-32.
    ("utf-8", 12),
    ("utf-16", 10),
    ("utf-32", 9),
]


@pytest.mark.parametrize(("encoding", "column"), ENCODINGS)
async def test_positions_count_what_was_negotiated(start: Start, engine, encoding, column) -> None:
    capabilities = vscode()
    assert capabilities.general is not None
    capabilities.general.position_encodings = [types.PositionEncodingKind(encoding)]
    editor = await start(capabilities)
    assert editor.result.capabilities.position_encoding == encoding
    uri = editor.open('x = ["😀", ]\n')
    engine.reply = says('"b"')
    answer = await editor.ask(uri, 0, column)
    assert engine.requests[0]["maze"]["prefix"] == 'x = ["😀",'
    assert answer.items[0].range.start == types.Position(0, column)


async def test_edits_are_applied_one_after_the_other(start: Start, engine) -> None:
    editor = await start()
    uri = editor.open("x = 1\r\ny = 2\r\n")
    insert = types.TextDocumentContentChangePartial(
        types.Range(types.Position(1, 5), types.Position(1, 5)), "\r\nz = (3"
    )
    delete = types.TextDocumentContentChangePartial(
        types.Range(types.Position(0, 0), types.Position(1, 0)), ""
    )
    editor.change(uri, insert, delete)
    await editor.ask(uri, 1, 6)
    assert engine.requests[-1]["maze"]["prefix"] == "y = 2\nz = (3"
    editor.change(uri, types.TextDocumentContentChangeWholeDocument("print("))
    await editor.ask(uri, 0, 6)
    assert engine.requests[-1]["maze"]["prefix"] == "print("


def greedy_and_others(first: str, *others: str) -> Reply:
    """The likeliest text to who wants that, others to who wants some."""

    def reply(exchange: Exchange) -> None:
        greedy = exchange.request["temperature"] == 0
        says_each(*([first] if greedy else others))(exchange)

    return reply


SEVERAL = [
    # the likeliest, the others, what is shown: distinct ones, the likeliest first
    ("a + b", ("a - b", "b"), ["a + b", "a - b", "b"]),
    ("a + b", ("a + b", "a  + b"), ["a + b"]),
    ("a + b", ("b + 1", "a - b", "a - b"), ["a + b", "a - b", "b + 1"]),
    ("", ("a - b", "(a"), ["a - b"]),
]


@pytest.mark.parametrize(("first", "others", "shown"), SEVERAL)
async def test_several_suggestions_to_who_asks(start, engine, first, others, shown) -> None:
    engine.reply = greedy_and_others(first, *others)
    editor = await start(suggestions=1 + len(others))
    assert await editor.texts(editor.open(FUNCTION), *AT_RETURN) == shown
    assert sorted(request["n"] for request in engine.requests) == [1, len(others)]


async def test_one_suggestion_in_passing(start: Start, engine) -> None:
    engine.reply = says("a + b")
    editor = await start(suggestions=3)
    assert await editor.texts(editor.open(FUNCTION), *AT_RETURN, AUTOMATIC) == ["a + b"]
    (request,) = engine.requests
    assert request["n"] == 1


async def test_others_that_fail_are_done_without(start: Start, engine) -> None:
    def reply(exchange: Exchange) -> None:
        says("a + b")(exchange) if exchange.request["n"] == 1 else exchange.fail(500, "no")

    engine.reply = reply
    editor = await start(suggestions=3)
    assert await editor.texts(editor.open(FUNCTION), *AT_RETURN) == ["a + b"]
    assert not editor.client.messages


async def test_a_newer_request_supersedes_an_older_one(start: Start, engine: FakeEngine) -> None:
    engine.reply = never_answers(engine)
    editor = await start(neovim())
    uri = editor.open(FUNCTION)
    first = editor.ask(uri, *AT_RETURN, AUTOMATIC)
    await asked(engine)
    engine.reply = says("a + b")
    assert await editor.texts(uri, *AT_RETURN, AUTOMATIC) == ["a + b"]
    assert await first is None
    assert await asyncio.to_thread(engine.gone.wait, 10), "the engine was not told"
    assert await editor.counter("superseded") == 1


async def test_documents_do_not_supersede_each_other(start: Start, engine: FakeEngine) -> None:
    engine.reply = waits_then(engine, says("a + b"))
    editor = await start()
    one, two = editor.open(FUNCTION), editor.open(FUNCTION, "file:///work/b.py")
    answers = [editor.ask(one, *AT_RETURN), editor.ask(two, *AT_RETURN)]
    await asked(engine, 2)
    engine.release.set()
    assert None not in await asyncio.gather(*answers)


async def test_a_request_that_is_taken_back_stops_the_engine(start: Start, engine) -> None:
    engine.reply = never_answers(engine)
    editor = await start()
    uri = editor.open(FUNCTION)
    params = types.InlineCompletionParams(
        types.InlineCompletionContext(INVOKED),
        types.TextDocumentIdentifier(uri),
        types.Position(*AT_RETURN),
    )
    answer = editor.client.protocol.send_request(
        types.TEXT_DOCUMENT_INLINE_COMPLETION, params, msg_id="taken back"
    )
    await asked(engine)
    editor.client.cancel_request(types.CancelParams("taken back"))
    with pytest.raises(Exception, match="is canceled"):
        await asyncio.wait_for(asyncio.wrap_future(answer), 10)
    assert await asyncio.to_thread(engine.gone.wait, 10), "the engine was not told"


async def test_an_answer_for_an_older_version_is_null(start: Start, engine: FakeEngine) -> None:
    engine.reply = waits_then(engine, says("a + b"))
    editor = await start()
    uri = editor.open(FUNCTION)
    answer = editor.ask(uri, *AT_RETURN)
    await asked(engine)
    editor.edit(uri, 0, 4, 7, "sum")
    await editor.status()
    engine.release.set()
    assert await answer is None


async def test_closing_a_document_ends_its_request(start: Start, engine: FakeEngine) -> None:
    engine.reply = never_answers(engine)
    editor = await start()
    uri = editor.open(FUNCTION)
    answer = editor.ask(uri, *AT_RETURN)
    await asked(engine)
    editor.close(uri)
    assert await answer is None
    assert await editor.ask(uri, *AT_RETURN) is None


TYPED = [
    # what is typed at the cursor, what is suggested then without asking the engine again
    ("a", [" + b"]),
    ("a + ", ["b"]),
    ("a + b", None),
    ("x", None),
]


@pytest.mark.parametrize(("typed", "expected"), TYPED)
async def test_what_is_typed_ahead_needs_no_engine(start, engine, typed, expected) -> None:
    engine.reply = says("a + b")
    editor = await start()
    uri = editor.open(FUNCTION)
    await editor.ask(uri, *AT_RETURN)
    line, column = AT_RETURN
    for i, character in enumerate(typed):
        editor.edit(uri, line, column + i, column + i, character)
    engine.reply = says("")
    trigger = AUTOMATIC if expected else INVOKED
    assert await editor.texts(uri, line, column + len(typed), trigger) == expected
    assert len(engine.requests) == (1 if expected else 2)


async def test_who_asks_after_one_was_shown_in_passing_gets_the_others(start, engine) -> None:
    engine.reply = greedy_and_others("a + b", "b + a")
    editor = await start(suggestions=2)
    uri = editor.open(FUNCTION)
    assert await editor.texts(uri, *AT_RETURN, AUTOMATIC) == ["a + b"]
    assert await editor.texts(uri, *AT_RETURN, INVOKED) == ["a + b", "b + a"]


async def test_who_asks_while_something_is_shown_gets_more(start, engine) -> None:
    engine.reply = says("a + b")
    editor = await start()
    uri = editor.open(FUNCTION)
    await editor.ask(uri, *AT_RETURN, AUTOMATIC)
    engine.reply = says("b + a")
    assert await editor.texts(uri, *AT_RETURN, INVOKED) == ["b + a"]
    assert len(engine.requests) == 2


async def test_typing_and_taking_back_brings_the_suggestion_back(start, engine) -> None:
    engine.reply = says("a + b")
    editor = await start()
    uri = editor.open(FUNCTION)
    await editor.ask(uri, *AT_RETURN)
    editor.edit(uri, 1, 11, 11, "q")
    editor.edit(uri, 1, 11, 12, "")
    assert await editor.texts(uri, *AT_RETURN, AUTOMATIC) == ["a + b"]
    assert len(engine.requests) == 1


async def test_a_suggestion_that_comes_late_serves_the_next_request(start, engine) -> None:
    engine.reply = waits_then(engine, says("a + b"))
    editor = await start(neovim())
    uri = editor.open(FUNCTION)
    first = editor.ask(uri, *AT_RETURN, AUTOMATIC)
    await asked(engine)
    editor.edit(uri, 1, 11, 11, "a")
    await editor.status()
    engine.release.set()
    assert await first is None
    assert await editor.texts(uri, 1, 12, AUTOMATIC) == [" + b"]
    assert len(engine.requests) == 1


NOT_SHOWN = [
    # text, cursor, what the engine says, the counter that tells why it is not shown
    (FUNCTION, AT_RETURN, "", "empty"),
    (FUNCTION, AT_RETURN, "  \n", "empty"),
    ("x = f(a, b)\n", (0, 6), "a, b)", "unhelpful"),
    ("\nimport os\n", (0, 0), "import os", "unhelpful"),
    (FUNCTION, AT_RETURN, "a +", "dropped_by_last_check"),
    (FUNCTION, AT_RETURN, "(a", "dropped_by_last_check"),
    (FUNCTION, AT_RETURN, "a\n    def", "dropped_by_last_check"),
]


@pytest.mark.parametrize(("text", "cursor", "said", "counter"), NOT_SHOWN)
async def test_what_does_not_help_is_not_shown(start, engine, text, cursor, said, counter) -> None:
    engine.reply = says(said)
    editor = await start()
    assert await editor.ask(editor.open(text), *cursor) is None
    assert await editor.counter(counter) == 1
    assert await editor.counter("offered") == 0


BRACKETS = [
    # text, cursor, what the engine says, whether brackets were missing there
    ("print((1)\n", (0, 9), ")", True),
    ("x = [1\n", (0, 6), "]", True),
    ("def f():\n    return {\n        1: [2\n\n", (2, 13), "]}", True),
    ("x = [1]\n", (0, 7), ";", False),
    ("x = f(1)\n", (0, 7), ",", False),
]


@pytest.mark.parametrize(("text", "cursor", "said", "missing"), BRACKETS)
async def test_brackets_alone_are_for_who_asks_where_they_are_missing(
    start, engine, text, cursor, said, missing
) -> None:
    engine.reply = says(said)
    editor = await start()
    uri = editor.open(text)
    assert await editor.ask(uri, *cursor, AUTOMATIC) is None
    assert await editor.texts(uri, *cursor) == ([said] if missing else None)


async def test_the_text_is_cut_where_the_engine_says_that_it_joins(start, engine) -> None:
    engine.reply = says("a + b + (", keep=5)
    editor = await start()
    assert await editor.texts(editor.open(FUNCTION), *AT_RETURN) == ["a + b"]


async def test_the_editors_menu_is_taken_as_typed(start: Start, engine) -> None:
    engine.reply = says("(a, b)")
    editor = await start()
    uri = editor.open("def add(a, b):\n    return ma\n")
    where = types.Range(types.Position(1, 11), types.Position(1, 13))
    selected = types.SelectedCompletionInfo(where, "max")
    answer = await editor.ask(uri, 1, 13, AUTOMATIC, selected)
    assert answer.items[0].insert_text == "max(a, b)"
    assert answer.items[0].range == where
    assert engine.requests[0]["maze"]["prefix"].endswith("return max")


async def test_inside_a_word_nothing_is_suggested_in_passing(start: Start, engine) -> None:
    engine.reply = says("x = 1; q")
    editor = await start()
    uri = editor.open("value = 1\n")
    assert await editor.ask(uri, 0, 2, AUTOMATIC) is None
    assert not engine.requests
    await editor.ask(uri, 0, 2, INVOKED)
    assert len(engine.requests) == 1


async def test_fast_typing_reaches_the_engine_once(start: Start, engine: FakeEngine) -> None:
    engine.reply = says(" + 1")
    editor = await start(neovim(), debounce_ms=2000)
    uri = editor.open("x = \n")
    answers = []
    for i, character in enumerate("first"):
        editor.edit(uri, 0, 4 + i, 4 + i, character)
        answers.append(editor.ask(uri, 0, 5 + i, AUTOMATIC))
        await asyncio.sleep(0.02)
    *earlier, last = await asyncio.gather(*answers)
    assert last is not None
    # The first keystrokes come before there is a rhythm to know.
    assert earlier[2:] == [None, None]
    assert engine.requests[-1]["maze"]["prefix"] == "x = first"
    assert len(engine.requests) <= 3
