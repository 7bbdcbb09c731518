"""Places in texts where masks are compared with the reference."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from maze.grammar import Syntax
from tests.grammar.texts import Text


@dataclass(frozen=True)
class Spot:
    """A place to complete at.

    Attributes:
        name: where the text is from.
        entry: the entry point to parse it from.
        prefix: the text before it.
    """

    name: str
    entry: str
    prefix: bytes

    def __str__(self) -> str:
        return f"{self.name} ({self.entry}) after {self.prefix[-40:]!r}"


def one_per_lexer_state(syntax: Syntax, texts: Iterable[Text]) -> list[Spot]:
    """For every lexer state that the texts reach, one place of those that reach it, chosen at random."""
    chooser = random.Random(11)
    seen: dict[int, int] = {}
    chosen: dict[int, tuple[Text, int]] = {}
    for text in texts:
        position = syntax.lexer.start
        for at in range(len(text.data)):
            ahead = syntax.lexer.read(position, text.data[at : at + 1], [])
            assert ahead is not None, f"{text.name} does not lex"
            position = ahead
            count = seen[position.state] = seen.get(position.state, 0) + 1
            if chooser.randrange(count) == 0:  # every occurrence is equally likely in the end
                chosen[position.state] = (text, at + 1)
    return [Spot(text.name, text.entry, text.data[:at]) for text, at in chosen.values()]
