"""The text around a narrower scope: may the scope be read without it, and can the whole still
parse?

A scope that begins inside a string, or ends before a string that only it could close, reads well by
itself and joins with nothing. And a text that is broken far from the cursor never joins as a whole,
whatever is
suggested: then a narrower scope is the better guarantee.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from maze.grammar import Syntax
from maze.grammar.layout import LayoutError, Lines
from maze.grammar.lexer import Position

from .first_column import may_begin_item

# Questions about the surroundings of one text.
_QUESTIONS = 8
# How many places before a failure are tried as the end of a first, sound item.
_TRIED = 8


class Surroundings:
    """Answers about the text before and after scopes, remembered. Not thread-safe.

    Args:
        syntax: the language.
        kept_texts: for how many texts they are.
    """

    def __init__(self, syntax: Syntax, kept_texts: int) -> None:
        self._syntax = syntax
        self._kept = _QUESTIONS * kept_texts
        self._known: OrderedDict[tuple[str, bytes], bool] = OrderedDict()

    def may_stand_alone(
        self, before: bytes, after: bytes, entry: str, *, sound_so_far: bool
    ) -> bool:
        """Whether a scope between two texts may be read by itself, from an entry point.

        Args:
            sound_so_far: whether the text up to the cursor parses; if not, an open bracket in
                `before` may be what is wrong with it, and says nothing.
        """
        if not self._remembered("before", before, self._ends_plain):
            return False
        if sound_so_far and not self._remembered("open", before, self._ends_outside_brackets):
            return False
        if not self._remembered("apart", after, self._begins_apart):
            return False
        if (
            entry == "items"
            and sound_so_far
            and not self._remembered("whole", before, self._ends_items)
        ):
            return False
        if entry == "items":
            return self._remembered("after", after, self._begins_with_items)
        return self._remembered("lexes", after, self._lexes)

    def is_broken_elsewhere(self, after: bytes) -> bool:
        """Whether top-level items, sound at first, do not parse further on."""
        if self.parses(after) or self._remembered("rest", after, self._is_rest):
            return False
        return self._remembered("after", after, self._begins_with_items)

    def parses(self, text: bytes) -> bool:
        """Whether the text is a run of top-level items."""
        # Whoever asks means the first line with something on it, and not the blank ones above.
        return self._remembered("parses", text.lstrip(b"\r\n"), self._parses)

    def _remembered(self, what: str, text: bytes, compute: Callable[[bytes], bool]) -> bool:
        key = (what, text)
        if key not in self._known:
            self._known[key] = compute(text)
            if len(self._known) > self._kept:
                self._known.popitem(last=False)
        return self._known[key]

    def _ends_plain(self, text: bytes) -> bool:
        """Whether no string or comment is open at the end."""
        lexer = self._syntax.lexer
        end = lexer.read(lexer.start, text, [])
        if end is None:
            return True
        return (
            not end.stack and lexer.tables.between[end.state] and not lexer.tables.modes[end.state]
        )

    def _ends_outside_brackets(self, text: bytes) -> bool:
        """Whether, where the layout counts brackets, none is open at the end."""
        items: list[int] = []
        if self._syntax.resolver is None or not self._syntax.lexer.read(
            self._syntax.lexer.start, text, items
        ):
            return True
        try:
            return self._syntax.resolve(Lines(), items, []).depth == 0
        except LayoutError:
            return True

    def _ends_items(self, text: bytes) -> bool:
        """Whether the text is a whole run of items, as far as it parses at all."""
        failure = self._syntax.check(text, "file")
        return failure is None or failure.offset < len(text)

    def _begins_apart(self, text: bytes) -> bool:
        """Whether the text goes on with nothing above it, be that ended or not."""
        layout, lexer = self._syntax.language.layout, self._syntax.lexer
        if layout.unended is None:
            return True
        items: list[int] = []
        lexer.read(Position(lexer.tables.start_states[0][layout.unended]), text, items)
        return not items or layout.parts(lexer.classes[items[0]])

    def _lexes(self, text: bytes) -> bool:
        lexer = self._syntax.lexer
        end = lexer.read(lexer.start, text, [])
        return end is not None and lexer.end(end, []) is not None

    def _parses(self, text: bytes) -> bool:
        return self._syntax.check(text, "items") is None

    def _is_rest(self, text: bytes) -> bool:
        """Whether a file may go on so behind some top-level item, with more than items."""
        _, *entries = self._syntax.continuations("items")
        return any(self._syntax.check(text, entry) is None for entry in entries)

    def _holds_something(self, text: bytes) -> bool:
        """Whether there is more than comments."""
        items: list[int] = []
        self._syntax.lexer.read(self._syntax.lexer.start, text, items)
        classes: list[int] = []
        try:
            self._syntax.resolve(Lines(), items, classes)
        except LayoutError:
            return True
        return bool(classes)

    def _begins_with_items(self, text: bytes) -> bool:
        """Whether the text lexes, and parses at least up to where some second item may begin.

        What only goes on may belong to an item that begins before the text: of `S` above `>`, in
        the rest of some type arguments, the first line is a statement, too.
        """
        if not self._lexes(text):
            return False
        failure = self._syntax.check(text, "items")
        if failure is None:
            return True
        end = failure.offset
        for _ in range(_TRIED):
            end = text.rfind(b"\n", 0, end)
            head = text[: end + 1]
            if end < 0 or not self._holds_something(head):
                return False
            if may_begin_item(text[end + 1 :]) and self._syntax.check(head, "items") is None:
                return True
        return False
