"""The bitmask is exactly the set of tokens that lexer, layout and parser take, one by one."""

from __future__ import annotations

import pytest

from maze.constraint import Constrainer
from maze.grammar import load
from tests.constraint.brute import allowed_tokens, as_bools, fresh_reading, spelled
from tests.constraint.spots import Spot, one_per_lexer_state
from tests.grammar.texts import LANGUAGES, accepted_cases, real_files

FILES = 40
QWEN3_SPOTS = 5


def mismatch(constrainer: Constrainer, language: str, spot: Spot) -> str | None:
    """What is wrong with the mask at a spot; None where it is exact."""
    vocabulary = constrainer.vocabulary
    prepared = constrainer._prepared(language)
    reading = prepared.reading(spot.entry, spot.prefix)
    if reading is None:
        return f"{spot}: the prefix is refused"
    place = reading.place
    mask = prepared.masks.fill(reading.parser, place.position, place.lines)
    told = as_bools(mask, len(vocabulary))
    brute = allowed_tokens(
        fresh_reading(load(language), spot.entry, spot.prefix), vocabulary.tokens
    )
    extra, missing = told & ~brute, brute & ~told
    if not extra.any() and not missing.any():
        return None
    return (
        f"{spot}: {extra.sum()} wrongly allowed {spelled(vocabulary, extra)}, "
        f"{missing.sum()} wrongly forbidden {spelled(vocabulary, missing)}"
    )


def mismatches(constrainer: Constrainer, language: str, spots: list[Spot]) -> list[str]:
    found = (mismatch(constrainer, language, spot) for spot in spots)
    return [message for message in found if message is not None]


def spots_of(language: str) -> list[Spot]:
    texts = (*accepted_cases(language), *real_files(language, FILES))
    return one_per_lexer_state(load(language), texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_masks_are_exact_in_every_lexer_state_that_texts_reach(
    constrainer: Constrainer, language: str
) -> None:
    spots = spots_of(language)
    assert len(spots) > 100
    assert mismatches(constrainer, language, spots) == []
