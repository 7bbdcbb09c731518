"""Trees kept while one line is typed: what is found with them is what is found without."""

from __future__ import annotations

import pytest

from maze.document import Document
from maze.document.scope import spans_at
from maze.document.splices import Splices
from maze.document.text import Edit
from maze.document.tree import SyntaxTree
from tests.document.cursor import CURSOR, go, python, typescript

PASS, CALL = b"pass\n", b"f()\n"
LINE = Edit(0, 5, 5, (0, 0), (1, 0), (1, 0))

TYPED = {
    "python": (
        python,
        "def f(x):\n    if x:\n        │\n    else:\n        return y\n",
        "y = g(x, [1",
    ),
    "go": (
        go,
        "package p\n\nfunc f() {\n\tif x {\n\t\t│\n\t}\n}\n\nvar a = 1\n",
        "for i, y := ran",
    ),
    "typescript": (typescript, "class A {\n  f() {\n    │\n  }\n}\n\nlet b = 1;\n", "if (a.b(c"),
}


def tree() -> SyntaxTree:
    parsed = SyntaxTree.parse(python(CURSOR)[0].language, PASS)  # type: ignore[arg-type]
    assert parsed is not None
    return parsed


@pytest.mark.parametrize("name", TYPED)
def test_typing_a_line_finds_the_same_scopes_as_a_fresh_document(name: str) -> None:
    make, source, line = TYPED[name]
    document, offset = make(source)
    for at, key in enumerate(line, start=offset):
        document.replace(at, at, key)
        fresh = Document(document.text.content, document.path)
        assert spans_at(document, at + 1) == spans_at(fresh, at + 1)


def test_typing_elsewhere_in_between_is_seen() -> None:
    document, offset = python("def f():\n    x = (│\n\n\ndef g():\n    pass\n")
    spans_at(document, offset)
    end = len(document.text.content)
    document.replace(end - len("pass\n"), end, "x = [\n")
    fresh = Document(document.text.content, document.path)
    assert spans_at(document, offset) == spans_at(fresh, offset)


def test_a_tree_is_made_once_for_a_line() -> None:
    splices, before = Splices(), tree()
    splices.only_for(3)
    first = splices.splice(before, LINE, CALL, seconds=1)
    splices.only_for(3)
    assert first is not None and splices.splice(before, LINE, CALL, seconds=1) is first


@pytest.mark.parametrize("line", [4, None])
def test_and_not_kept_for_another(line: int | None) -> None:
    splices, before = Splices(), tree()
    splices.only_for(3)
    first = splices.splice(before, LINE, CALL, seconds=1)
    splices.only_for(line)
    assert splices.splice(before, LINE, CALL, seconds=1) is not first
