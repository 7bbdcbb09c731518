"""Type, see a suggestion, take it: in whole, in part, another one, or not at all."""

from __future__ import annotations

import pytest

from tests.e2e.neovim.conftest import Neovim
from tests.lsp.fake_engine import FakeEngine, dies, says, waits_then

TEXT = "def area(width, height):\n    \n"
TWO_LINES = " width * height\n\n\nprint(area(2, 3))"


@pytest.fixture(params=["0.11", "0.12", "0.12 own"])
def way(request: pytest.FixtureRequest) -> str:
    """Which Neovim, and who draws: with "own", the plugin where Neovim could."""
    return str(request.param)


@pytest.fixture
def version(way: str) -> str:
    return way.split()[0]


@pytest.fixture
def typing(nvim: Neovim, way: str) -> Neovim:
    """In insert mode, after `    ` in a Python file."""
    nvim.setup(ghost_text="own" if "own" in way else "auto")
    nvim.open("a.py", TEXT)
    nvim.keys("jA")
    return nvim


def test_type_see_accept(typing: Neovim, engine: FakeEngine, way: str) -> None:
    engine.reply = says(" width * height")
    typing.keys("return")
    typing.wait_for_ghost(" width * height")
    [(namespace, row, column, details)] = typing.marks()
    assert namespace == ("nvim.lsp.inline_completion" if way == "0.12" else "maze")
    assert (row, column, details["virt_text_pos"]) == (1, 10, "inline")

    typing.keys("<Tab>")
    typing.until(lambda: typing.lines[1] == "    return width * height")
    assert typing.ghost() is None
    assert typing.cursor == (2, 25)
    assert typing.mode() == "i"


def test_accepting_is_an_undo_step_of_its_own(typing: Neovim, engine: FakeEngine) -> None:
    engine.reply = says(" width * height")
    typing.keys("return")
    typing.wait_for_ghost(" width * height")
    typing.keys("<Tab> + 1")
    typing.until(lambda: typing.lines[1] == "    return width * height + 1")
    typing.keys("<Esc>u")
    typing.until(lambda: typing.lines[1] == "    return width * height")
    typing.keys("u")
    typing.until(lambda: typing.lines[1] == "    return")


def test_word_by_word(typing: Neovim, engine: FakeEngine) -> None:
    engine.reply = says(" width * (height + 1)")
    typing.keys("return")
    typing.wait_for_ghost(" width * (height + 1)")
    for text, left in [
        ("    return width", " * (height + 1)"),
        ("    return width *", " (height + 1)"),
        ("    return width * (", "height + 1)"),
        ("    return width * (height", " + 1)"),
    ]:
        typing.keys("<M-Right>")
        typing.until(lambda text=text: typing.lines[1] == text)
        assert typing.ghost() == left
    typing.keys("<Tab>")
    typing.until(lambda: typing.lines[1] == "    return width * (height + 1)")


def test_line_by_line(typing: Neovim, engine: FakeEngine) -> None:
    engine.reply = says(TWO_LINES)
    typing.keys("return")
    typing.wait_for_ghost(TWO_LINES)
    typing.keys("<M-C-Right>")
    typing.until(lambda: typing.lines[1] == "    return width * height")
    assert typing.ghost() == "\n\n\nprint(area(2, 3))"
    typing.keys("<M-C-Right>")
    typing.until(lambda: typing.lines[2:] == ["", "", "print(area(2, 3))"])
    assert typing.ghost() is None
    assert typing.cursor == (5, 17)


def test_what_is_typed_along_needs_no_engine(typing: Neovim, engine: FakeEngine) -> None:
    engine.reply = says(" width * height")
    typing.keys("return")
    typing.wait_for_ghost(" width * height")
    asked = len(engine.requests)
    typing.keys(" wid")
    typing.wait_for_ghost("th * height")
    typing.keys("th")
    typing.wait_for_ghost(" * height")
    typing.lua("vim.wait(400)")
    assert len(engine.requests) == asked
    assert typing.ghost() == " * height"


@pytest.mark.parametrize("keys", ["x", "<BS>", "<Left>", "<CR>", "<Up>", "<Esc>"])
def test_gone_at_once_when_it_does_not_fit(typing: Neovim, engine: FakeEngine, keys: str) -> None:
    engine.reply = says(" width * height")
    typing.keys("return")
    typing.wait_for_ghost(" width * height")
    engine.reply = waits_then(engine, says(""))
    typing.keys(keys)
    typing.until(lambda: typing.ghost() is None)
    typing.lua("vim.wait(300)")
    assert typing.ghost() is None


def test_nothing_to_accept_after_another_character(typing: Neovim, engine: FakeEngine) -> None:
    """What the keys do in the moment before the editor has drawn anew."""
    engine.reply = says(" width * height")
    typing.keys("return")
    typing.wait_for_ghost(" width * height")
    engine.reply = says("")
    typing.keys("x<Tab>y")
    typing.until(lambda: typing.lines[1].endswith("y"))
    assert "width" not in typing.lines[1]


def test_dismissed(typing: Neovim, engine: FakeEngine) -> None:
    engine.reply = says(" width * height")
    typing.keys("return")
    typing.wait_for_ghost(" width * height")
    typing.keys("<C-]>")
    typing.until(lambda: typing.ghost() is None)
    typing.lua("vim.wait(400)")
    assert typing.ghost() is None
    assert typing.lines[1] == "    return"


def test_between_text(typing: Neovim, engine: FakeEngine) -> None:
    """Text after the cursor stays visible."""
    typing.keys("print()")
    engine.reply = says('"a", width')
    typing.keys("<Left>")
    typing.wait_for_ghost('"a", width')
    assert typing.marks()[0][3]["virt_text_pos"] == "inline"
    typing.keys("<Tab>")
    typing.until(lambda: typing.lines[1] == '    print("a", width)')
    assert typing.cursor == (2, 20)


