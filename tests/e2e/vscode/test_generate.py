"""Functions written in VS Code: streamed, one undo step, cancelled, and out of the way of ghost text."""

from __future__ import annotations

import ast
import time

from playwright.sync_api import expect

from tests.lsp.fake_engine import Exchange, FakeEngine, Reply

STUB = '''def before():
    return 1


def total(prices):
    """The sum of all prices."""
    pass


def after():
    return 2
'''
BODY = (
    "result = 0\n",
    "    for price in prices:\n",
    "        if price > 0:\n",
    "            result += price\n",
    "    return result",
)
STUB_LINE = 7


def streams(*pieces: str, pause_s: float = 0.3) -> Reply:
    """A good answer at the speed at which a model talks."""

    def reply(exchange: Exchange) -> None:
        _say(exchange, pieces, pause_s)
        exchange.finish("", len("".join(pieces)), "file")
        exchange.done()

    return reply


def streams_until_released(engine: FakeEngine, *pieces: str) -> Reply:
    """Some pieces, and then nothing more until the client goes away."""

    def reply(exchange: Exchange) -> None:
        _say(exchange, pieces, 0)
        while not engine.release.wait(0.05):
            exchange.piece("")

    return reply


def _say(exchange: Exchange, pieces: tuple[str, ...], pause_s: float) -> None:
    """Send pieces; those after which the text joins say so, as a real engine's do."""
    said = ""
    for piece in pieces:
        said += piece
        joins = {"level": "file", "keep": len(said), "tokens": 1, "joined": True}
        more = {} if piece.endswith(":\n") else {"maze": joins}
        exchange.piece(piece, **more)
        time.sleep(pause_s)


def _ask(vscode) -> None:
    vscode.go_to(STUB_LINE)
    vscode.press("Control+Alt+g")


def test_it_streams_and_one_undo_takes_all_back(window, engine):
    engine.reply = streams(*BODY)
    vscode = window({"shop.py": STUB})
    file = vscode.open("shop.py")
    _ask(vscode)
    lines = vscode.page.locator(".view-lines")
    seen = []
    for text in ("for price in prices", "if price > 0", "return result"):
        expect(lines).to_contain_text(text.replace(" ", "\u00a0"))
        seen.append("return result" in vscode.shown())
        if text.startswith("if"):
            vscode.picture("generating")
    assert seen == [False, False, True], "the text came all at once"
    vscode.wait_for_status("ready")
    written = vscode.saved(file)
    assert "".join(BODY) in written
    ast.parse(written)
    vscode.press("Control+z")
    assert vscode.saved(file) == STUB
    vscode.press("Control+Shift+z")
    assert vscode.saved(file) == written


def test_the_menu_of_code_actions_offers_it(window, engine):
    engine.reply = streams(*BODY, pause_s=0)
    vscode = window({"shop.py": STUB})
    file = vscode.open("shop.py")
    vscode.go_to(STUB_LINE)
    vscode.code_action("Implement total", picture="code-actions")
    expect(vscode.page.locator(".view-lines")).to_contain_text("return\u00a0result")
    vscode.wait_for_status("ready")
    vscode.page.locator(".view-lines").first.click()
    vscode.press("Control+z")
    assert vscode.saved(file) == STUB


def test_escape_stops_it_and_what_is_left_parses(window, engine):
    engine.reply = streams_until_released(engine, *BODY[:3])
    vscode = window({"shop.py": STUB})
    file = vscode.open("shop.py")
    _ask(vscode)
    expect(vscode.page.locator(".view-lines")).to_contain_text("for\u00a0price")
    vscode.picture("generating-cancel")
    vscode.press("Escape")
    vscode.wait_for_status("ready")
    left = vscode.saved(file)
    ast.parse(left)
    assert left == STUB.replace("pass", "result = 0")
    assert engine.gone.wait(10), "the engine still talks to nobody"
    vscode.press("Control+z")
    assert vscode.saved(file) == STUB


def test_the_notification_has_a_cancel_that_works(window, engine):
    engine.reply = streams_until_released(engine, *BODY[:2])
    vscode = window({"shop.py": STUB})
    file = vscode.open("shop.py")
    _ask(vscode)
    message = vscode.messages.filter(has_text="Implement total")
    message.wait_for()
    message.hover()
    message.get_by_role("button", name="Cancel").click()
    vscode.wait_for_status("ready")
    vscode.page.locator(".view-lines").first.click()
    ast.parse(vscode.saved(file))


def test_no_ghost_text_while_it_streams(window, engine):
    engine.reply = streams_until_released(engine, *BODY[:2])
    vscode = window({"shop.py": STUB})
    vscode.open("shop.py")
    _ask(vscode)
    expect(vscode.page.locator(".view-lines")).to_contain_text("for\u00a0price")
    asked = len(engine.requests)
    vscode.go_to(2)
    vscode.type(" + 1")
    time.sleep(1.5)
    assert not vscode.shows_ghost()
    assert len(engine.requests) == asked
    # What the cancelling leaves is an edit, after which a suggestion may be asked for again.
    engine.reply = streams("", pause_s=0)
    vscode.press("Escape")
    vscode.wait_for_status("ready")


def test_typing_elsewhere_meanwhile_is_kept(window, engine):
    engine.reply = streams(*BODY, pause_s=0.5)
    vscode = window({"shop.py": STUB})
    file = vscode.open("shop.py")
    _ask(vscode)
    expect(vscode.page.locator(".view-lines")).to_contain_text("result\u00a0=\u00a00")
    vscode.go_to(2)
    vscode.type(" + 41")
    expect(vscode.page.locator(".view-lines")).to_contain_text("return\u00a0result")
    vscode.wait_for_status("ready")
    written = vscode.saved(file)
    assert "return 1 + 41\n" in written
    assert "".join(BODY) in written
