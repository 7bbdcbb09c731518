"""What a parser was given to read is let go of."""

from __future__ import annotations

import tracemalloc

import pytest

from maze.document.languages import LANGUAGES
from maze.document.tree import SyntaxTree

SOURCE = b"x\n" * 10_000
TIMES = 10


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
@pytest.mark.parametrize("seconds", [5.0, 0.0], ids=["read", "given up"])
def test_nothing_is_kept_of_a_text_that_was_parsed(language, seconds) -> None:
    def parse() -> None:
        for _ in range(TIMES):
            SyntaxTree.parse(language, bytes(SOURCE), seconds)

    parse()
    tracemalloc.start()
    try:
        parse()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < len(SOURCE), "one text would be that much"
