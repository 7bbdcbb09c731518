"""Generate into a buffer: streamed, one undo step, cancelled, disturbed."""

from __future__ import annotations

import ast

import pytest

from tests.e2e.neovim.conftest import Neovim
from tests.lsp.fake_engine import Exchange, FakeEngine, Reply, says

STUB = "import os\n\n\ndef add(a, b):\n    pass\n\n\nx = 1\n"
LINES = STUB.splitlines()
DONE = [*LINES[:4], "    c = a + b", "    return c", *LINES[5:]]


def streams(*pieces: str) -> Reply:
    """A good answer, in pieces."""

    def reply(exchange: Exchange) -> None:
        for piece in pieces:
            exchange.piece(piece)
        exchange.finish("", len("".join(pieces)), "file")
        exchange.done()

    return reply


def streams_half(engine: FakeEngine, first: str, second: str) -> Reply:
    """The second half comes once ``engine.release`` is set."""

    def reply(exchange: Exchange) -> None:
        exchange.piece(first)
        while not engine.release.wait(0.02):
            exchange.piece("")
        exchange.piece(second)
        exchange.finish("", len(first + second), "file")
        exchange.done()

    return reply


def dies_after(piece: str) -> Reply:
    """Something, then the connection closes."""
    return lambda exchange: exchange.piece(piece)


@pytest.fixture
def at_stub(nvim: Neovim) -> Neovim:
    """In normal mode on the body of a function that has none."""
    nvim.setup(keys={"generate": "<Leader>g", "cancel": "<C-c>"})
    nvim.open("a.py", STUB)
    nvim.keys("5G")
    nvim.until(lambda: nvim.cursor[0] == 5)
    return nvim


def ended(nvim: Neovim) -> None:
    nvim.wait("return require('maze').state().generating == nil")


def test_it_streams_and_one_undo_takes_it_back(at_stub: Neovim, engine: FakeEngine) -> None:
    nvim = at_stub
    nvim.keys("1Gonew = 0<Esc>6G")
    nvim.until(lambda: nvim.lines[1] == "new = 0")
    before = nvim.lines
    engine.reply = streams_half(engine, "c = a + b\n    re", "turn c")
    nvim.api.command("Maze generate")
    nvim.until(lambda: "c = a + b" in "".join(nvim.lines))
    assert "return c" not in "".join(nvim.lines)
    nvim.wait("return require('maze').status():find('token') ~= nil")
    engine.release.set()
    ended(nvim)
    assert nvim.lines == [DONE[0], "new = 0", *DONE[1:]]
    assert nvim.messages() == []
    nvim.keys("u")
    nvim.until(lambda: nvim.lines == before)
    nvim.keys("u")
    nvim.until(lambda: nvim.lines == LINES)
    nvim.keys("<C-r><C-r>")
    nvim.until(lambda: nvim.lines == [DONE[0], "new = 0", *DONE[1:]])


def test_many_pieces_are_one_undo_step(at_stub: Neovim, engine: FakeEngine) -> None:
    engine.reply = streams("c", " = a", " + b\n", "    re", "turn", " c")
    at_stub.keys("\\g")
    at_stub.until(lambda: at_stub.lines == DONE)
    ended(at_stub)
    at_stub.keys("x")
    at_stub.until(lambda: at_stub.lines != DONE)
    at_stub.keys("u")
    at_stub.until(lambda: at_stub.lines == DONE)
    at_stub.keys("u")
    at_stub.until(lambda: at_stub.lines == LINES)


def test_into_a_buffer_that_is_not_shown(at_stub: Neovim, engine: FakeEngine) -> None:
    nvim = at_stub
    engine.reply = streams_half(engine, "c = a + b\n    re", "turn c")
    nvim.api.command("set hidden")
    nvim.api.command("Maze generate")
    nvim.until(lambda: "c = a + b" in "".join(nvim.lines))
    nvim.api.command("enew")
    engine.release.set()
    nvim.api.command("sleep 100m")
    nvim.api.command("buffer a.py")
    nvim.until(lambda: nvim.lines == DONE)
    ended(nvim)
    nvim.keys("u")
    nvim.until(lambda: nvim.lines == LINES)


def test_cancelled(at_stub: Neovim, engine: FakeEngine) -> None:
    engine.reply = streams_half(engine, "c = a + b\n    return (c", ")")
    at_stub.api.command("Maze generate")
    at_stub.until(lambda: "c = a + b" in "".join(at_stub.lines))
    at_stub.keys("<C-c>")
    ended(at_stub)
    assert engine.gone.wait(10)
    ast.parse("\n".join(at_stub.lines))
    assert "    c = a + b" in at_stub.lines
    at_stub.keys("u")
    at_stub.until(lambda: at_stub.lines == LINES)


def test_engine_dies_in_the_middle(at_stub: Neovim, engine: FakeEngine) -> None:
    engine.reply = dies_after("c = a + b\n    return (c")
    at_stub.api.command("Maze generate")
    at_stub.until(lambda: at_stub.messages())
    ended(at_stub)
    ast.parse("\n".join(at_stub.lines))
    assert "engine" in at_stub.messages()[0]
    if at_stub.lines != LINES:
        at_stub.keys("u")
        at_stub.until(lambda: at_stub.lines == LINES)


