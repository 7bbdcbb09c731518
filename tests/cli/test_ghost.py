"""A suggestion in its place: which lines are shown, and what of them is ghost text."""

from __future__ import annotations

import pytest
from rich.text import Text

from maze.cli import ghost

CASES = {
    # name: text with │ at the cursor, suggestion, lines around, what is shown
    "in a line": ("a = f(│)\n", "b, c", 0, "    1 a = f(b, c)"),
    "lines around": ("a\nb│\nc\nd\n", "x", 1, "    1 a\n    2 bx\n    3 c"),
    "several lines": ("if a:\n    │\nb\n", "c\n    d", 0, "    2     c\n    3     d"),
    "at the end": ("a = │", "1", 1, "    1 a = 1"),
    "empty file": ("│", "x", 3, "    1 x"),
    "tabs": ("func f() {\n\t│\n}\n", "return\n\tx", 0, "    2     return\n    3     x"),
    "a tab before": ("\tx := f(│)\n\ty\n", "y", 1, "    1     x := f(y)\n    2     y"),
    "blank lines stay": ("\n\n│\n\n", "x", 1, "    2 \n    3 x\n    4 "),
    "a form feed ends no line": ("a\n\f\nb│\nc\n", "x", 0, "    3 bx"),
    "nothing": ("a│b\n", "", 0, f"    1 a{ghost.CURSOR}b"),
    "wide characters": ("s = 'é𝛼│'\n", "ß", 0, "    1 s = 'é𝛼ß'"),
}


def painted(shown: Text) -> str:
    """The part in the ghost's style."""
    spans = sorted((span.start, span.end) for span in shown.spans if span.style == ghost.GHOST)
    return "".join(shown.plain[start:end] for start, end in spans)


@pytest.mark.parametrize(
    ("text", "suggestion", "around", "shown"), CASES.values(), ids=CASES.keys()
)
def test_in_place(text: str, suggestion: str, around: int, shown: str) -> None:
    offset = text.index("│")
    content = text.replace("│", "")
    styled = ghost.in_place(content, offset, suggestion, language="python", lines_around=around)
    assert styled.plain == shown
    expected = (suggestion or ghost.CURSOR).splitlines()
    assert painted(styled) == "".join(line.strip() for line in expected)


def test_numbers_count_what_stands_above() -> None:
    assert ghost.in_place("a\n", 1, "b", language="python", lines_above=4).plain == "    5 ab"
