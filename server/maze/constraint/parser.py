"""XGrammar's matchers for one text, kept in step.

Every group of lexer states has a sequence vocabulary of its own, and so a compiled grammar and a
matcher of its own. All of them read the same classes; the *base* matcher, whose tokens are single
classes, reads them at once, the others catch up when they are asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from maze.grammar import Syntax

# The longest input a catching-up matcher takes as one step, so that going back loses little.
_STEP_BYTES = 1024

# The longest symbol.
_SYMBOL_BYTES = 3

_moments = itertools.count(1)


class _Follower:
    """A matcher that catches up on demand.

    Attributes:
        handle: XGrammar's matcher.
        origin: where in the input it began to read: at a restart, or at 0.
        ends: how much of the input had been read after each of its steps.
        valid: how much of what it read is still the parser's input.
    """

    def __init__(self, handle: Any, origin: int, ends: list[int], valid: int) -> None:
        self.handle = handle
        self.origin = origin
        self.ends = ends
        self.valid = valid

    def catch_up(self, text: bytearray) -> None:
        back = 0
        while self.ends and self.ends[-1] > self.valid:
            self.ends.pop()
            back += 1
        if back:
            self.handle.rollback(back)
        done = self.ends[-1] if self.ends else self.origin
        while done < len(text):
            step = _whole_characters(text, done, min(len(text), done + _STEP_BYTES))
            self.handle.accept_string(bytes(text[done:step]), False)
            self.ends.append(step)
            done = step
        self.valid = len(text)


def _whole_characters(text: bytearray, start: int, end: int) -> int:
    """The largest cut at most `end` that splits no UTF-8 character."""
    while end < len(text) and end > start + 1 and text[end] & 0xC0 == 0x80:
        end -= 1
    return end


@dataclass
class Vocabularies:
    """The sequence vocabularies of a language, and which of them masks have been asked of.

    A parser that is forked brings the followers of used ones up to date first, so that reading a
    prefix pays for them and not each request's first masks.
    """

    compiled: list[Any]
    used: set[int] = field(default_factory=set)
    _beginnings: dict[str, int] = field(default_factory=dict)

    def beginning(self, syntax: Syntax, entry: str) -> int:
        """The classes that may come first from an entry point, as `Parser.next_classes` has it."""
        if entry not in self._beginnings:
            self._beginnings[entry] = Parser(syntax, self, entry).next_classes()
        return self._beginnings[entry]


class Parser:
    """A parse in progress, over encoded classes.

    Args:
        syntax: the language.
        vocabularies: the compiled grammars of the sequence vocabularies.
        entry: the entry point to parse from.
    """

    def __init__(self, syntax: Syntax, vocabularies: Vocabularies, entry: str) -> None:
        self._syntax = syntax
        self._vocabularies = vocabularies
        self._run = "block" if entry == "block" else "items"
        # Where followers may begin, and from which entry point.
        self._restarts: list[tuple[int, str]] = [(0, entry)]
        self._words = np.zeros((1, (len(syntax.lexer.classes) + 31) // 32), dtype=np.int32)
        self._base = syntax.class_matcher.fork()
        self._text = bytearray()
        self._ends: list[int] = []
        self._moments: list[int] = []
        self._totals: list[int] = []
        self._followers: dict[int, _Follower] = {}
        self.accept(syntax.start(entry))

    def fork(self) -> Parser:
        """An independent parser at the same place."""
        twin = object.__new__(Parser)
        twin._syntax = self._syntax
        twin._vocabularies = self._vocabularies
        twin._run = self._run
        twin._restarts = list(self._restarts)
        twin._words = self._words.copy()
        twin._base = self._base.fork()
        twin._text = bytearray(self._text)
        twin._ends = list(self._ends)
        twin._moments = list(self._moments)
        twin._totals = list(self._totals)
        twin._followers = {}
        for number in sorted(self._vocabularies.used):
            follower = self._follower(number)
            twin._followers[number] = _Follower(
                follower.handle.fork(), follower.origin, list(follower.ends), follower.valid
            )
        return twin

    @property
    def steps(self) -> int:
        """How many steps have been accepted; what `rollback_to` takes."""
        return len(self._ends)

    @property
    def moment(self) -> int:
        """A number that no parser in another state has: whoever has the same has read the same."""
        return self._moments[-1]

    @property
    def total(self) -> int:
        """What the classes read so far add up to (see `maze.grammar.balance`)."""
        return self._totals[-1]

    def accept(self, symbols: bytes) -> bool:
        """Read encoded classes as one step; False, and nothing read, where none may come."""
        if not self._base.accept_string(symbols, False):
            return False
        self._text += symbols
        self._ends.append(len(self._text))
        self._moments.append(next(_moments))
        before = self._totals[-1] if self._totals else 0
        self._totals.append(before + self._syntax.balance.of(symbols))
        return True

    def would_accept(self, symbols: bytes) -> bool:
        """Whether `accept` would succeed."""
        if not symbols:
            return True
        if not self._base.accept_string(symbols, False):
            return False
        self._base.rollback(1)
        return True

    def which_come(self, strings: Sequence[bytes]) -> bytes:
        """A byte for each of some encoded classes: 1 if `accept` would succeed, or 0."""
        nexts = self.next_classes()
        return bytes(
            not string or (nexts >> ord(string.decode()[0]) & 1 and self.would_accept(string))
            for string in strings
        )

    def completes(self, symbols: bytes) -> bool:
        """Whether the text so far plus `symbols` is a whole sentence."""
        if not symbols:
            return bool(self._base.is_completed())
        if not self._base.accept_string(symbols, False):
            return False
        completed = bool(self._base.is_completed())
        self._base.rollback(1)
        return completed

    def reads(self, symbols: bytes, ending: bytes | None, more: bytes) -> tuple[bool, bool]:
        """What may come: `symbols`; and then `ending`, for a whole sentence, but also `more`."""
        if symbols and not self._base.accept_string(symbols, False):
            return False, False
        both = ending is not None and self.completes(ending) and self.would_accept(more)
        if symbols:
            self._base.rollback(1)
        return True, both

    def rollback_to(self, steps: int) -> None:
        """Go back to when `steps` steps had been accepted."""
        back = len(self._ends) - steps
        if back <= 0:
            return
        self._base.rollback(back)
        del self._ends[steps:], self._moments[steps:], self._totals[steps:]
        length = self._ends[-1] if self._ends else 0
        del self._text[length:]
        while self._restarts[-1][0] > length:
            self._restarts.pop()
        for follower in self._followers.values():
            follower.valid = min(follower.valid, length)

    def next_classes(self) -> int:
        """The classes that may come next, as an integer with bit n set for class n."""
        self._base.fill_next_token_bitmask(self._words, 0, False)
        return int.from_bytes(self._words.tobytes(), "little")

    def fill_classes(self, lead: bytes, out: np.ndarray) -> bool:
        """Fill the bitmask over single classes, as it is after reading `lead`.

        Args:
            lead: encoded classes; may be empty.
            out: int32 [1, words]; all zero where `lead` may not come.

        Returns:
            Whether `lead` may come.
        """
        return _fill_after(self._base, lead, out)

    def fill_strings(self, number: int, lead: bytes, out: np.ndarray) -> bool:
        """Fill the bitmask over a sequence vocabulary, as it is after reading `lead`."""
        self._vocabularies.used.add(number)
        return _fill_after(self._follower(number).handle, lead, out)

    def _follower(self, number: int) -> _Follower:
        """The follower for a sequence vocabulary, caught up."""
        origin, entry = self._restarts[-1]
        follower = self._followers.get(number)
        if follower is None or follower.origin != origin:
            follower = _Follower(_matcher(self._vocabularies.compiled[number]), origin, [], origin)
            if origin:
                follower.handle.accept_string(self._syntax.start(entry), False)
            self._followers[number] = follower
        follower.catch_up(self._text)
        return follower

    def mark_restart(self) -> None:
        """Note that followers may begin here, if what comes next does not depend on what came.

        That is so where a run of items is complete, with its last item over, and exactly what begins
        a run may come, or the rest of a file. Followers then read one item and not a file.
        """
        syntax = self._syntax
        last = self._text[-_SYMBOL_BYTES:].decode(errors="ignore")[-1:]
        if not last or ord(last) not in syntax.productions.item_ends[self._run]:
            return
        if not self._base.is_completed():
            return
        nexts = self.next_classes()
        for entry in syntax.continuations(self._run):
            if nexts == self._vocabularies.beginning(syntax, entry):
                self._restarts.append((len(self._text), entry))
                return


def _fill_after(handle: Any, lead: bytes, out: np.ndarray) -> bool:
    if not lead:
        handle.fill_next_token_bitmask(out, 0, False)
    elif handle.accept_string(lead, False):
        handle.fill_next_token_bitmask(out, 0, False)
        handle.rollback(1)
    else:
        out.fill(0)
        return False
    return True


def _matcher(compiled: Any) -> Any:
    from maze.grammar.xgr import xgrammar

    return xgrammar.GrammarMatcher(compiled)._handle
