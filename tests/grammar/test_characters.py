"""Sets of characters, and their UTF-8."""

from __future__ import annotations

import random
import sys

import pytest

from maze.grammar.characters import (
    ALL,
    CharacterSet,
    difference,
    ignore_case,
    negate,
    unicode_property,
    union,
    utf8_sequences,
)


def members(characters: CharacterSet) -> set[int]:
    return {code for low, high in characters for code in range(low, high + 1)}


@pytest.mark.parametrize(
    ("ranges", "merged"),
    [
        ([], ()),
        ([(5, 9), (1, 2)], ((1, 2), (5, 9))),
        ([(1, 4), (3, 6)], ((1, 6),)),
        ([(1, 4), (5, 6)], ((1, 6),)),
        ([(1, 9), (3, 4)], ((1, 9),)),
    ],
)
def test_union_sorts_and_merges(ranges: list[tuple[int, int]], merged: CharacterSet) -> None:
    assert union(ranges) == merged


@pytest.mark.parametrize("seed", range(20))
def test_difference_is_that_of_sets(seed: int) -> None:
    chooser = random.Random(seed)

    def some() -> CharacterSet:
        return union((low, low + chooser.randrange(5)) for low in chooser.sample(range(40), 6))

    left, right = some(), some()
    assert members(difference(left, right)) == members(left) - members(right)


def test_negation_leaves_out_nul_and_surrogates() -> None:
    assert members(negate(((ord("b"), sys.maxunicode),))) == set(range(1, ord("b")))
    assert not members(ALL) & {0, *range(0xD800, 0xE000)}


def test_case_is_ignored_for_ascii_letters_only() -> None:
    assert ignore_case(((ord("y"), ord("{")),)) == union([(0x59, 0x5A), (0x79, 0x7B)])
    assert ignore_case(((0xE9, 0xE9),)) == ((0xE9, 0xE9),)


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("L", "aZé名", "1_ "),
        ("Lu", "AÉ", "aé"),
        ("Nd", "5٣", "ⅷa"),
        ("XID_Start", "aé名ⅷ", "_1٣·"),
        ("XID_Continue", "a_1é·", "-€"),
    ],
)
def test_unicode_properties(name: str, inside: str, outside: str) -> None:
    found = members(unicode_property(name))
    assert {ord(c) for c in inside} <= found
    assert not {ord(c) for c in outside} & found


@pytest.mark.parametrize("name", ["", "Xx", "Letter", "Script=Greek"])
def test_unknown_properties_are_named(name: str) -> None:
    with pytest.raises(ValueError, match="unknown Unicode property"):
        unicode_property(name)


BOUNDARIES = (1, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, sys.maxunicode)


@pytest.mark.parametrize("seed", range(40))
def test_utf8_sequences_hold_exactly_the_range(seed: int) -> None:
    chooser = random.Random(seed)
    near = [min(max(b + chooser.randrange(-70, 70), 1), sys.maxunicode) for b in BOUNDARIES]
    low, high = sorted(chooser.sample(near, 2))
    if low <= 0xDFFF and high >= 0xD800:
        low = max(low, 0xE000) if high > 0xDFFF else low
        high = min(high, 0xD7FF) if high <= 0xDFFF else high
        low = min(low, high)
    sequences = list(utf8_sequences(low, high))

    def inside(code: int) -> int:
        encoded = chr(code).encode()
        return sum(
            len(encoded) == len(ranges)
            and all(a <= byte <= b for byte, (a, b) in zip(encoded, ranges, strict=True))
            for ranges in sequences
        )

    probes = {low, high, *(chooser.randint(low, high) for _ in range(50))}
    assert all(inside(code) == 1 for code in probes), "each character once"
    others = {low - 1, high + 1, *near} - set(range(low, high + 1)) - {0, sys.maxunicode + 1}
    assert not any(inside(code) for code in others if not 0xD800 <= code <= 0xDFFF)
