"""A real file is typed key by key, with the requests that each editor really sends.

VS Code asks at every key and takes its last request back (`$/cancelRequest`). Neovim asks when no
key has come for 200 ms, takes nothing back, and tells of its edits when it asks or after 150 ms.
The engine is a fake one that continues as the file really goes on, as far as that parses; now and
then it lies, and vouches for what does not parse.
"""

from __future__ import annotations

import ast
import asyncio
import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from lsprotocol import types

import maze.document.text
from tests.lsp.conftest import AUTOMATIC, SECONDS, Editor, Start, neovim, vscode
from tests.lsp.fake_engine import Exchange, FakeEngine

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]

FILE = Path(maze.document.text.__file__)
URI = "file:///work/text.py"
MOST_LINES = 4
LIES = ("(", '"', ")", "def", "return (1")
MOST_GROWTH_KB = 10_000
"""While half of the file is typed. What tree-sitter's binding and pygls would keep is 30 MB."""


def keys(text: str) -> list[str]:
    """The text as it is typed: an editor indents a new line by itself."""
    return re.findall(r"\n[ ]*|.", text)


class Continues:
    """An engine's replies: what really follows."""

    def __init__(self, text: str) -> None:
        self.lies = 0
        self._text = text
        self._numbers = itertools.count(1)

    def __call__(self, exchange: Exchange) -> None:
        prefix = exchange.request["maze"]["prefix"]
        number = next(self._numbers)
        said = self._continuation(prefix)
        # Where the text is broken already, nobody but the engine could tell.
        if number % 4 == 0 and parses(prefix):
            self.lies += 1
            said = LIES[number % len(LIES)]
        level = exchange.request["maze"]["scopes"][0]["level"]
        for at in range(0, len(said), 8):
            exchange.piece(said[at : at + 8])
        exchange.finish("", len(said), level)
        exchange.done()

    def _continuation(self, prefix: str) -> str:
        """The real text up to the first line end where all of it parses; empty without one."""
        end = len(prefix)
        for _ in range(MOST_LINES):
            end = self._text.find("\n", end + 1)
            if end < 0:
                break
            if parses(self._text[:end]):
                return self._text[len(prefix) : end]
        return ""


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


@attrs.define
class Asked:
    """A request: the text and the place that it was made for, and its answer."""

    number: int
    text: str
    place: types.Position
    answer: asyncio.Task[object]
    cancelled: bool = False
    overtaken: bool = False
    """The text was changed before the answer came: editors show no answer to an older text."""


class Typist:
    """Types into a document and asks for suggestions as an editor does."""

    def __init__(self, editor: Editor, cancels: bool) -> None:
        self.text = ""
        self.asked: list[Asked] = []
        self.order: list[int] = []
        self._editor = editor
        self._cancels = cancels
        self._uri = editor.open("", URI)
        self._place = types.Position(0, 0)
        self._untold: list[types.TextDocumentContentChangeEvent] = []

    def type(self, key: str) -> None:
        """One key."""
        where = types.Range(self._place, self._place)
        self._untold.append(types.TextDocumentContentChangePartial(where, key))
        self.text += key
        line, character = self._place.line, self._place.character + len(key)
        if key[0] == "\n":
            line, character = line + 1, len(key) - 1
        self._place = types.Position(line, character)

    def tell(self) -> None:
        """Tell the server of all keys that it does not know of."""
        changes, self._untold = self._untold, []
        if changes:
            for asked in reversed(self.asked):
                if asked.overtaken:
                    break
                asked.overtaken = not asked.answer.done()
            self._editor.change(self._uri, *changes)

    def ask(self) -> Asked:
        """Ask here and now."""
        self.tell()
        last = self.asked[-1] if self.asked else None
        if self._cancels and last is not None and not last.answer.done():
            last.cancelled = True
            self._editor.cancel(str(last.number))
        number = len(self.asked)
        answer = self._editor.ask(
            self._uri, self._place.line, self._place.character, AUTOMATIC, id=str(number)
        )
        answer.add_done_callback(lambda _: self.order.append(number))
        self.asked.append(Asked(number, self.text, self._place, answer))
        return self.asked[-1]


async def type_as_vscode(typist: Typist, text: str, chance: random.Random) -> None:
    for key in keys(text):
        typist.type(key)
        asked = typist.ask()
        if chance.random() < 0.1:
            await asyncio.wait([asked.answer])
        else:
            await asyncio.sleep(0)


async def type_as_neovim(typist: Typist, text: str, chance: random.Random) -> None:
    for key in keys(text):
        typist.type(key)
        if chance.random() < 0.2:
            typist.tell()
        if chance.random() < 0.2:
            asked = typist.ask()
            # Some answers come in time, others when typing has gone on.
            if chance.random() < 0.7:
                await asyncio.wait([asked.answer])
        await asyncio.sleep(0)


EDITORS = {
    "vscode": (vscode, True, type_as_vscode),
    "neovim": (neovim, False, type_as_neovim),
}


@pytest.mark.parametrize("name", EDITORS)
async def test_a_file_is_typed(start: Start, engine: FakeEngine, name: str) -> None:
    capabilities, cancels, type_as = EDITORS[name]
    text = FILE.read_text(encoding="utf-8")
    engine.reply = continues = Continues(text)
    editor = await start(capabilities(), process=True)
    typist = Typist(editor, cancels)
    chance = random.Random(1)

    halves = text[: len(text) // 2], text[len(text) // 2 :]
    await type_as(typist, halves[0], chance)
    at_half = memory_kb(editor)
    await type_as(typist, halves[1], chance)
    async with asyncio.timeout(SECONDS):
        await asyncio.wait([asked.answer for asked in typist.asked])
    growth = memory_kb(editor) - at_half

    shown = list(suggestions(typist))
    status = await editor.status()
    counters = status.counters
    assert len(shown) > 50, "the replay shows something"
    assert [text for text in shown if not parses(text)] == []
    newest = [number for number in typist.order if shows(typist.asked[number])]
    assert newest == sorted(newest), "an answer came after that to a newer request"
    assert not editor.client.messages and not editor.client.log_messages
    assert counters.engine_errors == 0
    assert continues.lies > 10, "the last check had something to do"
    assert counters.dropped_by_last_check > 3
    assert status.documents == 1
    assert growth < MOST_GROWTH_KB


def shows(asked: Asked) -> bool:
    """Whether the editor shows an answer; any error but that it was cancelled is raised."""
    if error := asked.answer.exception():
        assert asked.cancelled and "cancel" in str(error).lower()
        return False
    return asked.answer.result() is not None and not asked.overtaken


def suggestions(typist: Typist) -> Iterator[str]:
    """The whole text with each suggestion in its place, as it was when it was asked for."""
    for asked in typist.asked:
        if shows(asked):
            answer = asked.answer.result()
            assert isinstance(answer, types.InlineCompletionList)
            (item,) = answer.items
            assert item.range == types.Range(asked.place, asked.place), "for another place"
            yield asked.text + str(item.insert_text)


def memory_kb(editor: Editor) -> int:
    """Resident memory of the server's process."""
    process = editor.client._server
    assert process is not None
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1])
