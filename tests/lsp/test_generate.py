"""`maze.generate`: a text is written into a document while it is generated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.lsp.buffer import Buffer, with_maze
from tests.lsp.conftest import SECONDS, Start, neovim, vscode
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
