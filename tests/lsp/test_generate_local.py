"""The real model writes into a document: what comes of it parses, whatever it says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lsprotocol import types

from benchmarks.oracles import OracleError, oracle_for
from maze.document import Document
from maze.engine.launcher import missing_extra
from tests.lsp.buffer import Buffer, with_maze
from tests.lsp.conftest import Editor, Start, neovim, vscode

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.local,
    pytest.mark.skipif(missing_extra() is not None, reason="the extra `local` is not installed"),
]

LOADING_SECONDS = 180
LANGUAGE_IDS = {
    "a.py": "python", "a.go": "go", "a.ts": "typescript", "a.rs": "rust", "a.zig": "zig",
}  # fmt: skip
OPTIONS: dict[str, Any] = {
    "engine_url": None,
    "timeout_s": LOADING_SECONDS,
    "idle_minutes": 0.5,
    "generate_max_tokens": 80,
}

PYTHON = '''import os


def total_size(folder):
    """The size of all files in a folder."""
    pass


# Returns the larger of two numbers.


def broken(a:
    return a


def add(a, b):
    return a + b
'''
GO = "package a\n\n// Max returns the larger.\nfunc Max(a, b int) int {\n\tpanic(1)\n}\n"
TYPESCRIPT = "export function max(a: number, b: number): number {\n  throw new Error('todo');\n}\n"
RUST = "/// The larger.\nfn max(a: i32, b: i32) -> i32 {\n    todo!()\n}\n"
ZIG = "/// The larger.\nfn max(a: i32, b: i32) i32 {\n    unreachable;\n}\n"

CASES = [
    # kind, name, text, a part of the line
    ("implement", "a.py", PYTHON.replace("(a:", "(a):"), "def total_size"),
    ("write", "a.py", PYTHON.replace("(a:", "(a):"), "# Returns"),
    ("repair", "a.py", PYTHON, "def broken"),
    ("regenerate", "a.py", PYTHON.replace("(a:", "(a):"), "def add"),
    ("test", "a.py", PYTHON.replace("(a:", "(a):"), "def add"),
    ("document", "a.py", PYTHON.replace("(a:", "(a):"), "def add"),
    ("implement", "a.go", GO, "func Max"),
    ("write", "a.go", GO + "\n// Min returns the smaller.\n", "// Min"),
    ("implement", "a.ts", TYPESCRIPT, "export function"),
    ("document", "a.ts", TYPESCRIPT, "export function"),
    ("implement", "a.rs", RUST, "fn max"),
    ("implement", "a.zig", ZIG, "fn max"),
]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n")


def sound(name: str, text: str) -> bool:
    """By the language's real parser."""
    language = Document(text, name).language
    assert language is not None
    try:
        with oracle_for(language.name) as oracle:
            return oracle.accepts([text.encode()]) == [True]
    except OracleError as error:
        pytest.skip(str(error))


async def test_every_kind_leaves_a_document_that_parses(start: Start) -> None:
    editor: Editor = await start(with_maze(vscode()), process=True, **OPTIONS)
    applied = 0
    for number, (kind, name, text, part) in enumerate(CASES):
        uri = f"file:///work/{number}/{name}"
        buffer = Buffer(editor, text, uri, LANGUAGE_IDS[name])
        answer = await (await buffer.generate(kind, line_of(text, part)))
        assert answer["parses"], (kind, buffer.text)
        if answer["applied"]:
            applied += 1
            assert buffer.text != text or kind == "regenerate"  # the same body may come again
            assert sound(name, buffer.text), (kind, buffer.text)
            buffer.take_back()
        assert buffer.text == text
    assert applied >= 8
    # What was streamed was cut where the engine had said, not where the last check had to.
    assert await editor.counter("generated") == applied


async def test_cancelled_half_way_it_still_parses(start: Start) -> None:
    editor: Editor = await start(with_maze(neovim()), process=True, **OPTIONS)
    text = PYTHON.replace("(a:", "(a):")
    buffer = Buffer(editor, text, style="neovim")
    answer = await buffer.generate("test", line_of(text, "def add"))
    while "def test_add" not in buffer.text and not answer.done():
        await asyncio.sleep(0.01)
    for token in editor.client.progress_reports:
        params = types.WorkDoneProgressCancelParams(token)
        editor.client.window_work_done_progress_cancel(params)
    answered = await answer
    assert answered["parses"]
    assert sound("a.py", buffer.text), buffer.text
    if buffer.text != text:
        buffer.take_back()
    assert buffer.text == text
