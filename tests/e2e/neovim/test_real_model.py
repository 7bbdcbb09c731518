"""The whole: Neovim, the server over stdio, the embedded engine and its model."""

from __future__ import annotations

import ast
import json
import os
import signal
from pathlib import Path

import pytest

from tests.e2e.conftest import needs_engine
from tests.e2e.neovim.conftest import SERVER, Neovim, Start

pytestmark = [pytest.mark.local, needs_engine]

TEXT = '''\
import os


def file_sizes(folder):
    """The size in bytes of each file in a folder, by name."""
    sizes = {}
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        sizes[name] =
    return sizes


def total(folder):
    """The size in bytes of all files in a folder."""
    pass
'''


def text(nvim: Neovim) -> str:
    return "\n".join(nvim.lines) + "\n"


LOADING_SECONDS = 180


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the engine is noted, so that both Neovims use one."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def nvim(launch: Start, state: Path) -> Neovim:
    """On the file, with a server of its own and the engine that all of them share."""
    # The grammar's tables take a while to build; they may come from where other tests left them.
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    nvim: Neovim = launch(XDG_CACHE_HOME=cache, XDG_STATE_HOME=str(state))
    nvim.settings = {"timeout_s": LOADING_SECONDS, "idle_minutes": 0.5}
    nvim.setup(cmd=SERVER)
    nvim.open("a.py", TEXT)
    return nvim


def test_suggest_generate_undo(nvim: Neovim) -> None:
    nvim.keys("/sizes.name. =<CR>A ")
    shown = nvim.until(nvim.ghost, "a suggestion", LOADING_SECONDS)
    nvim.keys("<Tab>")
    nvim.until(lambda: nvim.lines[8] == "        sizes[name] = " + shown.split("\n")[0])
    ast.parse(text(nvim))
    accepted = text(nvim)

    nvim.keys("<Esc>G")
    nvim.until(lambda: nvim.mode() == "n")
    assert nvim.lines[-1] == "    pass"
    nvim.api.command("Maze generate implement")
    nvim.until(lambda: nvim.lines[-1] != "    pass", "generated text", LOADING_SECONDS)
    nvim.until(
        lambda: nvim.lua("return require('maze').state().generating == nil"),
        "the end of the generation",
        LOADING_SECONDS,
    )
    assert nvim.messages() == []
    ast.parse(text(nvim))
    nvim.keys("u")
    nvim.until(lambda: text(nvim) == accepted)
    assert nvim.lua("return vim.v.errmsg") == ""


ROMAN = '''\
def roman(number):
    """The Roman numeral of a number from 1 to 3999, such as MCMXCIV."""
    pass
'''
"""To this the model has much to say: some hundred tokens, in many lines."""


def engine_process(state: Path) -> int:
    """The process of the engine that runs."""
    [file] = state.glob("**/engine-*.json")
    return int(json.loads(file.read_text())["pid"])


def test_the_engine_is_killed(nvim: Neovim, state: Path) -> None:
    """While it generates, and while it answers for ghost text: each time it is started anew.

    Half a function is told; a suggestion just comes a little later.
    """
    generating = "return require('maze').state().generating ~= nil"
    nvim.open("roman.py", ROMAN)
    nvim.keys("G")
    nvim.api.command("Maze generate implement")
    nvim.until(lambda: "    pass" not in nvim.lines, "generated text", LOADING_SECONDS)
    first = engine_process(state)
    os.kill(first, signal.SIGKILL)
    nvim.until(lambda: not nvim.lua(generating))
    [said] = nvim.messages()  # and said once
    assert "broke off its answer" in said and "ask again" in said
    ast.parse(text(nvim))
    if text(nvim) != ROMAN:
        nvim.keys("u")
        nvim.until(lambda: text(nvim) == ROMAN)

    nvim.api.command("edit a.py")
    nvim.keys("/sizes.name. =<CR>A ")
    nvim.until(nvim.ghost, "a suggestion", LOADING_SECONDS)
    second = engine_process(state)
    assert second != first
    nvim.keys("<C-]>")
    nvim.until(lambda: nvim.ghost() is None)
    os.kill(second, signal.SIGSTOP)  # so that it is killed before it has answered
    nvim.keys("<M-]>")
    nvim.wait("return require('maze').state().kind == 'busy'")
    os.kill(second, signal.SIGKILL)
    nvim.until(nvim.ghost, "a suggestion of the next engine", LOADING_SECONDS)
    assert engine_process(state) != second
    assert nvim.lines[8] == "        sizes[name] = "
    assert nvim.messages() == [said]  # what heals itself is not told
    assert nvim.lua("return vim.v.errmsg") == ""
