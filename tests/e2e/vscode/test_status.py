"""What VS Code's status bar says of Maze, its menu, and what is said when something is wrong."""

from __future__ import annotations

import time

from playwright.sync_api import Locator, expect

from tests.lsp.fake_engine import says

AREA = "def area(width, height):\n    \n"


def assert_all_of_it_is_shown(message: Locator) -> None:
    """VS Code cuts a long message, unless it has buttons."""
    text = message.locator(".notification-list-item-message")
    expect(text).to_be_visible()
    assert text.evaluate("e => e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight")


def test_menu_and_pause(window, engine):
    engine.reply = says("eturn width * height")
    vscode = window({"area.py": AREA})
    file = vscode.open("area.py")
    vscode.status.click()
    rows = vscode.page.locator(".quick-input-list .monaco-list-row")
    expect(rows.filter(has_text="Choose the Engine")).to_be_visible()
    vscode.picture("menu")
    vscode.choose("Pause Automatic Suggestions")
    vscode.wait_for_status("switched off")
    vscode.picture("paused")
    vscode.page.locator(".view-lines").first.click()
    vscode.go_to(2)
    vscode.type("r")
    time.sleep(1.5)
    assert not vscode.shows_ghost()
    vscode.press("Alt+\\")  # who asks is answered
    vscode.wait_for_ghost("eturn width * height")
    vscode.press("Escape")

    vscode.command("Resume Automatic Suggestions")
    vscode.wait_for_status("ready")
    vscode.press("Backspace")
    vscode.type("r")
    vscode.wait_for_ghost("eturn width * height")
    vscode.press("Tab")
    assert vscode.saved(file).endswith("return width * height\n")


def test_an_engine_that_can_not_be_reached(window, engine):
    vscode = window({"area.py": AREA}, engine_url="http://127.0.0.1:9")
    vscode.open("area.py")
    vscode.go_to(2)
    vscode.type("r")
    vscode.wait_for_status("127.0.0.1:9")
    vscode.status.hover()
    vscode.page.locator(".monaco-hover", has_text="does not work").wait_for()
    vscode.picture("unreachable")
    # Who asks for a suggestion, or for a function, is told in a message.
    vscode.press("Escape")
    vscode.press("Alt+\\")
    message = vscode.messages.filter(has_text="127.0.0.1:9; check the address and that it runs")
    assert_all_of_it_is_shown(message)
    expect(message.get_by_role("button", name="Show Log")).to_be_visible()
    vscode.picture("unreachable-asked")
    message.get_by_role("button", name="Show Menu").click()
    rows = vscode.page.locator(".quick-input-list .monaco-list-row")
    expect(rows.filter(has_text="Choose the Engine")).to_be_visible()


def test_nothing_to_generate(window, engine):
    vscode = window({"area.py": "x = 1\n"})
    vscode.open("area.py")
    vscode.press("Control+Alt+g")
    message = vscode.messages.filter(has_text="nothing to generate here")
    assert_all_of_it_is_shown(message)
    vscode.picture("nothing-to-generate")
    message.get_by_role("button", name="Show How").click()
    expect(vscode.page.locator(".getting-started-step")).to_have_count(4)


def test_what_was_counted(window, engine):
    """Accepting in parts and as a whole is counted, here and nowhere else."""
    engine.reply = says("eturn width * height")
    vscode = window({"area.py": AREA})
    vscode.open("area.py")
    vscode.go_to(2)
    vscode.type("r")
    vscode.wait_for_ghost("eturn width * height")
    vscode.press("Control+ArrowRight")
    vscode.wait_for_ghost(" width * height")
    engine.reply = says("")  # what VS Code asks for after that is not to be counted
    vscode.press("Tab")
    expect(vscode.page.locator(".view-lines")).to_contain_text("return\u00a0width")
    vscode.command("Show What Happened So Far")
    title = "since\u00a0the\u00a0server\u00a0started"
    vscode.page.locator(".view-lines", has_text=title).wait_for()
    vscode.picture("counted")
    counted = dict(line.rsplit(maxsplit=1) for line in vscode.shown().splitlines()[2:] if line)
    assert {name: counted[name] for name in ("shown", "accepted", "dismissed")} == {
        "shown": "1",
        "accepted": "1",
        "dismissed": "0",
    }
