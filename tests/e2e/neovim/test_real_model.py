"""The whole: Neovim, the server over stdio, the embedded engine and its model."""

from __future__ import annotations

import ast

import pytest

from tests.e2e.conftest import needs_engine
from tests.e2e.neovim.conftest import SERVER, Neovim

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


def test_suggest_generate_undo(nvim: Neovim) -> None:
    nvim.settings = {}
    nvim.setup(cmd=SERVER)
    nvim.open("a.py", TEXT)
    nvim.keys("/sizes.name. =<CR>A ")
    shown = nvim.until(nvim.ghost, "a suggestion")
    nvim.keys("<Tab>")
    nvim.until(lambda: nvim.lines[8] == "        sizes[name] = " + shown.split("\n")[0])
    ast.parse(text(nvim))
    accepted = text(nvim)

    nvim.keys("<Esc>G")
    nvim.until(lambda: nvim.mode() == "n")
    assert nvim.lines[-1] == "    pass"
    nvim.api.command("Maze generate implement")
    nvim.wait("return require('maze').state().generating == nil")
    assert nvim.lines[-1] != "    pass", nvim.messages()
    ast.parse(text(nvim))
    nvim.keys("u")
    nvim.until(lambda: text(nvim) == accepted)
    assert nvim.lua("return vim.v.errmsg") == ""
