"""The reference that masks are compared with: every token read by lexer, layout and parser.

Nothing here knows of tables, plans or masks. Tokens that do the same to the lexer (the same items, the same
place afterwards) cannot differ to layout and parser, so of those only one is parsed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maze.constraint import Vocabulary
from maze.constraint.parser import Parser, Vocabularies
from maze.constraint.reading import Reading
from maze.grammar import Syntax


def fresh_reading(syntax: Syntax, entry: str, prefix: bytes) -> Reading:
    """A reading at the end of a prefix, with a parser that has no sequence vocabularies."""
    reading = Reading(syntax, Parser(syntax, Vocabularies([]), entry), entry)
    assert reading.read(prefix), "the prefix does not parse"
    return reading


def may_come(reading: Reading, token: bytes) -> bool:
    """Whether a token may come next; the reading stays where it is."""
    before = reading.place
    if not reading.read(token, generating=True):
        return False
    allowed = reading.can_go_on()
    reading.go_back(before)
    return allowed


def allowed_tokens(reading: Reading, tokens: Sequence[bytes | None]) -> np.ndarray:
    """bool [V]: every token that may come next."""
    lexer, here = reading.syntax.lexer, reading.place.position
    verdicts: dict[tuple[object, ...], bool] = {}
    allowed = np.zeros(len(tokens), dtype=bool)
    for number, token in enumerate(tokens):
        if token is None:
            continue
        items: list[int] = []
        there = lexer.read(here, token, items, generating=True)
        if there is None:
            continue
        names = reading.syntax.names
        opened = names and names.read(reading.place.opened, here, token, generating=True)
        outcome = (there, opened, *items)
        verdict = verdicts.get(outcome)
        if verdict is None:
            verdict = verdicts[outcome] = may_come(reading, token)
        allowed[number] = verdict
    return allowed


def as_bools(mask: np.ndarray, size: int) -> np.ndarray:
    """A bitmask as bool [size]."""
    return np.unpackbits(mask.view(np.uint8), bitorder="little")[:size].astype(bool)


def spelled(vocabulary: Vocabulary, different: np.ndarray) -> list[bytes | None]:
    """Some of the tokens that a comparison found different, for the message of a failing test."""
    return [vocabulary.tokens[number] for number in np.flatnonzero(different)[:8]]
