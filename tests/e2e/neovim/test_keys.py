"""Keys keep their meaning where there is nothing to accept."""

from __future__ import annotations

import pytest

from tests.e2e.neovim.conftest import Neovim
from tests.lsp.fake_engine import FakeEngine, says

TEXT = "width = 1\n\n"

MAPPINGS = {
    "the key itself": ("", "    "),
    "keys": ("vim.keymap.set('i', '<Tab>', 'keys')", "keys"),
    "keys that begin with the key": ("vim.keymap.set('i', '<Tab>', '<Tab>x')", "    x"),
    "keys, mapped on": (
        "vim.keymap.set('i', 'Q', 'mapped'); vim.keymap.set('i', '<Tab>', 'Q', {remap = true})",
        "mapped",
    ),
    "a function": (
        "vim.keymap.set('i', '<Tab>', function() vim.api.nvim_put({'put'}, 'c', false, true) end)",
        "put",
    ),
    "an expression": ("vim.keymap.set('i', '<Tab>', '\"a\" .. \"b\"', {expr = true})", "ab"),
    "a function for keys": (
        "vim.keymap.set('i', '<Tab>', function() return '<Space>y' end, {expr = true})",
        " y",
    ),
    "the buffer's": ("vim.keymap.set('i', '<Tab>', 'own', {buffer = true})", "own"),
}


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_falls_through(nvim: Neovim, engine: FakeEngine, mapping: str) -> None:
    code, typed = MAPPINGS[mapping]
    engine.reply = says("")
    nvim.api.command("autocmd FileType python setlocal expandtab shiftwidth=4 softtabstop=4")
    nvim.open("a.py", TEXT, attached=False)
    nvim.lua(code)
    nvim.setup()
    nvim.wait("return (vim.fn.maparg('<Tab>', 'i', false, true).desc or ''):find('Maze') ~= nil")
    nvim.keys("ji<Tab>z")
    nvim.until(lambda: nvim.lines[1] == typed + "z", f"{typed}z (is {nvim.lines[1]!r})")


def test_a_menu_comes_first(nvim: Neovim, engine: FakeEngine) -> None:
    engine.reply = says(" + 1")
    nvim.api.command("set completeopt=menu,noinsert")
    nvim.lua("vim.keymap.set('i', '<Tab>', '<C-n>')")
    nvim.setup()
    nvim.open("a.py", "width = 1\nwidest = 2\n\n")
    nvim.keys("2jiwid<C-n>")
    nvim.wait("return vim.fn.pumvisible() == 1")
    nvim.wait_for_ghost(" + 1")
    nvim.keys("<Tab><C-y>")
    nvim.until(lambda: nvim.lines[2] in ("width", "widest"))


def test_keys_that_are_off_are_not_mapped(nvim: Neovim) -> None:
    nvim.setup(keys={"accept": "<C-l>", "dismiss": False})
    nvim.open("a.py", TEXT)
    wanted = {"<C-L>", "<M-Right>", "<M-C-Right>", "<M-]>", "<M-[>"}
    code = """
        local keys = {}
        for _, mapping in ipairs(vim.api.nvim_buf_get_keymap(0, 'i')) do
          if (mapping.desc or ''):find('^Maze') then table.insert(keys, mapping.lhs) end
        end
        return keys"""
    assert {key.upper() for key in nvim.lua(code)} == {key.upper() for key in wanted}
    nvim.api.command("edit other.txt")
    assert nvim.lua(code) == []


def test_no_keys_at_all(nvim: Neovim) -> None:
    nvim.setup(keys=False)
    nvim.open("a.py", TEXT)
    assert nvim.api.api.buf_get_keymap(0, "i") == []


def test_keys_are_given_back(nvim: Neovim) -> None:
    nvim.lua(
        "vim.api.nvim_create_autocmd('FileType', { callback = function()"
        " vim.keymap.set('i', '<Tab>', 'own', {buffer = true}) end })"
    )
    nvim.setup()
    nvim.open("a.py", TEXT)
    nvim.lua("vim.lsp.enable('maze', false)")
    nvim.wait("return #vim.lsp.get_clients() == 0")
    nvim.wait("return vim.fn.maparg('<Tab>', 'i') == 'own'")
    assert [m["lhs"] for m in nvim.api.api.buf_get_keymap(0, "i")] == ["<Tab>"]
