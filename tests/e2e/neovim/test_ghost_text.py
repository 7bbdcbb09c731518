"""Type, see a suggestion, take it: in whole, in part, another one, or not at all."""

from __future__ import annotations

import pytest

from tests.e2e.neovim.conftest import Neovim
from tests.lsp.fake_engine import FakeEngine, says, says_each

TEXT = "def area(width, height):\n    \n"


@pytest.fixture(params=["auto", "own"])
def ghost_text(request: pytest.FixtureRequest, version: str) -> str:
    """Who draws. On 0.11 both are the plugin."""
    if request.param == "own" and version == "0.11":
        pytest.skip("there is no other way on 0.11, which is 'auto'")
    return str(request.param)


@pytest.fixture
def typing(nvim: Neovim, ghost_text: str) -> Neovim:
    """In insert mode, after `    ` in a Python file."""
    nvim.setup(ghost_text=ghost_text)
    nvim.open("a.py", TEXT)
    nvim.keys("jA")
    return nvim


def test_type_see_accept(typing: Neovim, engine: FakeEngine, version: str, ghost_text: str) -> None:
    engine.reply = says(" width * height")
    typing.keys("return")
    typing.wait_for_ghost(" width * height")
    [(namespace, row, column, _)] = typing.marks()
    native = version == "0.12" and ghost_text == "auto"
    assert namespace == ("nvim.lsp.inline_completion" if native else "maze")
    assert (row, column) == (1, 10)

    typing.keys("<Tab>")
    typing.until(lambda: typing.lines[1] == "    return width * height")
    assert typing.ghost() is None
    assert typing.cursor == (2, 25)
    assert typing.mode() == "i"
