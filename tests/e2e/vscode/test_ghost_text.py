"""Suggestions in VS Code: shown, accepted as a whole and in part, gone through, and out of the way."""

from __future__ import annotations

from tests.lsp.fake_engine import Exchange, says, says_each

AREA = "def area(width, height):\n    \n"


def test_tab_accepts_what_is_suggested(window, engine):
    engine.reply = says("eturn width * height")
    vscode = window({"area.py": AREA})
    file = vscode.open("area.py")
    vscode.go_to(2)
    vscode.type("r")
    assert vscode.ghost_text() == "eturn width * height"
    vscode.picture("ghost-text")
    vscode.press("Tab")
    assert vscode.saved(file) == "def area(width, height):\n    return width * height\n"


def test_accepted_by_words_then_the_rest(window, engine):
    engine.reply = says("eturn width * height")
    vscode = window({"area.py": AREA})
    file = vscode.open("area.py")
    vscode.go_to(2)
    vscode.type("r")
    vscode.wait_for_ghost("eturn width * height")
    vscode.press("Control+ArrowRight")
    vscode.wait_for_ghost(" width * height")
    vscode.press("Control+ArrowRight")  # a blank is a word to VS Code
    vscode.press("Control+ArrowRight")
    vscode.wait_for_ghost(" * height")
    vscode.picture("accepted-in-part")
    vscode.press("Control+Alt+Enter")
    assert vscode.saved(file) == "def area(width, height):\n    return width * height\n"


def test_next_and_previous_candidate(window, engine):
    """While somebody types there is one; going on to the next asks for others."""

    def reply(exchange: Exchange) -> None:
        likeliest = exchange.request["n"] == 1
        texts = ["eturn width * height"] if likeliest else ["eturn height * width"] * 2
        says_each(*texts)(exchange)

    engine.reply = reply
    vscode = window({"area.py": AREA})
    file = vscode.open("area.py")
    vscode.go_to(2)
    vscode.type("r")
    vscode.wait_for_ghost("eturn width * height")
    vscode.press("Alt+]")
    vscode.wait_for_ghost("eturn height * width")
    vscode.press("Alt+[")
    vscode.wait_for_ghost("eturn width * height")
    vscode.press("Alt+]")
    vscode.wait_for_ghost("eturn height * width")
    vscode.press("Tab")
    assert vscode.saved(file).endswith("return height * width\n")


def test_tab_indents_where_it_is_not_to_accept(window, engine):
    engine.reply = says("eturn width * height")
    vscode = window({"area.py": AREA}, acceptWithTab=False)
    file = vscode.open("area.py")
    vscode.go_to(2)
    vscode.type("r")
    vscode.ghost_text()
    vscode.press("Tab")
    assert vscode.saved(file) == "def area(width, height):\n    r   \n"


def test_tab_takes_what_the_menu_has_selected(window, engine):
    """The menu of completions and ghost text at the same time: the menu comes first."""
    engine.reply = says(" * height")
    vscode = window({"area.py": "def area(width, height):\n    return \n"})
    file = vscode.open("area.py")
    vscode.go_to(2)
    vscode.type("wi")
    vscode.press("Control+Space")
    vscode.page.wait_for_selector(".suggest-widget.visible .monaco-list-row.focused")
    vscode.press("Tab")
    assert vscode.saved(file) == "def area(width, height):\n    return width\n"
