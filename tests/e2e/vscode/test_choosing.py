"""Where suggestions are made, and the key for it: chosen in dialogs, the key kept as a secret."""

from __future__ import annotations

import contextlib

from playwright.sync_api import Locator, expect

from tests.lsp.fake_engine import KEY, says

AREA = "def area(width, height):\n    \n"
WRONG_KEY = "a-wrong-key-Zx81"


def answer(vscode, title: str, text: str) -> None:
    """Fill in the box of that title."""
    box = vscode.page.locator(".quick-input-widget", has_text=title)
    expect(box).to_be_visible()
    field: Locator = box.locator("input.input")
    field.fill(text)
    vscode.press("Enter")


def ask_until(vscode, words: str) -> None:
    """Ask for suggestions until the status says so: the server is being started anew meanwhile."""
    for _ in range(20):
        vscode.press("Alt+\\")
        with contextlib.suppress(AssertionError):
            vscode.wait_for_status(words, patience_s=2)
            return
    vscode.wait_for_status(words)


def test_an_engine_is_chosen_and_its_key_kept_secret(window, code_server, engine):
    engine.reply = says("eturn width * height")
    engine.needs_key = True
    vscode = window({"area.py": AREA}, engine_url="")
    file = vscode.open("area.py")
    vscode.command("Choose the Engine")
    rows = vscode.page.locator(".quick-input-list .monaco-list-row", has_text="At an address")
    rows.wait_for()
    vscode.picture("choose-engine")
    vscode.choose("At an address")
    box = vscode.page.locator(".quick-input-widget")
    expect(box).to_contain_text("will be sent there")
    box.locator("input.input").fill("engine.example.com")
    expect(box).to_contain_text("An address begins with")
    vscode.picture("choose-engine-address")
    answer(vscode, "the engine's address", engine.url)
    expect(box).to_contain_text("stored as a secret")
    expect(box.locator("input.input")).to_have_attribute("type", "password")
    vscode.picture("api-key")
    answer(vscode, "API key", WRONG_KEY)

    # Not the one in the environment, which is right.
    vscode.page.locator(".view-lines").first.click()
    vscode.go_to(2)
    ask_until(vscode, "refused the key")
    assert code_server.setting("engine.url") == engine.url

    vscode.command("Set the Engine's API Key")
    answer(vscode, "API key", KEY)
    vscode.wait_for_status("ready")
    vscode.page.locator(".view-lines").first.click()
    vscode.go_to(2)
    vscode.type("r")
    vscode.wait_for_ghost("eturn width * height")
    vscode.press("Tab")
    assert vscode.saved(file).endswith("return width * height\n")
    for key in (KEY, WRONG_KEY):
        found = [
            str(path) for path, content in code_server.written().items() if key.encode() in content
        ]
        assert found == []

    vscode.command("Set the Engine's API Key")
    answer(vscode, "API key", "")
    vscode.command("Choose the Engine")
    vscode.choose("On this machine")
    vscode.wait_for_status("ready")
    assert not code_server.setting("engine.url")
