"""The walkthrough that VS Code shows who has just installed the extension."""

from __future__ import annotations

from playwright.sync_api import expect

AREA = "def area(width, height):\n    \n"


def test_its_first_step_is_done_where_the_server_runs_already(window, engine):
    vscode = window({"area.py": AREA})
    vscode.open("area.py")
    vscode.command("Open Walkthrough")
    vscode.choose("Get started with Maze")
    steps = vscode.page.locator(".getting-started-step [role=checkbox]")
    expect(steps).to_have_count(4)
    done = "Install the language server: Completed"
    expect(steps.first).to_have_attribute("aria-label", done)
    expect(steps.last).to_have_attribute("aria-checked", "false")
    vscode.picture("walkthrough")