def test_line_breaks_of_dos(nvim: Neovim, engine: FakeEngine, way: str) -> None:
    nvim.setup(ghost_text="own" if "own" in way else "auto")
    path = nvim.open("a.py", TEXT.replace("\n", "\r\n"))
    engine.reply = says(TWO_LINES)
    nvim.keys("jAreturn")
    nvim.wait_for_ghost(TWO_LINES)
    nvim.keys("<Tab>")
    nvim.until(lambda: nvim.lines[2:] == ["", "", "print(area(2, 3))"])
    nvim.keys("<Esc>:write<CR>")
    whole = TEXT.rstrip(" \n") + "\n    return" + TWO_LINES + "\n"
    nvim.until(lambda: path.read_bytes() == whole.replace("\n", "\r\n").encode())


def test_characters_of_many_bytes(typing: Neovim, engine: FakeEngine) -> None:
    engine.reply = says(' + "größer 𝛼"')
    typing.keys('return "é𝛽"')
    typing.wait_for_ghost(' + "größer 𝛼"')
    typing.keys("<M-Right><M-Right><M-Right>")
    typing.until(lambda: typing.lines[1] == '    return "é𝛽" + "größer')
    typing.keys("<Tab>")
    typing.until(lambda: typing.lines[1] == '    return "é𝛽" + "größer 𝛼"')


def test_two_languages(typing: Neovim, engine: FakeEngine) -> None:
    engine.reply = says(" width * height")
    typing.keys("return")
    typing.wait_for_ghost(" width * height")
    python = typing.api.current.buffer.number
    typing.keys("<Esc>")
    typing.api.command("set hidden")

    engine.reply = says(" + 1")
    typing.open("b.go", "package b\n\nfunc f(x int) int {\n\treturn x\n}\n")
    typing.keys("3jA ")
    typing.keys("<BS>")
    typing.wait_for_ghost(" + 1")
    assert typing.ghost(python) is None
    typing.keys("<Tab>")
    typing.until(lambda: typing.lines[3] == "\treturn x + 1")
    # In any order: what is asked for in one buffer is not taken back when another is entered.
    asked = [request["maze"] for request in engine.requests]
    languages = {("package b" in maze["prefix"], maze["language"]) for maze in asked}
    assert languages == {(True, "go"), (False, "python")}
    assert typing.lua("return #vim.lsp.get_clients({ name = 'maze' })") == 1


JAVASCRIPT = {
    "a.js": ("javascript", "function area(width, height) {\n  \n}\n", "width * height;"),
    "a.jsx": ("javascript", "function Area({ width }) {\n  \n}\n", "<b>{width}</b>;"),
    "a.ts": ("typescript", "function area(width: number) {\n  \n}\n", "width ** 2;"),
    "a.tsx": ("tsx", "function Area(props: Shape) {\n  \n}\n", "<b>{props.width}</b>;"),
}


def test_javascript_and_its_kin(nvim: Neovim, engine: FakeEngine, way: str) -> None:
    nvim.setup(ghost_text="own" if "own" in way else "auto")
    nvim.api.command("filetype plugin off")
    for name, (language, text, suggested) in JAVASCRIPT.items():
        engine.reply = says(suggested)
        nvim.open(name, text)
        nvim.keys("jAreturn ")
        nvim.wait_for_ghost(suggested)
        assert engine.requests[-1]["maze"]["language"] == language
        nvim.keys("<Tab>")
        nvim.until(lambda said=suggested: nvim.lines[1] == f"  return {said}")
        nvim.keys("<Esc>:write<CR>")


def test_fenced_code_where_markdown_is_among_the_filetypes(
    nvim: Neovim, engine: FakeEngine, way: str
) -> None:
    engine.reply = says(" width * height")
    nvim.setup(ghost_text="own" if "own" in way else "auto", filetypes=["markdown"])
    nvim.open("a.md", f"# Area\n\n```python\n{TEXT}```\n")
    nvim.keys("4jAreturn")
    nvim.wait_for_ghost(" width * height")
    nvim.keys("<Tab>")
    nvim.until(lambda: nvim.lines[4] == "    return width * height")


def test_typed_before_the_server_was_there(nvim: Neovim, engine: FakeEngine, way: str) -> None:
    engine.reply = says(" width * height")
    nvim.open("a.py", TEXT, attached=False)
    nvim.keys("jAreturn")
    nvim.until(lambda: nvim.lines[1] == "    return")
    nvim.setup(ghost_text="own" if "own" in way else "auto")
    nvim.api.command("set filetype=python")
    nvim.wait_for_ghost(" width * height")


def test_paused(typing: Neovim, engine: FakeEngine) -> None:
    engine.reply = says(" width * height")
    typing.api.command("Maze pause")
    typing.keys("return")
    typing.lua("vim.wait(500)")
    assert typing.ghost() is None
    assert typing.lua("return require('maze').status()") == "Maze paused"
    typing.keys("<M-]>")
    typing.wait_for_ghost(" width * height")
    typing.keys("<C-]>")
    typing.api.command("Maze resume")
    typing.keys(" width ")
    typing.wait_for_ghost("* height")


def test_engine_dies_in_the_middle(typing: Neovim, engine: FakeEngine) -> None:
    engine.reply = dies
    typing.keys("return")
    typing.until(lambda: engine.requests)
    typing.lua("vim.wait(500)")
    assert typing.ghost() is None
    engine.reply = says("* height")
    typing.keys(" width ")
    typing.wait_for_ghost("* height")
    assert typing.lua("return vim.v.errmsg") == ""
