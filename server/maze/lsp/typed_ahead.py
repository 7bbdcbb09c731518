"""The last suggestions, while the user types what they say: the rest needs no engine."""

from __future__ import annotations

from collections.abc import Iterable

from maze.document.text import unix_line_breaks


class TypedAhead:
    """Follows one place in a document from the moment suggestions are asked for there.

    All offsets are in characters.

    Attributes:
        several: whether more than the likeliest suggestion was asked for.
    """

    def __init__(self) -> None:
        self._anchor: int | None = None
        self._typed = ""
        self._texts: tuple[str, ...] = ()
        self.several = False

    def expect(self, offset: int, several: bool = False) -> None:
        """Suggestions for ``offset`` are on their way; what came before is forgotten."""
        self._anchor, self._typed, self._texts = offset, "", ()
        self.several = several

    def remember(self, texts: Iterable[str]) -> None:
        """What was suggested for the place last named, if it was not lost since."""
        if self._anchor is not None:
            self._texts = tuple(texts)

    def edited(self, start: int, end: int, new: str) -> None:
        """``new`` took the place of ``[start, end)``: more typed or taken back, or all is lost."""
        if self._anchor is None:
            return
        cursor = self._anchor + len(self._typed)
        if self._anchor <= start <= end == cursor:
            self._typed = self._typed[: start - self._anchor] + new
        else:
            self.forget()

    def forget(self) -> None:
        """Nothing is known any more."""
        self._anchor, self._typed, self._texts = None, "", ()

    def follows(self, offset: int) -> bool:
        """Whether ``offset`` is where typing has got to since `expect`."""
        return self._anchor is not None and offset == self._anchor + len(self._typed)

    def tails(self, offset: int) -> list[str]:
        """What is left of the suggestions that begin with what was typed up to ``offset``."""
        if not self.follows(offset):
            return []
        typed = unix_line_breaks(self._typed)  # as in suggestions, whatever the document has
        texts = (text for text in self._texts if text.startswith(typed))
        return [text[len(typed) :] for text in texts if len(text) > len(typed)]
