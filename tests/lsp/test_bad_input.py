"""Documents nobody would wish for. Each gives an answer or null: no error, no hang, no change.

All cases run through one server, one after the other: none may harm the next.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from maze.document.text import read_text
from tests.lsp.conftest import AUTOMATIC, INVOKED, Editor, Start, asked, neovim
from tests.lsp.fake_engine import FakeEngine, never_answers, says

pytestmark = pytest.mark.asyncio

PY, GO = "file:///work/a.py", "file:///work/a.go"
BIG = ("def f(x):\n" + "    x = x + f(1, 2, 3)\n" * 38 + "\n") * 2_300

CASES: dict[str, tuple[str, str, tuple[int, int], str | None]] = {
    # uri, text, cursor, what is answered when the engine says `q`
    "unknown language": ("file:///work/a.cob", "ADD 1 TO", (0, 8), None),
    "no name and no telling text": ("untitled:Untitled-1", "hello world", (0, 5), None),
    "binary file": (PY, "\x00\x01\x02ELF\x00" * 100, (0, 3), None),
    "NUL in a comment": (PY, "# \0\nx = ", (1, 4), None),
    "lone surrogate": (PY, "s = '\ud800'\nx = ", (1, 4), "q"),
    "BOM": (PY, "\ufeffx = ", (0, 5), "q"),
    "BOM and a cursor before it": (PY, "\ufeff\ny = 1\n", (0, 0), "q"),
    "CRLF": (PY, "if x:\r\n    y = \r\n", (1, 8), "q"),
    "lone CR": (PY, "x = 1\ry = \r", (1, 4), "q"),
    "mixed line breaks": (PY, "x = 1\r\ny = 1\nz = \r", (2, 4), "q"),
    "tabs and spaces": (PY, "if x:\n\tif y:\n\t    z = \n", (2, 9), "q"),
    "tabs and spaces that clash": (PY, "if x:\n        y\n\tz = \n", (2, 5), "q"),
    "a line of 5,000 characters": (GO, f"package a\n\nvar x = {'1 + ' * 1250}", (2, 5008), "q"),
    "a cursor past the line": (PY, "x = \n", (0, 4000), "q"),
    "a cursor past the text": (PY, "x = ", (4000, 4000), "q"),
    "an empty document": (PY, "", (0, 0), "q"),
    "nothing but blanks": (PY, "  \n\t\n ", (1, 1), "q"),
    "a broken function above": (PY, "def f(:\n  a b c\n\ndef g():\n    return \n", (4, 11), "q"),
    "a string without an end above": (PY, 'x = """a\n\ndef g():\n    return \n', (3, 11), "q"),
    "a brace without a partner above": (
        GO,
        "package a\n\nfunc f() {\n\tif x {\n}\n\nfunc g() {\n\ty := \n}\n",
        (7, 6),
        "q",
    ),
    "only closing brackets": (GO, "}}}))]]\n", (0, 3), None),
    "merge conflict": (PY, "<<<<<<< HEAD\nx = 1\n=======\ny = \n>>>>>>> b\n", (3, 4), "q"),
    "Go as Python": (PY, "package a\n\nfunc f() {\n\tx := \n}\n", (3, 6), "q"),
}


LARGE: dict[str, tuple[str, str, tuple[int, int], str | None]] = {
    "2 MB": (PY, BIG + "x = ", (92_000, 4), "q"),
    "2 MB, in the middle": (PY, BIG, (40_001, 8), "q"),
    "2 MB in one line": (PY, "x = [" + "1, " * 700_000, (0, 2_100_005), None),
    "2 MB of brackets": (PY, "[" * 2_000_000, (0, 1_000_000), None),
}


@pytest.mark.parametrize(
    ("cases", "trigger"), [(CASES, AUTOMATIC), (CASES, INVOKED), (LARGE, AUTOMATIC)]
)
async def test_documents_nobody_would_wish_for(start: Start, engine, cases, trigger) -> None:
    # The narrowest scope is what a real engine takes when all wider ones are broken.
    engine.reply = says("q", scope=-1)
    editor: Editor = await start()
    failures = []
    for name, (uri, text, cursor, expected) in cases.items():
        editor.open(text, uri, "")
        texts = await editor.texts(uri, *cursor, trigger)
        if texts != (None if expected is None else [expected]):
            failures.append((name, texts))
        editor.close(uri)
    assert not failures
    status = await editor.status()
    assert status.counters.engine_errors == 0
    assert not any("wrong" in message.message for message in editor.client.messages)


async def test_bytes_that_are_no_text(start: Start, engine, tmp_path: Path) -> None:
    engine.reply = says("q")
    file = tmp_path / "latin.py"
    file.write_bytes(b"s = '\xe9\xff\xfe'\nx = ")
    editor: Editor = await start()
    uri = editor.open(read_text(file), file.as_uri())
    assert await editor.texts(uri, 1, 4) == ["q"]


async def test_who_asks_for_an_unknown_language_is_told(start: Start, engine) -> None:
    editor: Editor = await start()
    uri = editor.open("ADD 1 TO", "file:///work/a.cob", "cobol")
    await editor.ask(uri, 0, 8, AUTOMATIC)
    assert not editor.client.messages
    await editor.ask(uri, 0, 8, INVOKED)
    assert "*.cob" in editor.client.messages[0].message
    assert not engine.requests


async def test_edits_that_arrive_during_a_request(start: Start, engine: FakeEngine) -> None:
    engine.reply = never_answers(engine)
    editor: Editor = await start(neovim())
    uri = editor.open("x = \n")
    answers = []
    for i in range(20):
        answers.append(editor.ask(uri, 0, 4 + i, AUTOMATIC))
        await asked(engine, i + 1)
        editor.edit(uri, 0, 4 + i, 4 + i, "a")
    engine.reply = says(" + b")
    assert await editor.texts(uri, 0, 24, AUTOMATIC) == [" + b"]
    assert [await answer for answer in answers] == [None] * 20
    assert engine.requests[-1]["maze"]["prefix"] == "x = " + "a" * 20


ODD_EDITS = [
    # line, start, end, new: ranges past the end, backwards, over the whole text
    (0, 900, 950, "q"),
    (90, 0, 5, "q"),
    (0, 3, 1, "q"),
    (0, 0, 5, ""),
]


@pytest.mark.parametrize("edit", ODD_EDITS)
async def test_edits_out_of_range(start: Start, engine, edit) -> None:
    engine.reply = says("z")
    editor: Editor = await start()
    uri = editor.open("x = 1\n")
    editor.edit(uri, *edit)
    await editor.ask(uri, 0, 0)
    assert (await editor.status()).counters.engine_errors == 0


async def test_requests_and_edits_for_documents_that_are_not_open(start: Start, engine) -> None:
    editor: Editor = await start()
    editor.edit("file:///work/never.py", 0, 0, 0, "x")
    editor.close("file:///work/never.py")
    assert await editor.ask("file:///work/never.py", 0, 0) is None
