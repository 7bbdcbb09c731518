"""`maze/status`, feedback, pausing and the log."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lsprotocol import types

from maze.lsp.actions import plain as plain_data
from tests.lsp.buffer import with_maze
from tests.lsp.conftest import AUTOMATIC, SECONDS, Editor, Start, asked, neovim, told, vscode
from tests.lsp.fake_engine import fails, never_answers, says

pytestmark = pytest.mark.asyncio

TEXT = "def add(a, b):\n    return \n"
CURSOR = (1, 11)


async def run(editor: Editor, command: str, *arguments: Any) -> Any:
    params = types.ExecuteCommandParams(command, list(arguments))
    answer = editor.client.workspace_execute_command_async(params)
    return plain_data(await asyncio.wait_for(answer, SECONDS))


@pytest.mark.parametrize("capabilities", [vscode, neovim])
async def test_status_from_ready_to_busy_and_back(start: Start, engine, capabilities) -> None:
    editor = await start(with_maze(capabilities()))
    ready = await told(editor, "ready")
    assert ready == {
        "kind": "ready",
        "message": "",
        "level": None,
        "engine": {"kind": "configured", "url": engine.url, "model": "", "installed": True},
    }
    engine.reply = says("a + b")
    await editor.ask(editor.open(TEXT), *CURSOR)
    last = await told(editor, "ready")
    assert last["level"] == "file"
    assert last["engine"]["model"] == "fake"
    kinds = [status["kind"] for status in editor.statuses]
    assert kinds[0] == "ready" and "busy" in kinds and kinds[-1] == "ready"
    assert all(a != b for a, b in zip(editor.statuses, editor.statuses[1:], strict=False))


async def test_who_does_not_know_it_is_not_told(start: Start, engine) -> None:
    engine.reply = says("a + b")
    editor = await start()
    await editor.ask(editor.open(TEXT), *CURSOR)
    assert editor.statuses == []


async def test_an_error_says_what_to_do_and_passes(start: Start, engine) -> None:
    engine.reply = fails(401)
    editor = await start(with_maze(vscode()))
    uri = editor.open(TEXT)
    await editor.ask(uri, *CURSOR, AUTOMATIC)
    assert "check the key" in (await told(editor, "error"))["message"]
    engine.reply = says("a + b")
    await editor.ask(uri, *CURSOR, AUTOMATIC)
    await told(editor, "ready")


async def test_busy_ends_when_the_request_is_cancelled(start: Start, engine) -> None:
    engine.reply = never_answers(engine)
    editor = await start(with_maze(vscode()))
    answer = editor.ask(editor.open(TEXT), *CURSOR, id="mine")
    await asked(engine)
    await told(editor, "busy")
    editor.cancel("mine")
    with pytest.raises(Exception, match="cancel"):
        await answer
    await told(editor, "ready")


async def test_unconstrained_is_said(start: Start, engine) -> None:
    def reply(exchange: Any) -> None:
        exchange.finish("a + b", 5, "unconstrained")
        exchange.done()

    engine.reply = reply
    editor = await start(with_maze(vscode()))
    await editor.ask(editor.open(TEXT), *CURSOR)
    assert (await told(editor, "ready"))["level"] == "unconstrained"


async def test_pausing_stops_automatic_suggestions_alone(start: Start, engine) -> None:
    engine.reply = says("a + b")
    editor = await start(with_maze(vscode()))
    uri = editor.open(TEXT)
    assert await run(editor, "maze.pause") is None
    assert (await told(editor, "paused"))["message"]
    assert await editor.ask(uri, *CURSOR, AUTOMATIC) is None
    assert not engine.requests
    assert await editor.texts(uri, *CURSOR) == ["a + b"]
    await run(editor, "maze.resume")
    await told(editor, "ready")
    editor.edit(uri, 1, 11, 11, "")
    assert await editor.texts(uri, *CURSOR, AUTOMATIC) == ["a + b"]


async def test_feedback_is_counted(start: Start, engine) -> None:
    engine.reply = says("a + b")
    editor = await start(with_maze(neovim()))
    uri = editor.open(TEXT)
    ids = []
    for _ in range(3):
        (item,) = (await editor.ask(uri, *CURSOR)).items
        assert item.command.command == "maze.accepted"
        ids += plain_data(item.command.arguments)
    assert len(set(ids)) == 3

    def tell(**params: Any) -> None:
        editor.client.protocol.notify("maze/feedback", params)

    tell(id=ids[0], kind="shown")
    tell(id=ids[0], kind="partly", chars=2)
    tell(id=ids[0], kind="partly", chars=4)
    await run(editor, "maze.accepted", ids[0])
    await run(editor, "maze.accepted", ids[0])
    tell(id=ids[1], kind="dismissed")
    tell(id=ids[1], kind="dismissed")
    await run(editor, "maze.accepted", ids[2])
    for nonsense in (
        {},
        {"id": 7},
        {"id": ids[2], "kind": "partly"},
        {"id": "no", "kind": "shown"},
    ):
        tell(**nonsense)
    counters = (await editor.status()).counters
    assert (counters.shown, counters.partly, counters.dismissed) == (1, 1, 1)
    assert (counters.accepted, counters.accepted_chars) == (2, 10)
    assert all("shown" not in str(request) for request in engine.requests), "it is never sent"


async def test_the_log_is_shown_without_code(start: Start, engine, tmp_path) -> None:
    engine.reply = fails(500, "out of memory")
    log = tmp_path / "log.txt"
    editor = await start(arguments=["--log-file", str(log), "--log-level", "info"])
    uri = editor.open("q9_secret = \n")
    await editor.ask(uri, 0, 12, AUTOMATIC)
    answer = await run(editor, "maze.log")
    assert answer["path"] == str(log)
    assert any("out of memory" in line for line in answer["lines"])
    assert "q9_secret" not in "\n".join(answer["lines"])


async def test_the_log_without_a_file(start: Start) -> None:
    editor = await start(process=True)
    assert await run(editor, "maze.log") == {"path": None, "lines": []}
