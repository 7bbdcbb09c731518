"""Real texts with a piece taken out."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.grammar.texts import accepted_cases, real_files


@dataclass(frozen=True)
class Hole:
    """A text cut in three; with or without what was removed.

    Attributes:
        name: where it is from.
        entry: the entry point the whole text is parsed from.
        prefix: before the cursor.
        removed: what was there.
        suffix: after it.
    """

    name: str
    entry: str
    prefix: str
    removed: str
    suffix: str


def holes(language: str, count: int, seed: int, *, longest: int = 30) -> list[Hole]:
    """Holes in small texts: half of them in real files, half in cases."""
    chooser = random.Random(seed)
    files = [text for text in real_files(language, 40) if len(text.data) < 6000]
    cases = [case for case in accepted_cases(language) if len(case.data) > 8]
    found = []
    for number in range(count):
        source = chooser.choice(files or cases) if number % 2 else chooser.choice(cases)
        text = source.data.decode("utf-8")
        start = chooser.randrange(len(text) + 1)
        end = min(len(text), start + chooser.randrange(longest))
        found.append(Hole(source.name, source.entry, text[:start], text[start:end], text[end:]))
    return found
