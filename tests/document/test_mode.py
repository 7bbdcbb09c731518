"""When a suggestion fills a block, and when a line."""

from __future__ import annotations

import pytest

from maze.document import hole_at
from tests.document.cursor import go, python, typescript

PYTHON_CASES = [
    # text, mode
    ("def f():\n    │\n", "block"),
    ("def f():│\n", "block"),
    ("def f():\n    │\n\n\nx = 1\n", "block"),
    ("def f():  # why\n    # how\n    │\n", "block"),
    ('def f():\n    """Doc."""\n    │\n', "block"),
    ('def f():\n    """Doc.\n\n    More.\n    """\n    │\n', "block"),
    ("def f():\n    │\n    pass\n", "block"),
    ("def f():\n    │\n    ...\n", "block"),
    ("if x:\n    │\nelse:\n    y\n", "block"),
    ("def f():\n    │\n    return x\n", "line"),
    ("def f():│\n    return x\n", "line"),
    ("def f():\n    x = 1\n    │\n", "line"),
    ("def f():\n    x = │\n", "line"),
    ("def f(│):\n    pass\n", "line"),
    ("def f():\n    │x\n", "line"),
    ("x = 1\n│\n", "line"),
    ("│", "line"),
    ('x = """a\nb"""\n│\n', "line"),
]

GO_CASES = [
    ("package a\n\nfunc f() {\n\t│\n}\n", "block"),
    ("package a\n\nfunc f() {│\n}\n", "block"),
    ("package a\n\nfunc f() {\n\t│\n\treturn\n}\n", "line"),
    ("package a\n\nfunc f() {\n\tx := │\n}\n", "line"),
    ("package a\n\nfunc f() {│}\n", "line"),
    ("package a\n│\n", "line"),
]

TYPESCRIPT_CASES = [
    ("function f() {\n  │\n}\n", "block"),
    ("const f = () => {│\n}\n", "block"),
    ("class A {\n  m() {\n    │\n    throw new Error('Not implemented');\n  }\n}\n", "block"),
    ("function f() {\n  │\n  return 1\n}\n", "line"),
    ("const x = │\n", "line"),
]


@pytest.mark.parametrize(("text", "mode"), PYTHON_CASES)
def test_python(text, mode) -> None:
    hole = hole_at(*python(text))
    assert hole is not None
    assert hole.mode == mode


@pytest.mark.parametrize(("text", "mode"), GO_CASES)
def test_go(text, mode) -> None:
    hole = hole_at(*go(text))
    assert hole is not None
    assert hole.mode == mode


@pytest.mark.parametrize(("text", "mode"), TYPESCRIPT_CASES)
def test_typescript(text, mode) -> None:
    hole = hole_at(*typescript(text))
    assert hole is not None
    assert hole.mode == mode
