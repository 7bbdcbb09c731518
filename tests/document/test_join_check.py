"""The last check: `maze.document.join_check`."""

from __future__ import annotations

import pytest

from maze.document import Document, hole_at
from maze.document.join_check import JoinCheck, Verdict
from tests.document.cursor import drawn, go, python

FINE, BROKEN, UNKNOWN = Verdict

PYTHON_CASES = [
    # text, suggestion, verdict
    ("x = │\n", "1", FINE),
    ("x = f(│\n", "a, b)", FINE),
    ("x = f(│)\n", "a, b", FINE),
    ("x = f(│\n", "a, b", BROKEN),
    ("x = f(│)\n", "a, b)", BROKEN),
    ("x = │\n", "'", BROKEN),
    ("x = │\n", '"""', BROKEN),
    ("def f():\n    │\n", "return (\n        1\n    )", FINE),
    ("def f():\n    │\n", "return (\n        1\n", BROKEN),
    ("x = 1│\n", "  # and so on (", FINE),
    ("", "x = 1", FINE),
    ("x = '│'\n", "é😀", FINE),
    # an error that was there before, elsewhere, is none of ours
    ("def f(:\n    pass\n\n\nx = │\n", "1", FINE),
    ("def f(:\n    pass\n\n\nx = │\n", "(", BROKEN),
    ("x = │\n\n\ndef f(:\n    pass\n", "1", FINE),
    ("x = │\n\n\ndef f(:\n    pass\n", "(", BROKEN),
    # tree-sitter takes a head for whole that lacks its body
    ("def f(xs):\n    │\n", "for x in xs:", BROKEN),
    ("def f(xs):\n    │\n", "for x in xs:\n        # Soon.", BROKEN),
    ("def f(xs):\n    │\n", "for x in xs:\n        pass", FINE),
    ("def f(xs):\n    for x in xs:│\n", "\n        if x:", BROKEN),
    ("def f(xs):\n    for x in xs:│\n", "\n        print(x)", FINE),
    ("for x in xs│\n\n\ny = 1\n", ":", BROKEN),
    ("for x in xs│\n    y = 1\n", ":", FINE),
    ("if x:\n    y\n│", "else:", BROKEN),
    ("match x:\n    │\n", "case 1:", BROKEN),
    ("if x:\n│\n    y = 1\n", "z = 1", BROKEN),
    ("class A: │\n", "...", FINE),
    # one that lacked it before is none of ours
    ("for x in xs:\n    │\n", "# Soon.", FINE),
    ("for x in xs:\n\n\ny = │\n", "1", FINE),
    ("y = │\nfor x in xs:\n", "1", FINE),
    # behind a bracket without a partner: the item by itself
    ("y = (\n\n\ndef f():\n    x = │\n\n\nz = 1\n", "1", FINE),
    ("y = (\n\n\ndef f():\n    x = │\n\n\nz = 1\n", "f(1", BROKEN),
]

GO_CASES = [
    ("package a\n\nfunc f() {\n\t│\n}\n", "x := g(1)", FINE),
    ("package a\n\nfunc f() {\n\t│\n}\n", "if x {", BROKEN),
    ("package a\n\nfunc f() {\n\t│\n}\n", "if x {\n\t}", FINE),
    ("package a\n\nfunc f() {\n\tx := T{│\n}\n", "1}", FINE),
    ("package a\n\nfunc f() {\n\tif y {\n}\n\nfunc g() {\n\tx := │\n}\n", "1", FINE),
    ("package a\n\nfunc f() {\n\tif y {\n}\n\nfunc g() {\n\tx := │\n}\n", "g(", BROKEN),
]


def verdict(document: Document, offset: int, suggestion: str) -> Verdict:
    """As if the suggestion had been made for the top-level item."""
    hole = hole_at(document, offset)
    assert hole is not None
    spans = [span for span in hole.spans if span.level == "scope"] or [hole.spans[-1]]
    check = JoinCheck(document, offset)
    return check.verdict(suggestion, (spans[0].start, spans[0].end))


MENDS = [
    ("x = f(│\n", "1)", True),
    ("x = f(│\n", "1", False),
    ("x = f(1)│\n", ";", False),
    ("x = f(│\n\n\ny = ]\n", "1)", False),
]


@pytest.mark.parametrize(("text", "suggestion", "expected"), MENDS)
def test_mends(text, suggestion, expected) -> None:
    document, offset = python(text)
    assert JoinCheck(document, offset).mends(suggestion) is expected


@pytest.mark.parametrize(("text", "suggestion", "expected"), PYTHON_CASES)
def test_python(text, suggestion, expected) -> None:
    assert verdict(*python(text), suggestion) is expected


@pytest.mark.parametrize(("text", "suggestion", "expected"), GO_CASES)
def test_go(text, suggestion, expected) -> None:
    assert verdict(*go(text), suggestion) is expected


def test_the_document_stays_as_it_is_and_may_change_meanwhile() -> None:
    document, offset = python("x = f(│)\ny = 1\n")
    check = JoinCheck(document, offset)
    assert check.verdict("1", (0, 5)) is FINE
    assert document.text.content == "x = f()\ny = 1\n"
    document.reset("")
    assert check.verdict("1", (0, 5)) is FINE
    assert check.verdict("(", (0, 5)) is BROKEN


@pytest.mark.parametrize("suggestion", ["1", "f(", "(1)\n"])
def test_in_a_large_document_the_verdict_is_the_same(suggestion) -> None:
    near = "def g():\n    a = 1\n    x = │\n    return x\n\n\n"
    far = "def f():\n    a = 'é'\n    return a\n\n\n" * 4_000
    small, large = python(near), python(far + near + far)
    assert verdict(*large, suggestion) is verdict(*small, suggestion)


def test_without_a_language_nothing_is_known() -> None:
    content, offset = drawn("ADD │")
    assert JoinCheck(Document(content, "a.cob"), offset).verdict("1", (0, 4)) is UNKNOWN
