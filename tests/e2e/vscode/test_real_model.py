"""The whole of it: VS Code, the extension, the server, the embedded engine and its real model."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess

import pytest
from playwright.sync_api import expect

from benchmarks.tools import GOFMT
from maze.engine.launcher import missing_extra
from tests.e2e.vscode.window import GHOST

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(missing_extra() is not None, reason="the extra `local` is not installed"),
]

SHAPES = '''"""Shapes, and how large they are."""

import math


def rectangle_area(width: float, height: float) -> float:
    """The area of a rectangle."""
    return width * height


def circle_area(radius: float) -> float:
    """The area of a circle."""
    \n

def square_area(side: float) -> float:
    """The area of a square."""
    pass


print(circle_area(2.0))
'''
TYPED_LINE, STUB_LINE = 13, 18

ROMAN = '''def roman(number):
    """The Roman numeral of a number from 1 to 3999, such as MCMXCIV."""
    pass
'''
"""To this the model has much to say: some hundred tokens."""

GREET = """package main

import "fmt"

func greet(name string) {
	fmt.Println("Hello, " + name)
}

func main() {
\t
}
"""


def test_it_suggests_and_generates_what_parses(window, code_server):
    vscode = window(
        {"shapes.py": SHAPES, "roman.py": ROMAN, "greet.go": GREET},
        engine_url="",
        engine_timeout=180,
        engine_idleMinutes=0.5,
    )
    file = vscode.open("shapes.py")
    vscode.go_to(TYPED_LINE)
    vscode.type("return ")
    ghost = vscode.ghost_text(patience_s=240)  # llama.cpp starts and Python's tables are built
    vscode.picture("real-model")
    vscode.press("Tab")
    text = vscode.saved(file)
    assert f"return {ghost}" in text
    ast.parse(text)

    vscode.go_to(STUB_LINE)
    vscode.press("Control+Alt+g")
    vscode.wait_for_status("Implement square_area")
    vscode.wait_for_status("ready", patience_s=120)
    vscode.picture("real-model-generated")
    generated = vscode.saved(file)
    assert generated != text
    ast.parse(generated)
    vscode.press("Control+z")
    assert vscode.saved(file) == text

    # The engine is killed half-way; the next request, in Go, starts it anew.
    file = vscode.open("roman.py")
    vscode.go_to(3)
    vscode.press("Control+Alt+g")
    expect(vscode.page.locator(".view-lines")).not_to_contain_text("pass")
    os.kill(engine_process(code_server), signal.SIGKILL)
    told = vscode.messages.filter(has_text="ask again, and look at its log")
    expect(told).to_have_count(1)
    vscode.picture("real-model-killed")
    ast.parse(vscode.saved(file))
    if vscode.saved(file) != ROMAN:
        vscode.page.locator(".view-lines").first.click()
        vscode.press("Control+z")
        assert vscode.saved(file) == ROMAN

    file = vscode.open("greet.go", "broke off its answer")
    vscode.go_to(10)
    vscode.type("gre")
    ghost = vscode.ghost_text(patience_s=240)
    vscode.picture("real-model-go")
    vscode.press("Control+Alt+Enter")  # Tab would take what the menu of completions has selected
    expect(vscode.page.locator(GHOST)).to_have_count(0)
    text = vscode.saved(file)
    assert f"gre{ghost}" in text
    parses_as_go(text)

    # Killed before it has answered for ghost text: the answer comes from the next one.
    messages = vscode.messages.count()
    engine = engine_process(code_server)
    os.kill(engine, signal.SIGSTOP)
    vscode.press("Enter")
    vscode.type("gre")
    vscode.press("Escape", "Alt+\\")
    vscode.wait_for_status("thinking")
    os.kill(engine, signal.SIGKILL)
    vscode.ghost_text(patience_s=120)
    assert engine_process(code_server) != engine
    vscode.press("Control+Alt+Enter")
    expect(vscode.page.locator(GHOST)).to_have_count(0)
    parses_as_go(vscode.saved(file))
    assert vscode.messages.count() <= messages


def engine_process(code_server) -> int:
    """The process of the embedded engine that runs."""
    [state] = code_server.home.glob(".local/state/maze/engine-*.json")
    return int(json.loads(state.read_text(encoding="utf-8"))["pid"])


def parses_as_go(text: str) -> None:
    done = subprocess.run([GOFMT, "-e"], input=text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
