"""Which questions to the parser decide a token group.

A group is allowed if any of its *class strings* may come next: what it emits, and a string of its
tail, mostly a single class. A string is split into a *lead*, read before asking, and the *question*
itself, one bit of an answer:

- marks at the very beginning (the indentation of a line just begun) are a lead: what they resolve
  to differs from moment to moment, but what follows them does not;
- in a *split* row (see `tables`) the first class is part of the lead too;
- the rest is a single class, or a string of the row's sequence vocabulary.

Marks further inside (a line break within the token) make a group *late*: its strings are
put together when the layout is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from maze.grammar.lexer import ClassString

from .factoring import ANYTHING, LINE_PENDING


@dataclass(frozen=True)
class Question:
    """One bit of an answer.

    Attributes:
        lead: marks, then classes, to be read first.
        string: what may then come; never empty.
    """

    lead: ClassString
    string: ClassString


def leading_marks(items: ClassString) -> int:
    """How many marks stand at the beginning."""
    count = 0
    while count < len(items) and items[count] < 0:
        count += 1
    return count


def is_late(items: ClassString, tail: int) -> bool:
    """Whether a group's strings can be told only when the layout is known."""
    marks = leading_marks(items)
    only_marks = marks == len(items) and tail == ANYTHING
    return tail == LINE_PENDING or only_marks or any(item < 0 for item in items[marks:])


def questions(
    items: ClassString, tails: Collection[ClassString], *, split: bool
) -> Iterator[Question]:
    """The questions that decide a group that is not late.

    Args:
        items: what the group emits.
        tails: the class strings of its tail; empty: anything may follow.
        split: whether the row is split.
    """
    marks = leading_marks(items)
    lead, emitted = items[:marks], items[marks:]
    strings = [emitted + tail for tail in tails] if tails else [emitted]
    for string in strings:
        if split and len(string) > 1:
            yield Question((*lead, string[0]), string[1:])
        else:
            yield Question(lead, string)


def question_of(string: ClassString, *, split: bool) -> Question:
    """The question for a whole class string."""
    if split and len(string) > 1:
        return Question(string[:1], string[1:])
    return Question((), string)


class BitNumbers:
    """Numbers the bits of a section of an answer: single classes, then the sequence vocabulary.

    Args:
        class_words: 32-bit words of a bitmask over classes.
        strings: the sequence vocabulary, string → token.
        representatives: string → the one that is asked in its place; None: it never may come.
    """

    def __init__(
        self,
        class_words: int,
        strings: Mapping[ClassString, int],
        representatives: Mapping[ClassString, ClassString | None],
    ) -> None:
        self._first_string = class_words * 32
        self._strings = strings
        self._representatives = representatives

    def number(self, string: ClassString) -> int | None:
        """The bit of a string within its section; None if the vocabulary lacks it."""
        asked = self._representatives.get(string, string)
        if asked is None:
            return None
        if len(asked) == 1:
            return asked[0]
        number = self._strings.get(asked)
        return None if number is None else self._first_string + number

    def is_impossible(self, string: ClassString) -> bool:
        """Whether a string is known to come nowhere."""
        return self._representatives.get(string, string) is None


def is_always(items: ClassString, tail: int) -> bool:
    """Whether a group may always come: it emits nothing and anything may follow."""
    return tail == ANYTHING and not items
