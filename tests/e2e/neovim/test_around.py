"""What is around suggestions: options, finding the server, health, help, status, log."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.neovim.conftest import PLUGIN, SERVER, Neovim, Start
from tests.lsp.fake_engine import KEY, FakeEngine, fails, says, waits_then

TEXT = "def area(width, height):\n    \n"

OPTIONS = {
    "unknown": ({"ghost_txt": "own"}, "there is no option ghost_txt; did you mean ghost_text?"),
    "unlike any": ({"telemetry": True}, "there is no option telemetry; known are automatic, cmd,"),
    "kind": (
        {"delay_ms": "fast"},
        'delay_ms must be a number from 0 to 5000, not "fast"; using 75',
    ),
    "choice": (
        {"ghost_text": "none"},
        "ghost_text must be 'auto', 'native' or 'own', not \"none\"",
    ),
    "list": ({"filetypes": "go"}, 'filetypes must be a list of file types, not "go"; using {'),
    "key": ({"keys": {"accept": 5}}, 'keys.accept must be a key or false, not 5; using "<Tab>"'),
    "no key": ({"keys": {"acept": "x"}}, "there is no option keys.acept; did you mean accept?"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_options_that_make_no_sense(nvim: Neovim, case: str) -> None:
    options, said = OPTIONS[case]
    nvim.setup(**options)
    assert len(nvim.messages()) == 1
    assert nvim.messages()[0].startswith("Maze: " + said)
    code = "local c = require('maze.config'); local o = c.options; o.cmd = nil; o.settings = {};"
    assert nvim.lua(code + "return vim.deep_equal(o, c.defaults)")


def program(folder: Path) -> Path:
    """A `maze` that does nothing."""
    folder.mkdir(parents=True)
    file = folder / "maze"
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


FIND = "return require('maze.server').find(nil, vim.fn.getcwd())"


def test_the_server_is_found_where_tools_are(launch: Start, tmp_path: Path) -> None:
    tools = program(tmp_path / "tools" / "maze" / "bin")
    nvim = launch(PATH="/usr/bin:/bin", HOME=str(tmp_path), UV_TOOL_DIR=str(tmp_path / "tools"))
    assert nvim.lua(FIND) == {"cmd": [str(tools), "lsp"], "where": "uv tool"}
    local = program(tmp_path / ".local" / "bin")
    tools.unlink()
    assert nvim.lua(FIND)["cmd"] == [str(local), "lsp"]
    on_path = program(tmp_path / "bin")
    nvim.lua("vim.env.PATH = ...", f"{on_path.parent}:/usr/bin")
    assert nvim.lua(FIND) == {"cmd": [str(on_path), "lsp"], "where": "PATH"}


def test_the_project_does_not_bring_the_server(launch: Start, tmp_path: Path) -> None:
    nvim = launch(HOME=str(tmp_path / "empty"))
    brought = program(nvim.project / ".venv" / "bin")
    linked = tmp_path / "elsewhere"
    linked.symlink_to(brought.parent)
    for folder in (brought.parent, linked):
        nvim.lua("vim.env.PATH = ...", f"{folder}:/usr/bin")
        assert "lies in the project's folder and is not started" in nvim.lua(FIND)["problem"]
    found = nvim.lua("return require('maze.server').find(...)", str(brought))
    assert found == {"cmd": [str(brought), "lsp"], "where": "option cmd"}


def test_no_server(launch: Start, tmp_path: Path) -> None:
    nvim = launch(PATH="/usr/bin:/bin", HOME=str(tmp_path / "empty"))
    nvim.lua("require('maze').setup()")
    nvim.open("a.py", TEXT, attached=False)
    nvim.api.command("edit b.py")
    nvim.api.command("set filetype=python")
    said = "Maze: no language server found; see :help maze-install"
    assert nvim.messages() == [said]
    assert nvim.lua("return require('maze').state().kind") == "error"
    nvim.api.command("Maze status")
    assert nvim.messages()[1:] == [said]


BARE = """
import pathlib, sys
from maze.engine import launcher
from maze.lsp import server

here = pathlib.Path(__file__).parent
if sys.argv[1] == "setup":
    tried = (here / "tried").exists()
    (here / ("done" if tried else "tried")).touch()
    print("maze: compiling" if tried else "maze: there is no C++ compiler", flush=True)
    sys.exit(not tried)
if not (here / "done").exists():
    launcher.NEEDED = ("not_installed",)
