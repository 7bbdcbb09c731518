"""Strings that no place tells apart: their representatives come exactly where they do."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pytest

from maze.grammar import ENTRIES, Syntax, load
from maze.grammar.behaviour import Behaviours, ClassString
from maze.grammar.productions import encode
from tests.grammar.texts import LANGUAGES
from tests.grammar.toys import Sentences, toy

TERMINALS = 'A: "a"\nB: "b"\nC: "c"\nD: "d"\n'

# Rules, pairs of strings that are alike, and strings that never come. (That those that are
# not alike are not taken for it is tried out on all strings.)
ALIKE = [
    ("file: A B C | D A B", "ABC=D", "BD BA"),
    ("file: A B C D", "AB=A ABCD=A BC=B CD=C", "AC BD DA"),
    ("file: A one C | B one D\none: D B", "ADB=A", "AA CD"),
    ("file: (A B)+ C", "AB=A ABA=A BA=B", "AC CA"),
    ("file: A file B | C", "AA=A AC=A ACB=A", "BA CC"),
    ("file: one D\none: one A B | C", "AB=A CA=C CD=C", "BC AD"),
    ("file: one D\none: A? B? C", "BC=B CD=C", "BA DD"),
    ("file: A~2..3 B", "", "AAAA BA"),
]


def names(syntax: Syntax, letters: str) -> ClassString:
    return tuple(syntax.productions.by_terminal[letter][0] for letter in letters)


@pytest.mark.parametrize(("rules", "alike", "never"), ALIKE)
def test_every_short_string_of_small_grammars(
    tmp_path: Path, rules: str, alike: str, never: str
) -> None:
    # What no rule tells apart is one class, so a rule that nothing refers to keeps the letters apart.
    syntax = toy(tmp_path, f"{rules}\nunrelated: A D D D | B D D | C C D D D D\n{TERMINALS}")
    letters = "".join(sorted(set(rules) & set("ABCD")))
    strings = [s for n in range(1, 5) for s in product(names(syntax, letters), repeat=n)]
    found = Behaviours(syntax.productions).representatives(strings)
    prefixes = [(), *(s for s in strings if len(s) < 4)]
    assert_alike(syntax, "file", prefixes, found, strings)
    for pair in alike.split():
        one, other = (names(syntax, side) for side in pair.split("="))
        assert found[one] == found[other] is not None, pair
    for string in never.split():
        assert found[names(syntax, string)] is None, string


def assert_alike(
    syntax: Syntax,
    entry: str,
    prefixes: Iterable[ClassString],
    representatives: dict[ClassString, ClassString | None],
    strings: Iterable[ClassString],
) -> None:
    for prefix in prefixes:
        matcher = syntax.class_matcher.fork()
        matcher.accept_string(syntax.start(entry), False)
        if prefix and not matcher.accept_string(encode(prefix), False):
            continue
        for string in strings:
            chosen = representatives[string]
            expected = chosen is not None and comes(matcher, chosen)
            assert comes(matcher, string) == expected, (prefix, string, chosen)


def comes(matcher, string: ClassString) -> bool:  # type: ignore[no-untyped-def]
    accepted = matcher.accept_string(encode(string), False)
    if accepted:
        matcher.rollback(1)
    return bool(accepted)


@pytest.mark.parametrize("language", LANGUAGES)
def test_strings_of_real_grammars(language: str) -> None:
    syntax, chooser = load(language), random.Random(7)
    by_terminal = syntax.productions.by_terminal
    makers = Sentences(syntax.definition.rules, 5)
    sentences = [
        (entry, tuple(by_terminal[name][0] for name in makers.sentence(entry, depth)))
        for entry in ENTRIES
        for depth in range(6, 18, 3)
    ]
    strings = {
        sentence[at : at + length]
        for _, sentence in sentences
        for length in range(1, 5)
        for at in range(0, len(sentence) - length + 1, 3)
    }
    # Most changes make something impossible; some only look so.
    strings |= {(*s[:-1], chooser.choice(chooser.choice(tuple(strings)))) for s in strings}
    found = Behaviours(syntax.productions).representatives(strings)
    assert len(set(found.values())) < 0.8 * len(strings)
    asked = sorted(s for s in strings if found[s] != s)
    for entry, sentence in sentences:
        prefixes = [sentence[:at] for at in range(0, len(sentence), 7)]
        assert_alike(syntax, entry, prefixes, found, chooser.sample(asked, min(200, len(asked))))


# Rules, a string that is long, and what may come exactly where it may; "" if it never comes.
LONG = [
    ("file: A* B", "A" * 300, "A"),
    ("file: A* B", "A" * 100 + "B", "A"),
    ("file: A* B", "B" + "A" * 100, ""),
    ("file: (A B)* C", "AB" * 100 + "C", "A"),
    ("file: A B* C", "A" + "B" * 100, "A"),
    ("file: A | B~100", "B" * 70, "B" * 70),  # no shorter one may come in as few places
]


@pytest.mark.parametrize(("rules", "string", "alike"), LONG)
def test_long_strings_are_cut_where_nothing_tells(
    tmp_path: Path, rules: str, string: str, alike: str
) -> None:
    syntax = toy(tmp_path, f"{rules}\nunrelated: A D D D | B D D | C C D D D D\n{TERMINALS}")
    asked = names(syntax, string)
    found = Behaviours(syntax.productions).representatives([asked])[asked]
    assert found == (names(syntax, alike) or None)
