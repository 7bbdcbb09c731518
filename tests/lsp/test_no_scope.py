"""Where no scope tells what joins, nothing is said, and no engine is asked."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from maze.document import Document
from maze.document.functions import Gap
from maze.document.tasks import Kind, Task
from maze.lsp.counters import Counters
from maze.lsp.generate import NO_SCOPE, generate
from maze.lsp.suggest import suggest
from maze.settings import Settings

TEXT = "x = [" + "1, " * 150_000 + "]\n"


class Silent:
    """An engine and a sink that are to be left alone."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"{name} was asked for")


def test_nothing_is_suggested() -> None:
    found = asyncio.run(suggest(Document(TEXT, "a.py"), len(TEXT) - 2, Silent()))
    assert found == []


def test_nothing_is_generated() -> None:
    task = Task(Kind.REPAIR, "Repair", Gap(5, 8))
    silent = Silent()
    done = asyncio.run(
        generate(Document(TEXT, "a.py"), task, silent, silent, Settings(), Counters())
    )
    assert (done.text, done.parses, done.message, done.failed) == ("", True, NO_SCOPE, False)
