"""Settings as they reach the server from an editor."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.lsp.conftest import INVOKED, Editor, Start
from tests.lsp.fake_engine import FakeEngine, says

pytestmark = pytest.mark.asyncio

TEXT = "def add(a, b):\n    return \n"
CURSOR = (1, 11)


async def test_options_that_make_no_sense_are_said_once_and_the_rest_counts(start, engine) -> None:
    engine.reply = says("a + b")
    editor: Editor = await start(max_tokens="many", languages=["python", "cobol"], suggestions=2)
    assert await editor.texts(editor.open(TEXT), *CURSOR) == ["a + b"]
    said = [message.message for message in editor.client.messages]
    assert "max_tokens must be a whole number" in said[0]
    assert "cobol" in said[0]
    assert engine.requests[0]["max_tokens"] == 48
    assert len(engine.requests) == 2, "two suggestions: the likeliest, and another"


async def test_a_language_can_be_switched_off(start: Start, engine: FakeEngine) -> None:
    editor: Editor = await start(languages=["go"])
    assert await editor.ask(editor.open(TEXT), *CURSOR, INVOKED) is None
    assert "Python is not among the languages" in editor.client.messages[0].message
    assert not engine.requests


@pytest.mark.parametrize(("multiline", "mode"), [(True, "block"), (False, "line")])
async def test_suggestions_of_one_line(start: Start, engine, multiline, mode) -> None:
    editor: Editor = await start(multiline=multiline)
    await editor.ask(editor.open("def add(a, b):\n    \n"), 1, 4)
    assert engine.requests[0]["maze"]["mode"] == mode


async def test_a_workspace_changes_what_it_may(start: Start, engine: FakeEngine) -> None:
    editor: Editor = await start()
    changed = {"maze": {"maxTokens": 7, "engineUrl": "http://elsewhere.example"}}
    params = types.DidChangeConfigurationParams(changed)
    editor.client.workspace_did_change_configuration(params)
    await editor.ask(editor.open(TEXT), *CURSOR)
    assert engine.requests[0]["max_tokens"] == 7
    assert "engineUrl" in editor.client.log_messages[0].message


@pytest.mark.parametrize("sent", [None, [], 7, {}, {"maze": None}, {"maze": []}])
async def test_configuration_that_says_nothing(start: Start, engine: FakeEngine, sent) -> None:
    editor: Editor = await start()
    params = types.DidChangeConfigurationParams(sent)
    editor.client.workspace_did_change_configuration(params)
    await editor.ask(editor.open(TEXT), *CURSOR)
    assert engine.requests[0]["max_tokens"] == 48


async def test_a_config_file_is_read(start: Start, engine: FakeEngine, tmp_path) -> None:
    (tmp_path / "config.toml").write_text("max_tokens = 9")
    editor: Editor = await start()
    await editor.ask(editor.open(TEXT), *CURSOR)
    assert engine.requests[0]["max_tokens"] == 9


async def test_the_status_says_what_runs(start: Start, engine: FakeEngine) -> None:
    editor: Editor = await start()
    before = await editor.status()
    assert before.engine.kind == "configured"
    assert before.engine.model == ""
    await editor.ask(editor.open(TEXT), *CURSOR)
    after = await editor.status()
    assert (after.engine.url, after.engine.model) == (engine.url, "fake")
    assert (after.documents, after.counters.requests, after.counters.offered) == (1, 1, 1)
