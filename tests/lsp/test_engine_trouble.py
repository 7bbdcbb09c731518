"""An engine that is missing, slow, dead mid-stream or answering nonsense.

Each time: no answer to show, no error for the editor, one sentence for whoever asked, the
document as it was, and a server that goes on.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.conftest import AUTOMATIC, INVOKED, Editor, Start, asked, neovim
from tests.lsp.fake_engine import (
    FakeEngine,
    Reply,
    answers_raw,
    dies,
    fails,
    never_answers,
    says,
)

pytestmark = pytest.mark.asyncio

TEXT = "def add(a, b):\n    return \n"
CURSOR = (1, 11)


def event(**fields: Any) -> bytes:
    """One streamed event with one choice."""
    choice = {"index": 0, "text": "a", "finish_reason": "stop", **fields}
    return f"data: {json.dumps({'choices': [choice]})}\n\ndata: [DONE]\n\n".encode()


STREAM = "text/event-stream"
OUTCOME = {"level": "file", "keep": 1}

TROUBLE: dict[str, tuple[Reply, str]] = {
    # what the engine does, a part of the sentence that the person gets
    "refuses the key": (fails(401), "refused the key"),
    "is loading": (fails(503, "loading the model"), "loading the model"),
    "does not know the address": (fails(404), "check the address"),
    "says what is wrong": (fails(400, "the prompt is too long"), "the prompt is too long"),
    "fails": (fails(500, "out of memory"), "out of memory"),
    "dies mid-stream": (dies, "in the middle of an answer"),
    "is a web page": (answers_raw(b"<html>", "text/html"), "engine at"),
    "answers with half of JSON": (answers_raw(b'{"choices": [', STREAM), "engine at"),
    "answers with a number": (answers_raw(b"7"), "engine at"),
    "answers with bytes": (answers_raw(b"\xff\xfe\x00", STREAM), "engine at"),
    "ends at once": (answers_raw(b"", STREAM), "engine at"),
    "redirects": (answers_raw(b"", status=302), "redirects"),
    "keeps more than there is": (
        answers_raw(event(maze={**OUTCOME, "keep": 99}), STREAM),
        "keeps 99",
    ),
    "keeps less than nothing": (
        answers_raw(event(maze={**OUTCOME, "keep": -1}), STREAM),
        "keeps -1",
    ),
    "says nothing of what joins": (answers_raw(event(), STREAM), "what joins"),
    "names a scope there is not": (
        answers_raw(event(maze={**OUTCOME, "level": "galaxy"}), STREAM),
        "level",
    ),
    "sends a choice unasked": (answers_raw(event(index=5, maze=OUTCOME), STREAM), "unasked"),
    "sends text that is none": (answers_raw(event(text=7, maze=OUTCOME), STREAM), "text"),
}


@pytest.mark.parametrize("name", TROUBLE)
async def test_who_asks_is_told_and_the_server_goes_on(start: Start, engine, name) -> None:
    engine.reply, sentence = TROUBLE[name]
    editor: Editor = await start()
    uri = editor.open(TEXT)
    assert await editor.ask(uri, *CURSOR, INVOKED) is None
    (message,) = editor.client.messages
    assert sentence in message.message
    assert "Traceback" not in message.message
    engine.reply = says("a + b")
    assert await editor.texts(uri, *CURSOR) == ["a + b"]
    assert engine.requests[-1]["maze"]["prefix"] + "\n" == TEXT


async def test_in_passing_the_same_trouble_is_logged_once(start: Start, engine) -> None:
    engine.reply = fails(500, "out of memory")
    editor: Editor = await start(neovim())
    uri = editor.open(TEXT)
    for _ in range(3):
        assert await editor.ask(uri, *CURSOR, AUTOMATIC) is None
    assert not editor.client.messages
    assert ["out of memory" in log.message for log in editor.client.log_messages] == [True]
    engine.reply = says("")
    await editor.ask(uri, *CURSOR, AUTOMATIC)
    engine.reply = fails(500, "out of memory")
    await editor.ask(uri, *CURSOR, AUTOMATIC)
    assert len(editor.client.log_messages) == 2, "after a good answer it is news again"


async def test_a_slow_engine_is_given_up(start: Start, engine: FakeEngine) -> None:
    engine.reply = lambda exchange: engine.release.wait(10)
    editor: Editor = await start(timeout_s=0.3)
    assert await editor.ask(editor.open(TEXT), *CURSOR) is None
    assert "too long" in editor.client.messages[0].message


async def test_an_address_where_nobody_listens(start: Start, engine: FakeEngine) -> None:
    editor: Editor = await start(engine_url="http://127.0.0.1:9")
    assert await editor.ask(editor.open(TEXT), *CURSOR) is None
    assert "no engine answers at http://127.0.0.1:9" in editor.client.messages[0].message


async def test_an_embedded_engine_that_can_not_start(start: Start, tmp_path) -> None:
    editor: Editor = await start(engine_url=None, model=str(tmp_path / "no-such-model.gguf"))
    uri = editor.open(TEXT)
    assert await editor.ask(uri, *CURSOR) is None
    (message,) = editor.client.messages
    assert "embedded engine" in message.message
    assert await editor.ask(uri, *CURSOR) is None
    reports = [kind for report in editor.client.progress_reports.values() for kind in report]
    if reports:  # it is installed, so that it was tried at all
        assert isinstance(reports[0], types.WorkDoneProgressBegin)
        assert isinstance(reports[-1], types.WorkDoneProgressEnd)
        assert reports[-1].message in message.message


async def test_leaving_while_the_engine_answers(start: Start, engine: FakeEngine) -> None:
    engine.reply = never_answers(engine)
    editor: Editor = await start(process=True)
    answer = editor.ask(editor.open(TEXT), *CURSOR)
    await asked(engine)
    await editor.client.shutdown_session()
    editor.client.capabilities = None  # shut down already
    assert answer.cancel() or answer.done()


async def test_the_key_and_the_text_stay_out_of_the_log(start: Start, engine, tmp_path) -> None:
    secret = "q9_secret_identifier"
    log = tmp_path / "log.txt"
    engine.reply = dies
    editor: Editor = await start(arguments=["--log-level", "debug", "--log-file", str(log)])
    uri = editor.open(f"{secret} = 1\n")
    await editor.ask(uri, 0, 23)
    editor.edit(uri, 7, 0, 0, secret)
    await editor.status()
    written = log.read_text()
    assert secret not in written
    assert "a-key-for-tests" not in written
