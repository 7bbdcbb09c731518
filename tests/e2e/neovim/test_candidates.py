"""The next candidate, and the one before: Neovim itself only ever asks for one."""

from __future__ import annotations

import pytest

from tests.e2e.neovim.conftest import Neovim
from tests.lsp.fake_engine import Exchange, FakeEngine, Reply, says

TEXT = "def area(width, height):\n    \n"


@pytest.fixture(params=["0.11", "0.12", "0.12 own"])
def way(request: pytest.FixtureRequest) -> str:
    """Which Neovim, and who draws."""
    return str(request.param)


@pytest.fixture
def version(way: str) -> str:
    return way.split()[0]


def one_or(*texts: str) -> Reply:
    """The first of the texts to who wants one, the others to who wants several."""

    def reply(exchange: Exchange) -> None:
        for index, text in enumerate(texts[1:] if exchange.request["n"] > 1 else texts[:1]):
            exchange.finish(text, len(text), "file", index)
        exchange.done()

    return reply


@pytest.fixture
def typing(nvim: Neovim, way: str, engine: FakeEngine) -> Neovim:
    """In insert mode, after `return` in a Python file."""
    engine.reply = one_or(" width * height", " height * width", " 0")
    nvim.setup(ghost_text="own" if "own" in way else "auto")
    nvim.open("a.py", TEXT)
    nvim.keys("jAreturn")
    return nvim


def test_round_and_back(typing: Neovim, engine: FakeEngine) -> None:
    typing.wait_for_ghost(" width * height")
    typing.keys("<M-]>")
    typing.wait_for_ghost(" height * width (2/3)")
    asked = len(engine.requests)
    for key, shown in [
        ("<M-]>", " 0 (3/3)"),
        ("<M-]>", " width * height (1/3)"),
        ("<M-[>", " 0 (3/3)"),
        ("<M-[>", " height * width (2/3)"),
    ]:
        typing.keys(key)
        typing.wait_for_ghost(shown)
    assert len(engine.requests) == asked
    typing.keys("<Tab>")
    typing.until(lambda: typing.lines[1] == "    return height * width")


def test_typing_leaves_those_that_fit(typing: Neovim, way: str) -> None:
    typing.wait_for_ghost(" width * height")
    typing.keys("<M-]>")
    typing.wait_for_ghost(" height * width (2/3)")
    typing.keys(" ")
    # Neovim itself counts only right after a change of candidates.
    typing.wait_for_ghost("height * width" + ("" if way == "0.12" else " (2/3)"))
    typing.keys("<M-]><M-]>")
    typing.wait_for_ghost("width * height (1/3)")
    typing.keys("w")
    typing.wait_for_ghost("idth * height")


def test_asked_for_where_nothing_is_shown(typing: Neovim, engine: FakeEngine) -> None:
    typing.wait_for_ghost(" width * height")
    typing.keys("<C-]>")
    typing.until(lambda: typing.ghost() is None)
    typing.keys("<M-]>")
    typing.until(lambda: typing.ghost() is not None)


def test_nothing_there(typing: Neovim, engine: FakeEngine) -> None:
    typing.wait_for_ghost(" width * height")
    engine.reply = says("")
    typing.keys(" + 1 + <M-]>")
    typing.until(lambda: typing.lines[1] == "    return + 1 + ")
    typing.lua("vim.wait(300)")
    assert typing.ghost() is None