def test_server_dies_in_the_middle(at_stub: Neovim, engine: FakeEngine) -> None:
    nvim = at_stub
    engine.reply = streams_half(engine, "c = a + b\n", "")
    nvim.api.command("Maze generate")
    nvim.until(lambda: "c = a + b" in "".join(nvim.lines))
    nvim.lua("vim.lsp.get_clients({ name = 'maze' })[1]:stop(true)")
    ended(nvim)
    nvim.until(lambda: any("ended while it generated" in said for said in nvim.messages()))
    nvim.keys("u")
    nvim.until(lambda: nvim.lines == LINES)


def test_an_edit_elsewhere_is_respected(at_stub: Neovim, engine: FakeEngine) -> None:
    engine.reply = streams_half(engine, "c = a + b\n    re", "turn c")
    at_stub.api.command("Maze generate")
    at_stub.until(lambda: "c = a + b" in "".join(at_stub.lines))
    at_stub.keys("Goy = 2<Esc>ggOz = 3<Esc>")
    at_stub.until(lambda: at_stub.lines[0] == "z = 3")
    engine.release.set()
    ended(at_stub)
    assert at_stub.lines == ["z = 3", *DONE, "y = 2"]


def test_an_edit_inside_ends_it(at_stub: Neovim, engine: FakeEngine) -> None:
    engine.reply = streams_half(engine, "c = a + b\n    re", "turn c")
    at_stub.api.command("Maze generate")
    at_stub.until(lambda: "c = a + b" in "".join(at_stub.lines))
    at_stub.keys("/c = <CR>cwd<Esc>")
    at_stub.until(lambda: "    d = a + b" in at_stub.lines)
    engine.release.set()
    ended(at_stub)
    at_stub.until(lambda: any("you edited" in said for said in at_stub.messages()))
    assert "    d = a + b" in at_stub.lines


def test_no_suggestions_while_it_runs(at_stub: Neovim, engine: FakeEngine) -> None:
    engine.reply = streams_half(engine, "c = a + b\n    re", "turn c")
    at_stub.api.command("Maze generate")
    at_stub.until(lambda: "c = a + b" in "".join(at_stub.lines))
    asked = len(engine.requests)
    at_stub.keys("Goy = ")
    at_stub.lua("vim.wait(500)")
    assert at_stub.ghost() is None
    assert len(engine.requests) == asked
    engine.release.set()
    ended(at_stub)
    engine.reply = says("2")
    at_stub.keys("1 + ")
    at_stub.wait_for_ghost("2")


CHOOSE = """
    vim.ui.select = function(items, options, choose)
      _G.offered = vim.tbl_map(options.format_item, items)
      choose(items[1], 1)
    end"""


@pytest.mark.parametrize("way", ["Maze generate pick", "lua vim.lsp.buf.code_action()"])
def test_from_a_menu(at_stub: Neovim, engine: FakeEngine, way: str) -> None:
    at_stub.lua(CHOOSE)
    engine.reply = streams("c = a + b\n", "    return c")
    at_stub.api.command(way)
    at_stub.until(lambda: at_stub.lines == DONE)
    ended(at_stub)
    assert at_stub.lua("return _G.offered")[0].startswith("Implement add")
    at_stub.keys("u")
    at_stub.until(lambda: at_stub.lines == LINES)


STUBS = {
    "arrow.js": ("export const add = (a, b) => {\n};\n", "return a + b;"),
    "Part.jsx": ("function Part({ a }) {\n}\n", "return <b>{a}</b>;"),
    "Part.tsx": ("const Part = (props: P) => {\n};\n", "return <b>{props.a}</b>;"),
}


@pytest.mark.parametrize("name", STUBS)
def test_javascript_and_its_kin(at_stub: Neovim, engine: FakeEngine, name: str) -> None:
    nvim, (text, body) = at_stub, STUBS[name]
    nvim.open(name, text)
    engine.reply = streams(body[:9], body[9:])
    nvim.api.command("Maze generate")
    first, last = text.splitlines()
    nvim.until(lambda: nvim.lines == [first, f"  {body}", last])
    ended(nvim)
    nvim.keys("u")
    nvim.until(lambda: nvim.lines == [first, last])


def test_by_kind(at_stub: Neovim, engine: FakeEngine) -> None:
    engine.reply = streams("c = a + b\n    return c")
    at_stub.api.command("Maze generate implement")
    at_stub.until(lambda: at_stub.lines == DONE)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("Maze generate repair", "nothing to repair here"),
        ("Maze generate poems", "can not generate poems"),
        ("Maze cancel", "nothing is being generated"),
        ("Maze fly", "there is no :Maze fly"),
        ("Maze pause now", ":Maze pause takes no argument"),
    ],
)
def test_nothing_to_do(at_stub: Neovim, command: str, said: str) -> None:
    at_stub.api.command(command)
    at_stub.until(at_stub.messages)
    assert at_stub.messages()[0].startswith(f"Maze: {said}")
    assert at_stub.lines == LINES
