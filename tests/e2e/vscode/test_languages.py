"""All languages but Python, which the other tests are about: typed, accepted, generated."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from benchmarks.oracles import OracleError, oracle_for
from maze.document import Document
from tests.lsp.fake_engine import Exchange, says

SHAPES = {
    "area.go": "package shapes\n\nfunc area(width, height int) int {\n\t\n}\n",
    "area.js": "\n\nexport function area(width, height) {\n  \n}\n",
    "area.jsx": "\n\nexport function Area({ width, height }) {\n  \n}\n",
    "area.rs": "\n\npub fn area(width: u32, height: u32) -> u32 {\n    \n}\n",
    "area.ts": "\n\nexport function area(width: number, height: number): number {\n  \n}\n",
    "area.tsx": "\n\nexport function Area(props: Shape): JSX.Element {\n  \n}\n",
    "area.zig": "\n\npub fn area(width: u32, height: u32) u32 {\n    \n}\n",
}
TYPED_LINE = 4

PRODUCT = "width * height;"
SUGGESTED = {
    "area.jsx": "<b title={`${width}`}>{width * height}</b>;",
    "area.tsx": "<b>{props.width * props.height}</b>;",
}
LANGUAGES = ["go", "javascript", "rust", "typescript", "tsx", "zig"]


def parses(name: str, text: str) -> bool:
    """By the language's real parser where it is on this machine, and by tree-sitter."""
    document = Document(text, name)
    assert document.language is not None and document.tree is not None
    try:
        with oracle_for(document.language.name) as oracle:
            accepted = oracle.accepts([text.encode()]) == [True]
    except OracleError:
        accepted = True
    return accepted and document.tree.sound


def test_typed_and_accepted(window, engine):
    vscode = window(SHAPES)
    for name, text in SHAPES.items():
        suggested = SUGGESTED.get(name, PRODUCT)
        engine.reply = says(suggested)
        file = vscode.open(name)
        vscode.go_to(TYPED_LINE)
        vscode.type("return ")
        vscode.wait_for_ghost(suggested)
        vscode.picture(f"ghost-text-{name.partition('.')[2]}")
        vscode.press("Tab")
        written = vscode.saved(file)
        lines = text.split("\n")
        lines[TYPED_LINE - 1] += f"return {suggested}"
        assert written == "\n".join(lines)
        assert parses(name, written)
    asked = [request["maze"]["language"] for request in engine.requests]
    assert list(dict.fromkeys(asked)) == LANGUAGES


NOTES = "Areas\n\n```go\nfunc area(width, height int) int {\n\t\n}\n```\n"


def test_code_in_a_fence(window, engine):
    vscode = window({"area.go": SHAPES["area.go"], "notes.md": NOTES})
    engine.reply = says(PRODUCT)
    vscode.open("area.go")  # which starts the server
    vscode.wait_for_status("ready")
    file = vscode.open("notes.md")
    vscode.go_to(5)
    vscode.type("return ")
    vscode.wait_for_ghost(PRODUCT)
    vscode.press("Tab")
    assert vscode.saved(file) == NOTES.replace("\t\n", f"\treturn {PRODUCT}\n")
    asked = [request["maze"] for request in engine.requests]
    assert {maze["language"] for maze in asked} == {"go"}
    assert "Areas" not in asked[-1]["prefix"]


STUBS = {
    "stub.js": (SHAPES["area.js"], "  return width * height;\n"),
    "stub.rs": (SHAPES["area.rs"].replace("    \n", "    todo!()\n"), "    width * height\n"),
    "stub.tsx": (
        "\n\nexport const Area = (props: Shape) => {\n  \n};\n",
        "  return <b>{props.width * props.height}</b>;\n",
    ),
}


@pytest.mark.parametrize("name", STUBS)
def test_the_menu_of_code_actions(window, engine, name):
    text, body = STUBS[name]

    def reply(exchange: Exchange) -> None:
        said = body.strip()
        exchange.piece(said[:8])
        exchange.piece(said[8:])
        exchange.finish("", len(said), "file")
        exchange.done()

    engine.reply = reply
    vscode = window({name: text})
    file = vscode.open(name)
    vscode.go_to(TYPED_LINE)
    vscode.code_action("Implement area")
    expect(vscode.page.locator(".view-lines")).to_contain_text(body.strip().replace(" ", "\u00a0"))
    vscode.wait_for_status("ready")
    vscode.page.locator(".view-lines").first.click()
    written = vscode.saved(file)
    assert body in written
    assert parses(name, written)
    vscode.press("Control+z")
    assert vscode.saved(file) == text
