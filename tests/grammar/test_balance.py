"""What sentences balance: read off the rules, it holds of every sentence, and brackets are among it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from maze.grammar import ENTRIES, Syntax, load
from maze.grammar.balance import is_even
from maze.grammar.productions import encode
from tests.grammar.texts import LANGUAGES
from tests.grammar.toys import Sentences, toy

TERMINALS = 'A: "a"\nB: "b"\nC: "c"\nD: "d"\n'

# Rules, strings of their letters that may be sentences for all that sums tell, and others.
BALANCED = [
    ("file: (A | B)*", "A AB BBB", ""),
    ("file: A file B | C*", "C AB ABC BA AABB", "A AAB BB CB"),
    # What opens may close in two ways, and in another rule.
    ("file: A file (B | C) | D*", "AB AC AABC D", "A AAB BC"),
    ("file: one*\none: open C* B\nopen: A", "AB ACB", "A CB ABB"),
    # Exactly so many.
    ("file: (A~2 B)*", "AAB AABAAB", "AB AAAB"),
    ("file: (A~1..2 B)*", "AB AAB B A", ""),
    ("file: (A B?)*", "A AB BB", ""),
    ("file: (A file B | C file D)*", "AB CD ABCD ACBD", "AD CB ABC"),
]


def total(syntax: Syntax, letters: str) -> int:
    return syntax.balance.of(encode([syntax.productions.by_terminal[c][0] for c in letters]))


@pytest.mark.parametrize(("rules", "even", "odd"), BALANCED)
def test_what_adds_up(tmp_path: Path, rules: str, even: str, odd: str) -> None:
    # What no rule tells apart is one class, so a rule that nothing refers to keeps the letters apart.
    syntax = toy(tmp_path, f"{rules}\nunrelated: A A A B B C | A A B D\n{TERMINALS}")
    assert [s for s in even.split() if not is_even(total(syntax, s))] == []
    assert [s for s in odd.split() if is_even(total(syntax, s))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_add_up_and_do_not_without_one_of_their_brackets(language: str) -> None:
    syntax = load(language)
    numbers = syntax.productions.by_terminal
    sentences = Sentences(syntax.definition.rules, seed=1)
    chance = random.Random(1)
    removed = 0
    for entry in ENTRIES:
        for _ in range(150):
            sentence = [chance.choice(numbers[name]) for name in sentences.sentence(entry, 12)]
            assert is_even(syntax.balance.of(encode(sentence)))
            for terminal in ('"("', '")"', '"["', '"]"', '"{"', '"}"'):
                (bracket,) = numbers[terminal]
                if bracket in sentence:
                    at = sentence.index(bracket)
                    less = syntax.balance.of(encode(sentence[:at] + sentence[at + 1 :]))
                    assert not is_even(less)
                    removed += 1
    assert removed > 50
