"""`maze.document.tree` and the tree of a `Document` that is edited."""

from __future__ import annotations

import random

import pytest

from maze.document import LANGUAGES, Document
from maze.document.document import LARGE_CHARS
from maze.document.tree import SyntaxTree, source_bytes

PYTHON = LANGUAGES["python"]
TEXT = "import os\n\n\nclass A:\n    def f(self, x):\n        return [x, 'é']\n\n\ny = A()\n"


def test_a_tree_that_was_edited_is_that_of_the_text() -> None:
    chance = random.Random(3)
    document = Document(TEXT * 5, "a.py")
    pieces = ["(", ")", "'''", "x", "\n", "    ", "é", "\r\n", "def g():\n", ""]
    for _ in range(300):
        start = chance.randrange(len(document.text) + 1)
        document.replace(start, start + chance.choice([0, 1, 7]), chance.choice(pieces))
        if chance.random() < 0.3:
            fresh = SyntaxTree.parse(PYTHON, source_bytes(document.text.content))
            assert fresh is not None and document.tree is not None
            assert document.tree.source == fresh.source
            # Recovery may differ, what is sound may not.
            assert document.tree.sound == fresh.sound


PROBLEMS = [
    # text, bytes that are looked at, how many problems touch them
    ("x = 1\n", (0, 6), 0),
    ("x = (1\n", (0, 7), 1),
    ("x = (1\n\ny = 2\n\nz = )\n", (0, 21), 2),
    ("def f(:\n    pass\n\n\ny = 2\n", (20, 24), 0),
    ("def f(:\n    pass\n\n\ny = 2\n", (0, 8), 1),
]


@pytest.mark.parametrize(("text", "span", "count"), PROBLEMS)
def test_problems(text, span, count) -> None:
    tree = SyntaxTree.parse(PYTHON, text.encode())
    assert tree is not None
    assert len(tree.problems(*span)) == count


def test_a_parse_that_takes_too_long_is_given_up() -> None:
    assert SyntaxTree.parse(PYTHON, b"[" * 1_000_000, seconds=0.01) is None


def test_a_lone_cr_is_a_line_break() -> None:
    document = Document("x = 1\ry = 2\r", "a.py")
    assert document.tree is not None
    assert document.tree.sound
    assert len(list(document.tree.items())) == 2


def test_a_language_comes_and_goes_with_the_content() -> None:
    document = Document("", "tool")
    assert document.tree is None
    document.replace(0, 0, "#!/usr/bin/env python3\n")
    assert document.language is PYTHON
    assert document.tree is not None
    document.replace(5, 5, "\0")
    assert document.language is None
    assert document.tree is None
    document.reset("import os\n")
    assert document.language is PYTHON


def test_a_fork_is_left_alone() -> None:
    document = Document(TEXT, "a.py")
    fork = document.fork()
    fork.replace(0, 9, "import sys")
    assert document.text.content == TEXT
    assert document.text.line(0) == "import os"
    assert fork.text.line(0) == "import sys"
    assert document.tree is not fork.tree


def test_of_a_large_document_only_what_is_near_is_parsed_again() -> None:
    function = "def f{}(x):\n" + "    x = x + 1\n" * 20 + "    return x\n\n\n"
    document = Document("".join(map(function.format, range(1_500))), "a.py")
    assert len(document.text) > LARGE_CHARS
    offset = document.text.content.index("return", LARGE_CHARS)
    document.replace(offset, offset, "é = (")
    part = document.part_at(offset)
    assert part is not None
    assert 0 < part.first_line < document.text.line_at(offset)
    assert len(part.tree.source) < 20_000
    row = document.text.line_at(offset) - part.first_line
    assert part.tree.source.split(b"\n")[row] == "    é = (return x".encode()
    assert part.tree.root.children[0].type == "function_definition"


def test_near_a_place_in_a_large_document_strings_stay_whole() -> None:
    prose = "def not_a_function(:\n" * 40
    text = f'x = """\n{prose}"""\n\n\n' * 400
    document = Document(text, "a.py")
    offset = text.index("not_a", LARGE_CHARS)
    document.replace(offset, offset, "really_")
    part = document.part_at(offset)
    assert part is not None
    assert part.tree.sound
