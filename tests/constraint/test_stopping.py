"""Where suggestions may be cut: rules about lines of text alone."""

from __future__ import annotations

import pytest

from maze.constraint.stopping import indentation, leaves_block, line_ends


@pytest.mark.parametrize(
    ("line", "columns"),
    [(b"", 0), (b"x", 0), (b"  x", 2), (b"\tx", 8), (b"  \tx", 8), (b"\t x", 9), (b"    ", 4)],
)
def test_indentation(line: bytes, columns: int) -> None:
    assert indentation(line) == columns


@pytest.mark.parametrize(
    ("text", "start", "ends"),
    [
        (b"", 0, []),
        (b"a", 0, []),
        (b"a\n", 0, [1]),
        (b"a\r\nb\n", 0, [1, 4]),
        (b"\n\n a\n", 0, [4]),
        (b"a\n \nb\n", 0, [1, 5]),
        (b"a\nb\nc\n", 2, [3, 5]),
        (b"ab\n", 1, [2]),
    ],
)
def test_line_ends_are_those_of_lines_with_something_on_them(
    text: bytes, start: int, ends: list[int]
) -> None:
    assert line_ends(text, start) == ends


@pytest.mark.parametrize(
    ("text", "base", "end"),
    [
        (b"a", 4, None),
        (b"a\n    b\n", 4, None),
        (b"a\n    b\nc", 4, 7),
        (b"a\n    b\n\n\n  c", 4, 7),
        (b"a\n        b\n    c\n", 4, None),
        (b"a\nb", 4, 1),
        (b"\n    a\nb", 4, 6),
        (b"\nb", 4, None),  # nothing to offer before it
        (b"a\n", 4, None),
        (b"a\n  ", 4, None),
        (b"a\n\tb\nc", 8, 4),
        (b"a\nb\nc", 0, None),
    ],
)
def test_leaving_the_block(text: bytes, base: int, end: int | None) -> None:
    assert leaves_block(text, base) == end
