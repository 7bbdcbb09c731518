"""From the editor to the real model and back: the embedded engine, started by the server."""

from __future__ import annotations

import ast
import asyncio

import pytest
from lsprotocol import types

from maze.engine.launcher import missing_extra
from tests.lsp.conftest import INVOKED, Editor, Start, neovim

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.local,
    pytest.mark.skipif(missing_extra() is not None, reason="the extra `local` is not installed"),
]

LOADING_SECONDS = 180

CURSORS = [
    # text, line, character: at the end of a line, in a name, in a call, in an empty body
    ("def add(a, b):\n    return \n", 1, 11),
    ("import os\n\nprint(os.pa)\n", 2, 11),
    ("def add(a, b):\n    return a + b\n\n\nprint(add(1, \n\nx = 1\n", 4, 13),
    ("def is_even(number):\n    \n\n\ndef is_odd(number):\n    return not is_even(number)\n", 1, 4),
]


async def test_suggestions_of_the_real_model_parse_in_place(start: Start, tmp_path) -> None:
    editor: Editor = await start(
        neovim(), process=True, engine_url=None, timeout_s=LOADING_SECONDS, idle_minutes=0.5
    )
    offered = 0
    for number, (text, line, character) in enumerate(CURSORS):
        uri = editor.open(text, f"file:///work/{number}.py")
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(INVOKED),
            types.TextDocumentIdentifier(uri),
            types.Position(line, character),
        )
        answer = await asyncio.wait_for(
            editor.client.text_document_inline_completion_async(params), LOADING_SECONDS
        )
        for item in answer.items if answer else ():
            offered += 1
            lines = text.split("\n")
            lines[line] = lines[line][:character] + item.insert_text + lines[line][character:]
            ast.parse("\n".join(lines))
    assert offered >= 2
    status = await editor.status()
    assert status.engine.kind == "embedded"
    assert status.engine.model
    assert status.counters.engine_errors == 0
    assert status.counters.dropped_by_last_check == 0
    (reports,) = editor.client.progress_reports.values()
    assert isinstance(reports[0], types.WorkDoneProgressBegin)
    assert isinstance(reports[-1], types.WorkDoneProgressEnd)
