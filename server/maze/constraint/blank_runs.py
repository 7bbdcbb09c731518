"""Groups of tokens that are nothing but indentation.

Where a line's indentation has begun, such a token makes it wider; all that matters is whether it then fits a
block that is open. The column it leads to is worked out for all of them at once.
"""

from __future__ import annotations

import numpy as np

from maze.grammar.layout import BLANK_END, FORM_FEED, SPACE, TAB, Lines
from maze.grammar.lexer import ClassString

_TAB_STOP = 8


def is_blank_run(items: ClassString) -> bool:
    """Whether items only make up indentation (of the pending line, or of one after empty lines)."""
    return all(item in (SPACE, TAB, FORM_FEED, BLANK_END) for item in items)


class BlankRuns:
    """The indentation groups of a view.

    Args:
        groups: their numbers and items.

    Attributes:
        group: int64, the numbers.
    """

    def __init__(self, groups: list[tuple[int, ClassString]]) -> None:
        self.group = np.array([number for number, _ in groups], dtype=np.int64)
        shapes = np.array([_shape(items) for _, items in groups], dtype=np.int64).reshape(-1, 4)
        self._anew, self._spaces, self._tabs, self._after = shapes.T

    def past(self, lines: Lines) -> np.ndarray:
        """Which groups lead past the innermost block's column, bool: only an INDENT fits then."""
        if lines.depth or not lines.stack:
            return np.zeros(len(self.group), dtype=bool)
        start = np.where(self._anew, 0, lines.column[0])
        column = start + self._spaces
        at_stop = (column // _TAB_STOP + 1) * _TAB_STOP + self._after
        return np.where(self._tabs, at_stop, column) > lines.stack[-1][0]


def _shape(items: ClassString) -> tuple[int, int, int, int]:
    """A run as (starts at column 0, spaces, a tab after them, columns after that tab)."""
    anew, spaces, tabs, after = 0, 0, 0, 0
    for item in items:
        if item in (BLANK_END, FORM_FEED):
            anew, spaces, tabs, after = 1, 0, 0, 0
        elif item == TAB:
            after = (after // _TAB_STOP + 1) * _TAB_STOP if tabs else 0
            tabs = 1
        elif tabs:
            after += 1
        else:
            spaces += 1
    return anew, spaces, tabs, after
