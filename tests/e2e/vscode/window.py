"""A window of VS Code in the browser, with what a person at the keyboard does and sees."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, TimeoutError, expect

GHOST = '[class*="ghost-text"]'
STATUS = '.statusbar-item [aria-label^="Maze"]'
PATIENCE_S = 60.0
"""Nothing takes that long, except on a machine with much else to do."""

expect.set_options(timeout=1000 * PATIENCE_S)


class Window:
    """VS Code on `folder`.

    Args:
        page: an empty page of the browser.
        url: of code-server.
        folder: is opened as the workspace.
        pictures: where `picture` puts them.
    """

    def __init__(self, page: Page, url: str, folder: Path, pictures: Path) -> None:
        self.page = page
        self.folder = folder
        self._pictures = pictures
        page.set_default_timeout(1000 * PATIENCE_S)
        page.goto(f"{url}/?folder={folder}")
        page.wait_for_selector(".monaco-workbench")

    def open(self, name: str, state: str = "ready") -> Path:
        """Open a file from the Explorer, and wait until Maze is in `state`."""
        self.page.get_by_role("treeitem", name=name).first.dblclick()
        self.page.wait_for_selector(".monaco-editor.focused .view-line")
        self.wait_for_status(state)
        return self.folder / name

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type at the speed of a person in a hurry."""
        self.page.keyboard.type(text, delay=30)

    def go_to(self, line: int) -> None:
        """Put the cursor at the end of a line, counted from 1."""
        self.press("Control+Home", *["ArrowDown"] * (line - 1), "End")

    def ghost_text(self, patience_s: float = PATIENCE_S) -> str:
        """What is suggested at the cursor; waits for it."""
        self.page.wait_for_selector(GHOST, timeout=1000 * patience_s)
        return self._ghosts()

    def wait_for_ghost(self, text: str) -> None:
        """Wait until `text` is suggested."""
        self.page.wait_for_function(
            "([selector, text]) => [...document.querySelectorAll(selector)]"
            r".map(e => e.textContent).join('').replace(/\u00a0/g, ' ') === text",
            arg=[GHOST, text],
        )

    def shows_ghost(self) -> bool:
        """Whether anything is suggested now."""
        return self.page.locator(GHOST).count() > 0

    def _ghosts(self) -> str:
        texts = self.page.locator(GHOST).all_text_contents()
        return "".join(texts).replace("\u00a0", " ")

    def saved(self, file: Path) -> str:
        """The document's text: what is on disk once it is saved."""
        self.press("Control+s")
        expect(self.page.locator(".tab.active.dirty")).to_have_count(0)
        return file.read_text(encoding="utf-8")

    def shown(self) -> str:
        """The lines on the screen, suggestions included."""
        lines = self.page.locator(".monaco-editor .view-lines").first.evaluate(
            "e => [...e.children].sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top))"
            ".map(line => line.textContent)"
        )
        return "\n".join(lines).replace("\u00a0", " ")

    @property
    def status(self) -> Locator:
        """The item in the status bar."""
        return self.page.locator(".statusbar-item", has=self.page.locator('[aria-label^="Maze"]'))

    def wait_for_status(self, words: str, patience_s: float = PATIENCE_S) -> None:
        """Wait until the item in the status bar says something with `words` in it."""
        pattern = re.compile(rf"^Maze.*{re.escape(words)}", re.DOTALL)
        expect(self.page.locator(STATUS).first).to_have_attribute(
            "aria-label", pattern, timeout=1000 * patience_s
        )

    def command(self, title: str) -> None:
        """Run a command from the palette."""
        self.press("F1")
        self.page.locator(".quick-input-widget input").fill(f">{title}")
        self.page.locator(".quick-input-list .monaco-list-row", has_text=title).first.click()

    def choose(self, text: str) -> None:
        """Take an entry of the list that is open."""
        self.page.locator(".quick-input-list .monaco-list-row", has_text=text).first.click()

    def code_action(self, title: str, picture: str = "") -> None:
        """Take an entry of the menu of code actions, of which a picture is kept if it gets a name.

        VS Code closes the menu when another extension begins to offer actions, and says that there
        are none while one's server still starts; so it is opened again as a person would.
        """
        entry = self.page.locator(".action-widget .monaco-list-row", has_text=title).first
        for _ in range(int(PATIENCE_S / 3)):
            # A quarter of a second after the cursor moved, VS Code asks for actions of its own accord,
            # for the light bulb, and forgets those of a menu that is open by then.
            self.page.wait_for_timeout(1_000)
            self.press("Control+.")
            with contextlib.suppress(TimeoutError):
                entry.wait_for(timeout=3_000)
                if picture:
                    self.picture(picture)
                entry.click(timeout=3_000)
                return
            self.press("Escape")
        raise AssertionError(f"there is no {title} in the menu of code actions")

    @property
    def messages(self) -> Locator:
        """Messages in the corner."""
        return self.page.locator(".notification-list-item")

    def picture(self, name: str) -> Path:
        """A picture of the window, kept to be looked at."""
        file = self._pictures / f"{name}.png"
        self.page.screenshot(path=file)
        return file
