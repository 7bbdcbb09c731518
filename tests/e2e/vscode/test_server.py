"""The server's program: found or installed, of another version, gone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from maze.engine.launcher import missing_extra
from tests.lsp.fake_engine import says

AREA = "def area(width, height):\n    \n"


def test_it_is_offered_and_installed(window, code_server, engine):
    engine.reply = says("eturn width * height")
    vscode = window({"area.py": AREA}, server_path="")
    vscode.open("area.py", "not installed")
    message = vscode.messages.filter(has_text="Maze's language server is not installed")
    expect(message).to_be_visible()
    vscode.picture("not-installed")
    message.get_by_role("button", name="Install").click()
    rows = vscode.page.locator(".quick-input-list .monaco-list-row")
    choice = rows.filter(has_text="into a folder of this extension").filter(has_text="Server alone")
    choice.wait_for()
    vscode.picture("install")
    choice.click()
    try:
        vscode.wait_for_status("ready", patience_s=240)
        vscode.picture("installed")
        assert (code_server.storage / "server" / "bin" / "maze").is_file()
        vscode.page.locator(".view-lines").first.click()
        vscode.go_to(2)
        vscode.type("r")
        vscode.wait_for_ghost("eturn width * height")
    finally:
        shutil.rmtree(code_server.storage / "server", ignore_errors=True)


def test_a_setting_that_names_no_program(window):
    vscode = window({"area.py": AREA}, server_path="/nowhere/maze")
    vscode.open("area.py", "/nowhere/maze")


def test_a_program_that_is_another_s(window):
    vscode = window({"area.py": AREA}, server_path="/bin/false")
    vscode.open("area.py", "/bin/false does not work as the language server")
    expect(vscode.messages).to_have_count(1)
    expect(vscode.messages.get_by_role("button", name="Show Log")).to_be_visible()
    vscode.picture("not-our-program")


@pytest.fixture
def old_server(tmp_path: Path) -> Path:
    """The real server, which says that it is of an older version, and writes down its process."""
    program = tmp_path / "bin" / "maze"
    program.parent.mkdir()
    code = "from maze.lsp import server; server.VERSION = '0.0.9'; server.start_stdio()"
    program.write_text(
        f'#!/bin/sh\necho $$ > "$(dirname "$0")/pid"\nexec {sys.executable} -c "{code}"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program


def test_one_of_another_version_is_told_and_one_that_dies_is_started_again(
    window, engine, old_server
):
    engine.reply = says("eturn width * height")
    vscode = window({"area.py": AREA}, server_path=str(old_server))
    vscode.open("area.py")
    told = vscode.messages.filter(has_text="Maze's server is version 0.0.9 and this extension is")
    expect(told).to_be_visible()
    expect(told.get_by_role("button", name="Update")).to_be_visible()
    vscode.picture("old-server")

    pid_file = old_server.parent / "pid"
    before = int(pid_file.read_text())
    os.kill(before, signal.SIGKILL)
    vscode.page.wait_for_timeout(500)
    vscode.wait_for_status("ready")
    vscode.page.locator(".view-lines").first.click()
    vscode.go_to(2)
    vscode.type("r")
    vscode.wait_for_ghost("eturn width * height")
    assert int(pid_file.read_text()) != before
    expect(told).to_have_count(1)


@pytest.fixture
def bare_server(tmp_path: Path) -> Path:
    """The real server, for which the embedded engine is not installed before its second `setup`."""
    program = tmp_path / "bin" / "maze"
    program.parent.mkdir()
    code = (
        "import pathlib, sys; from maze.engine import launcher; from maze.lsp import server; "
        "done = pathlib.Path(sys.argv[1], 'done').exists(); "
        "launcher.NEEDED = launcher.NEEDED if done else ('not_installed',); "
        "server.start_stdio()"
    )
    program.write_text(
        f"""#!/bin/sh
here=$(dirname "$0")
if [ "$1" = setup ]; then
    [ -e "$here/tried" ] && touch "$here/done" && exit
    touch "$here/tried"
    echo "maze: there is no C++ compiler"
    exit 1
fi
exec {sys.executable} -c "{code}" "$here"
""",
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program


@pytest.mark.local
@pytest.mark.skipif(missing_extra() is not None, reason="the extra `local` is not installed")
def test_a_first_start_without_an_engine(window, bare_server):
    vscode = window(
        {"area.py": AREA}, server_path=str(bare_server), engine_url="", engine_idleMinutes=0.5
    )
    vscode.open("area.py")
    offered = vscode.messages.filter(has_text="Maze has no engine yet")
    expect(offered).to_contain_text("or use one elsewhere")
    vscode.picture("no-engine")
    offered.get_by_role("button", name="Set Up").click()
    failed = vscode.messages.filter(has_text="`maze setup` failed with code 1")
    expect(failed).to_be_visible()
    expect(vscode.page.locator(".xterm-rows")).to_contain_text("there is no C++ compiler")
    vscode.picture("no-engine-failed")

    vscode.page.locator(".view-lines").first.click()
    vscode.go_to(2)
    vscode.type("r")
    vscode.wait_for_status("run `maze setup`")
    vscode.status.click()
    vscode.picture("no-engine-menu")
    vscode.choose("Set Up the Embedded Engine")
    vscode.wait_for_status("ready", patience_s=60)
    vscode.page.locator(".view-lines").first.click()
    vscode.go_to(2)
    vscode.type("eturn ")
    vscode.ghost_text(patience_s=120)


@pytest.mark.parametrize("trusting", [True, False])
def test_programs_in_the_workspace_run_only_where_it_is_trusted(
    window, code_server, engine, tmp_path, trusting
):
    """Neither its environment nor its settings start anything, or send anything elsewhere."""
    theirs = tmp_path / "project" / ".venv" / "bin" / "maze"
    redirecting = {"maze.server.path": str(theirs), "maze.engine.url": "http://127.0.0.1:9"}
    script = f'#!/bin/sh\ntouch "$0.ran"\nexec {sys.executable} -m maze.lsp\n'
    theirs.parent.mkdir(parents=True)
    theirs.write_text(script, encoding="utf-8")
    theirs.chmod(0o755)
    engine.reply = says("eturn width * height")
    vscode = window(
        {"area.py": AREA, ".vscode/settings.json": json.dumps(redirecting)},
        server_path="",
        trusting=trusting,
    )
    vscode.open("area.py", "ready" if trusting else "not installed")
    assert theirs.with_name("maze.ran").exists() == trusting
    if trusting:  # the program is theirs, where the text goes is not
        vscode.go_to(2)
        vscode.type("r")
        vscode.wait_for_ghost("eturn width * height")
