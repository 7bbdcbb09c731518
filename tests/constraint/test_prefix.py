"""The prefix cache answers as if every prefix were read for the first time."""

from __future__ import annotations

import random

import pytest

from maze.constraint import Constrainer
from maze.constraint.parser import Parser, Vocabularies
from maze.constraint.prefix import PrefixCache, common_prefix
from maze.constraint.reading import Reading
from maze.grammar import load
from tests.grammar.texts import COMPARED, Text, accepted_cases, real_files


def cold(language: str, entry: str, prefix: bytes) -> Reading | None:
    syntax = load(language)
    reading = Reading(syntax, Parser(syntax, Vocabularies([]), entry), entry)
    return reading if reading.read(prefix) and reading.can_go_on() else None


def assert_same(found: Reading | None, expected: Reading | None, prefix: bytes) -> None:
    assert (found is None) == (expected is None), prefix[-60:]
    if found is None or expected is None:
        return
    assert found.place.position == expected.place.position
    assert found.place.lines == expected.place.lines
    assert found.place.length == len(prefix)
    assert found.parser.next_classes() == expected.parser.next_classes()


def edits(text: bytes, chooser: random.Random) -> bytes:
    """A text after one edit, at times a wild one."""
    at, width = chooser.randrange(len(text) + 1), chooser.choice((0, 0, 1, 3, 200))
    put = chooser.choice((b"", b"x", b")", b"\n", b"'", b"(", b"    ", b"\xc3", text[:300]))
    return text[:at] + put + text[at + width :]


@pytest.mark.parametrize("language", COMPARED)
@pytest.mark.parametrize("seed", range(3))
def test_edits_and_jumps_change_no_answer(language: str, seed: int) -> None:
    chooser = random.Random(seed)
    syntax = load(language)
    cache = PrefixCache(
        lambda entry: Reading(syntax, Parser(syntax, Vocabularies([]), entry), entry),
        kept=6,
    )
    sources = [*real_files(language, 6), *chooser.sample(accepted_cases(language), 6)]
    documents: list[Text] = sources[:]
    parsed = 0
    for _ in range(150):
        number = chooser.randrange(len(documents))
        document = documents[number]
        data = document.data
        if chooser.random() < 0.3:
            data = edits(data, chooser)
        if chooser.random() < 0.1:
            data = sources[number].data
        documents[number] = Text(document.name, document.entry, data)
        prefix = data[: chooser.randrange(len(data) + 1)]
        expected = cold(language, document.entry, prefix)
        found = cache.reading(document.entry, prefix)
        assert_same(found, expected, prefix)
        parsed += found is not None
    assert 20 < parsed < 150, "some parse and some do not"


@pytest.mark.parametrize("language", COMPARED)
def test_what_is_generated_does_not_reach_the_cache(
    constrainer: Constrainer, language: str
) -> None:
    text = real_files(language, 1) or accepted_cases(language)
    prefix = text[0].data[: len(text[0].data) // 2]
    prepared = constrainer._prepared(language)
    first = prepared.reading("file", prefix)
    assert first is not None
    first.read(b"\n")
    first.go_back(first.place)
    assert_same(prepared.reading("file", prefix), cold(language, "file", prefix), prefix)


@pytest.mark.parametrize(
    ("left", "right", "length"),
    [(b"", b"", 0), (b"a", b"", 0), (b"ab", b"ab", 2), (b"ab", b"abc", 2), (b"abX", b"abYX", 2)],
)
def test_common_prefix(left: bytes, right: bytes, length: int) -> None:
    assert common_prefix(left, right) == common_prefix(right, left) == length
