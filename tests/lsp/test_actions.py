"""`textDocument/codeAction`: what is offered, to whom, and how it is resolved."""

from __future__ import annotations

import pytest
from lsprotocol import types

from maze.lsp.actions import plain as plain_data
from tests.lsp.buffer import Buffer, with_maze
from tests.lsp.conftest import Start, neovim, vscode

pytestmark = pytest.mark.asyncio

STUB = 'def add(a, b):\n    """Add."""\n    pass\n'
BROKEN = "def add(a, b):\n    return (a +\n"
EDITORS = {"vscode": vscode, "neovim": neovim}


@pytest.mark.parametrize("name", EDITORS)
async def test_actions_are_offered_lazily(start: Start, name) -> None:
    editor = await start(with_maze(EDITORS[name]()))
    assert editor.result.capabilities.code_action_provider == types.CodeActionOptions(
        code_action_kinds=("refactor.rewrite", "quickfix"), resolve_provider=True
    )
    buffer = Buffer(editor, STUB)
    (action,) = await buffer.actions(0)
    assert (action.title, action.kind) == ("Implement add", "refactor.rewrite")
    assert action.command is None and action.edit is None
    resolved = await editor.client.code_action_resolve_async(action)
    assert resolved.command.command == "maze.generate"
    place = {"line": 0, "character": 0}
    assert plain_data(resolved.command.arguments) == [
        {
            "uri": buffer.uri,
            "version": 1,
            "kind": "implement",
            "range": {"start": place, "end": place},
        }
    ]


@pytest.mark.parametrize(("name", "tags"), [("vscode", (1,)), ("neovim", None)])
async def test_the_tag_is_for_clients_that_know_it(start: Start, name, tags) -> None:
    buffer = Buffer(await start(EDITORS[name]()), STUB)
    (action,) = await buffer.actions(0)
    assert action.tags == tags


async def test_a_repair_is_a_quick_fix(start: Start) -> None:
    buffer = Buffer(await start(), BROKEN)
    first, *_ = await buffer.actions(1)
    assert first.kind == "quickfix"


KINDS = [
    # what the client asks for, kinds of the actions that it gets at a stub
    (None, ["refactor.rewrite"]),
    (["refactor"], ["refactor.rewrite"]),
    (["refactor.rewrite"], ["refactor.rewrite"]),
    ([""], ["refactor.rewrite"]),
    (["quickfix"], []),
    (["source.organizeImports"], []),
    (["refactor.re"], []),
]


@pytest.mark.parametrize(("only", "kinds"), KINDS)
async def test_only_the_kinds_that_are_asked_for(start: Start, only, kinds) -> None:
    buffer = Buffer(await start(), STUB)
    assert [action.kind for action in await buffer.actions(0, only=only)] == kinds


async def test_actions_follow_the_edits(start: Start) -> None:
    buffer = Buffer(await start(), "x = 1\n")
    assert await buffer.actions(0) == []
    buffer.type(0, STUB)
    assert [action.title for action in await buffer.actions(1)] == ["Implement add"]


async def test_no_actions_without_a_language_or_a_document(start: Start) -> None:
    editor = await start()
    buffer = Buffer(editor, "whatever\n", "file:///work/a.xyz", "xyz")
    assert await buffer.actions(0) == []
    buffer.uri = "file:///work/not-open.py"
    assert await buffer.actions(0) == []


async def test_an_action_of_somebody_else_is_resolved_as_it_is(start: Start) -> None:
    editor = await start()
    for data in (None, 7, {"kind": "other"}):
        action = types.CodeAction("Other", data=data)
        resolved = await editor.client.code_action_resolve_async(action)
        assert resolved.command is None