server.start_stdio()
"""
"""The real server, for which the embedded engine is not installed before its second `setup`."""


def test_a_first_start_without_an_engine(nvim: Neovim, tmp_path: Path) -> None:
    bare = tmp_path / "bare.py"
    bare.write_text(BARE)
    nvim.settings = {}
    nvim.setup(cmd=[sys.executable, str(bare), "lsp"])
    nvim.open("a.py", TEXT)
    nvim.until(nvim.messages)
    nvim.keys("jAr")
    nvim.wait("return require('maze').state().kind == 'error'")
    assert nvim.messages() == ["Maze: no engine yet; :Maze install gets one, or set engineUrl"]
    assert "run `maze setup`" in nvim.lua("return require('maze').state().message")
    nvim.keys("<Esc>")
    assert any("ERROR Engine: none is installed" in line for line in health(nvim))

    nvim.api.command("Maze install")
    nvim.until(lambda: len(nvim.messages()) == 2)
    assert nvim.messages()[1] == "Maze: `maze setup` failed; its terminal says why"
    terminal = "return table.concat(vim.api.nvim_buf_get_lines(vim.fn.winbufnr(2), 0, -1, true))"
    nvim.until(lambda: "there is no C++ compiler" in nvim.lua(terminal))

    nvim.api.command("Maze install")
    nvim.until(lambda: len(nvim.messages()) == 3)
    assert nvim.messages()[2] == "Maze: the embedded engine is installed"
    nvim.wait("return vim.tbl_get(require('maze').state(), 'engine', 'installed') == true")
    assert nvim.lua("return require('maze').state().kind") == "ready"


def last_line(nvim: Neovim) -> str:
    """What the screen shows below everything else."""
    code = """
        local row, cells = vim.o.lines, {}
        for column = 1, vim.o.columns do cells[column] = vim.fn.screenstring(row, column) end
        return table.concat(cells)"""
    return str(nvim.lua(code)).rstrip()


LONG = "the engine at http://127.0.0.1:8000 broke off its answer; ask again, and look at its log"


@pytest.mark.parametrize("message", ["short", LONG, "größer " * 30, "in\ntwo lines"])
def test_no_message_makes_who_types_press_a_key(nvim: Neovim, message: str) -> None:
    nvim.setup()
    nvim.api.ui_attach(80, 24, rgb=True)
    nvim.lua("vim.notify = _G.neovims_own_notify")
    nvim.lua("require('maze.notify').warn(...)", message)
    assert nvim.api.api.get_mode()["blocking"] is False
    shown = last_line(nvim)
    whole = "Maze: " + message.replace("\n", " ").strip()
    assert whole.startswith(shown.removesuffix(" … (:Maze message)"))
    assert (shown != whole) == (len(whole) > len("Maze: ") + 62)
    nvim.keys("ione more<Esc>")
    nvim.until(lambda: nvim.lines == ["one more"])
    nvim.lua("vim.notify = function(m) _G.said = { m } end")
    nvim.api.command("Maze message")
    assert nvim.messages() == ["Maze: " + message]


def health(nvim: Neovim) -> list[str]:
    """What `:checkhealth maze` says, a line for each finding."""
    nvim.api.command("checkhealth maze")
    found = [line for line in nvim.lines if line.startswith("- ")]
    nvim.api.command("bwipeout")
    return found


def test_health_is_clean(nvim: Neovim, version: str, engine: FakeEngine) -> None:
    nvim.setup(cmd=SERVER)
    nvim.open("a.py", TEXT)
    engine.reply = says(" width")
    nvim.keys("jAreturn")
    nvim.wait_for_ghost(" width")
    nvim.keys("<Esc>")
    found = health(nvim)
    assert [line for line in found if "OK" not in line] == []
    drawn = "Neovim's own" if version == "0.12" else "the plugin's own"
    for part in (f"Neovim {version}", f"Ghost text: {drawn}", "Server: ", "buffer(s)", engine.url):
        assert any(part in line for line in found), part


def test_health_says_what_is_wrong(launch: Start, tmp_path: Path) -> None:
    nvim = launch(PATH="/usr/bin:/bin", HOME=str(tmp_path / "empty"))
    assert any(
        "Call require('maze').setup()" in line or "Not set up" in line for line in health(nvim)
    )
    nvim.lua("require('maze').setup({ keyz = 1, settings = { maxTokens = 0 } })")
    found = health(nvim)
    assert any("WARNING Options: there is no option keyz" in line for line in found)
    assert any("ERROR Server: no language server found" in line for line in found)


def test_health_names_keys_that_are_taken(nvim: Neovim) -> None:
    nvim.setup()
    nvim.open("a.py", TEXT)
    nvim.lua("vim.keymap.set('i', '<Tab>', 'x', { buffer = true, desc = 'Another plugin' })")
    taken = "accept: <Tab> was mapped anew afterwards: Another plugin"
    assert any("WARNING" in line and taken in line for line in health(nvim))


def test_help(nvim: Neovim, version: str, tmp_path: Path) -> None:
    folder = tmp_path / "doc"
    shutil.copytree(PLUGIN / "doc", folder)
    nvim.api.command(f"helptags {folder}")
    nvim.api.command(f"set runtimepath+={tmp_path}")
    nvim.api.command("help maze")
    assert nvim.api.current.buffer.name.endswith("maze.txt")
    tags = [line.split("\t")[0] for line in (folder / "tags").read_text().splitlines()]
    for tag in ("maze", ":Maze", "maze-options", "maze.setup()", "maze-trouble"):
        assert tag in tags
    text = (folder / "maze.txt").read_text()
    for reference in re.findall(r"\|([\w.:()-]+)\|", text):
        if version != "0.11" or reference != "vim.lsp.inline_completion":
            nvim.api.command(f"help {reference}")
    for name in nvim.lua("return vim.tbl_keys(require('maze.config').defaults)"):
        assert f"\n{name}  " in text
    for name in nvim.lua("return vim.tbl_keys(require('maze'))"):
        assert name == "is_set_up" or f"*maze.{name}()*" in text
    for name in nvim.lua("return require('maze.command').complete('', 'Maze ')"):
        assert f":Maze {name}" in text or f"Maze {name} [" in text or f"Maze [{name}]" in text
    assert all(len(line) <= 79 for line in text.splitlines())


def test_status(nvim: Neovim, engine: FakeEngine) -> None:
    nvim.api.command("set statusline=[%{v:lua.require'maze'.status()}]")
    drawn = "return vim.api.nvim_eval_statusline(vim.o.statusline, {}).str"
    nvim.setup()
    assert nvim.lua(drawn) == "[]"
    nvim.open("a.py", TEXT)
    nvim.until(lambda: nvim.lua(drawn) == "[Maze]")
    engine.reply = waits_then(engine, says(" width"))
    nvim.keys("jAreturn")
    nvim.until(lambda: nvim.lua(drawn) == "[Maze …]")
    engine.release.set()
    nvim.wait_for_ghost(" width")
    nvim.until(lambda: nvim.lua(drawn) == "[Maze]")
    state = nvim.lua("return require('maze').state()")
    assert (state["kind"], state["level"]) == ("ready", "file")
    assert state["engine"]["url"] == engine.url


def test_an_engine_that_fails_is_told_once(nvim: Neovim, engine: FakeEngine) -> None:
    nvim.setup()
    nvim.open("a.py", TEXT)
    engine.reply = fails(401, "wrong key")
    nvim.keys("jAreturn")
    nvim.until(nvim.messages)
    nvim.keys(" x + ")
    nvim.until(lambda: len(engine.requests) > 1)
    nvim.wait("return require('maze').status() == 'Maze error'")
    [said] = nvim.messages()
    assert "refused the key" in said
    assert KEY not in said


def test_what_becomes_of_suggestions_is_told(nvim: Neovim, engine: FakeEngine) -> None:
    nvim.setup()
    nvim.open("a.py", TEXT)

    def counters() -> dict[str, int]:
        code = """
            local client = vim.lsp.get_clients({ name = 'maze' })[1]
            return client:request_sync('maze/status', vim.empty_dict(), 5000, 0).result.counters"""
        return dict(nvim.lua(code))

    engine.reply = says(" width * height")
    nvim.keys("jAreturn")
    nvim.wait_for_ghost(" width * height")
    nvim.until(lambda: counters()["shown"] == 1)
    nvim.keys("<M-Right>")
    nvim.until(lambda: counters()["accepted_chars"] == len(" width"))
    nvim.keys("<Tab>")
    nvim.until(lambda: counters()["accepted"] == 1)
    engine.reply = says("1")
    nvim.keys(" + ")
    nvim.wait_for_ghost("1")
    nvim.keys("<C-]>")
    nvim.until(lambda: counters()["dismissed"] == 1)
    assert counters()["accepted_chars"] == len(" width * height")


def test_log(nvim: Neovim, engine: FakeEngine) -> None:
    nvim.setup(cmd=SERVER)
    nvim.open("a.py", TEXT)
    engine.reply = fails(500, "no")
    nvim.keys("jAreturn")
    nvim.until(nvim.messages)
    nvim.keys("<Esc>")
    nvim.api.command("Maze log")
    nvim.wait("return vim.bo.filetype == 'maze-log'")
    assert nvim.lines[0].startswith(("The newest lines", "The whole log"))
    assert "return" not in "".join(nvim.lines[2:])


def test_restart(nvim: Neovim, engine: FakeEngine) -> None:
    nvim.setup(cmd=SERVER)
    nvim.open("a.py", TEXT)
    first = nvim.lua("return vim.lsp.get_clients({ name = 'maze' })[1].id")
    nvim.api.command("Maze restart")
    nvim.wait(
        "local c = vim.lsp.get_clients({ bufnr = 0, name = 'maze' })[1];"
        " return c and c.initialized and c.id ~= ...",
        first,
    )
    engine.reply = says(" width")
    nvim.keys("jAreturn")
    nvim.wait_for_ghost(" width")


def test_completion_of_the_command(nvim: Neovim) -> None:
    complete = "return vim.fn.getcompletion(..., 'cmdline')"
    assert nvim.lua(complete, "Maze re") == ["restart", "resume"]
    assert nvim.lua(complete, "Maze generate im") == ["implement"]
    assert nvim.lua(complete, "Maze pause ") == []
    nvim.api.command("Maze pause")
    assert nvim.messages() == ["Maze: call require('maze').setup() first; see :help maze-setup"]
