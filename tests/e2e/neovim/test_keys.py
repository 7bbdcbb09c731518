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


LSP_MENU = """
    local function request(method, params, reply)
      if method == 'initialize' then
        local triggers = { 'i', 'd' }
        reply(nil, { capabilities = { completionProvider = { triggerCharacters = triggers } } })
      elseif method == 'textDocument/completion' then
        reply(nil, { isIncomplete = false, items = { { label = 'width' }, { label = 'widest' } } })
      else
        reply(nil, vim.NIL)
      end
      return true, 1
    end
    vim.lsp.start({ name = 'other', cmd = function()
      local idle = function() end
      return { request = request, notify = idle, terminate = idle, is_closing = function() return false end }
    end })
    local id = vim.lsp.get_clients({ name = 'other' })[1].id
    vim.lsp.completion.enable(true, id, 0, { autotrigger = true })"""
"""Another server in the buffer, whose completions Neovim shows by itself."""


@pytest.fixture
def beside_menu(nvim: Neovim, engine: FakeEngine) -> Neovim:
    """Not yet set up; `open_menu` brings a menu and, where it may, a suggestion beside it."""
    engine.reply = says(" + 1")
    nvim.api.command("set completeopt=menuone,noinsert")
    return nvim


def open_menu(nvim: Neovim) -> None:
    nvim.open("a.py", "width = 1\nwidest = 2\n\n")
    nvim.lua(LSP_MENU)
    nvim.keys("2jiwid")
    nvim.wait("return vim.fn.pumvisible() == 1")


def test_a_menu_of_another_server_comes_first(beside_menu: Neovim) -> None:
    nvim = beside_menu
    nvim.lua("vim.keymap.set('i', '<Tab>', '<C-y>')")
    nvim.setup()
    open_menu(nvim)
    nvim.wait_for_ghost(" + 1")
    nvim.keys("<Tab>")
    nvim.until(lambda: nvim.lines[2] == "widest")
    nvim.wait_for_ghost(" + 1")
    nvim.keys("<Tab>")
    nvim.until(lambda: nvim.lines[2] == "widest + 1")


def test_a_key_that_no_menu_needs_accepts_beside_one(beside_menu: Neovim) -> None:
    nvim = beside_menu
    nvim.setup(keys={"accept": "<C-l>"})
    open_menu(nvim)
    nvim.wait_for_ghost(" + 1")
    nvim.keys("<C-l>;")
    nvim.until(lambda: nvim.lines[2] == "wid + 1;", f"accepted (is {nvim.lines[2]!r})")
    assert nvim.lua("return vim.fn.pumvisible()") == 0


def test_suggestions_may_wait_until_a_menu_is_gone(beside_menu: Neovim, engine: FakeEngine) -> None:
    nvim = beside_menu
    nvim.setup(with_menu=False)
    open_menu(nvim)
    nvim.lua("vim.wait(500)")
    assert nvim.ghost() is None
    assert nvim.lua("return vim.fn.pumvisible()") == 1
    nvim.keys("<C-e>")
    nvim.wait_for_ghost(" + 1")
    nvim.keys("<C-n>")
    nvim.until(lambda: nvim.ghost() is None)
    nvim.keys("<C-y>")
    nvim.wait_for_ghost(" + 1")


WRAPPERS = {
    # As nvim-cmp and blink.cmp do when insert mode begins: the mapping that they find is kept for
    # when they have no use for the key themselves.
    "a mapping": "vim.keymap.set('i', '<Tab>', function() found.callback() end, { buffer = true })",
    "an expression": """vim.keymap.set('i', '<Tab>', function() vim.schedule(found.callback) end,
        { buffer = true, expr = true })""",
    "an expression that asks": """vim.keymap.set('i', '<Tab>', function()
        if not require('maze').accept() then return '<Tab>' end
    end, { buffer = true, expr = true })""",
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_another_plugin_maps_the_key_anew(nvim: Neovim, engine: FakeEngine, wrapper: str) -> None:
    engine.reply = says(" + 1")
    nvim.api.command("autocmd FileType python setlocal expandtab shiftwidth=4 softtabstop=4")
    nvim.lua(
        "vim.api.nvim_create_autocmd('InsertEnter', { once = true, callback = function()"
        f" local found = vim.fn.maparg('<Tab>', 'i', false, true); {WRAPPERS[wrapper]} end }})"
    )
    nvim.setup()
    nvim.open("a.py", TEXT)
    nvim.keys("ji<Tab>")
    nvim.until(lambda: nvim.lines[1] == "    ")
    nvim.keys("width")
    nvim.wait_for_ghost(" + 1")
    nvim.keys("<Tab>")
    nvim.until(lambda: nvim.lines[1] == "    width + 1", f"accepted (is {nvim.lines[1]!r})")
    assert nvim.lua("return vim.v.errmsg") == ""


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
