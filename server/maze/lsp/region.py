"""A run of a document that is being written to, while the user may edit around it.

The editor says what has become of the document, in its own words: an edit that was asked for may
come back cut differently, or between edits of the user's. So what has been written is recognised by
the text that it makes, not by how it is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import attrs


@attrs.frozen
class Change:
    """``new`` took the place of the characters ``[start, end)``."""

    start: int
    end: int
    new: str


class Region:
    """Characters ``[start, end)`` of a document, moved by the edits around them.

    Attributes:
        start, end: where it is now.
        disturbed: somebody else has edited inside it.
        on_disturbed: called when that happens.
    """

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.disturbed = False
        self.on_disturbed: Callable[[], None] = lambda: None
        self._pending: Change | None = None
        self._settled = asyncio.Event()

    def expect(self, change: Change) -> Change:
        """The editor is asked for ``change``, counted from the region's start.

        Returns:
            The same in the document's characters, as it is now.
        """
        self._pending = change
        self._settled.clear()
        return self._in_document(self._pending)

    def give_up(self) -> None:
        """The editor did not do what was expected of it."""
        self._pending = None

    @property
    def settled(self) -> bool:
        """Whether nothing is expected any more."""
        return self._pending is None

    async def settle(self, seconds: float) -> bool:
        """Whether what is expected has come true, or the region was disturbed, in that time."""
        try:
            await asyncio.wait_for(self._settled.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def changed(self, before: str, changes: Sequence[Change], after: str) -> None:
        """The document was edited.

        Args:
            before: the whole text before ``changes``.
            changes: in their order, each for the text that the one before it left.
            after: the whole text now.
        """
        if self._came_true(before, after):
            self._settle()
            return
        for change in changes:
            edited = before[: change.start] + change.new + before[change.end :]
            if self._came_true(before, edited):
                self._settle()
            elif change.end <= self.start:
                self._move(len(change.new) - (change.end - change.start))
            elif change.start < self.end:
                self.disturb()
            before = edited

    def disturb(self) -> None:
        """Nothing is known of the region any more."""
        self.disturbed = True
        self._settled.set()
        self.on_disturbed()

    def _in_document(self, change: Change) -> Change:
        return Change(change.start + self.start, change.end + self.start, change.new)

    def _came_true(self, before: str, after: str) -> bool:
        if self._pending is None:
            return False
        wanted = self._in_document(self._pending)
        grown = len(wanted.new) - (wanted.end - wanted.start)
        if len(after) != len(before) + grown:
            return False
        return after == before[: wanted.start] + wanted.new + before[wanted.end :]

    def _settle(self) -> None:
        assert self._pending is not None
        self.end += len(self._pending.new) - (self._pending.end - self._pending.start)
        self._pending = None
        self._settled.set()

    def _move(self, by: int) -> None:
        self.start += by
        self.end += by


def common_start(one: str, other: str) -> int:
    """How many characters both texts begin with; never a part of a line break."""
    length = min(len(one), len(other))
    same = next((i for i in range(length) if one[i] != other[i]), length)
    return same - 1 if same and one[same - 1] == "\r" else same


def difference(before: str, after: str) -> Change:
    """The one change that makes ``after`` of ``before``: from the first difference to the last."""
    start, end = common_start(before, after), 0
    least = min(len(before), len(after))
    while end < least - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return Change(start, len(before) - end, after[start : len(after) - end])
