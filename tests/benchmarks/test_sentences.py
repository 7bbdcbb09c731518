"""Random sentences are sentences: the grammar that made them accepts nearly all of them."""

from __future__ import annotations

import random

import pytest

from benchmarks.sentences import Sentences
from maze.grammar import load

HEADERS = {"python": "", "go": "package p\n\n", "zig": ""}
# How many of a hundred may come out as something else; in Zig blanks around operators matter.
MISSES = {"zig": 25}


@pytest.mark.parametrize("language", HEADERS)
def test_sentences_are_accepted(language: str) -> None:
    """Not all: where lexer modes or blanks change what was meant, the text is something else."""
    syntax = load(language)
    sentences = Sentences(syntax, random.Random(1))
    texts = [HEADERS[language] + sentences.text("items", size) for size in (4, 8, 16, 32) * 25]
    refused = [text for text in texts if syntax.check(text.encode()) is not None]
    assert len(refused) <= MISSES.get(language, 5), refused
    assert len(set(texts)) > 30


def test_more_freedom_makes_longer_sentences() -> None:
    sentences = Sentences(load("go"), random.Random(1))
    short, long = (sum(len(sentences.text("items", size)) for _ in range(200)) for size in (2, 60))
    assert short * 3 < long


def test_what_is_never_generated_is_avoided() -> None:
    sentences = Sentences(load("python"), random.Random(1))
    texts = [sentences.text("strings", 20) for _ in range(2000)]
    assert not any("\\N{" in text for text in texts)
