"""The automaton of a lexer mode: several terminals at once, conditions, and no state too many."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from maze.grammar.automaton import DEAD
from tests.grammar.toys import complete_at_end, dfa


def test_all_terminals_that_match_are_told() -> None:
    automaton = dfa("if", "[a-z]+", "[a-z]+!?")
    cases = {"if": {0, 1, 2}, "iff": {1, 2}, "if!": {2}, "!": set(), "": set()}
    assert {text: complete_at_end(automaton, text) for text in cases} == cases


STATES = [
    # patterns, how many states the smallest automaton has (the dead one not counted)
    (["abc"], 4),
    (["(a|b)*abb"], 4),
    (["ac|bc"], 3),
    (["a*", "aa*"], 2),
    (["a", "b"], 3),
    (["[0-9]+", "[0-9]+x"], 3),
    (["(?:a|aa|aaa)*"], 1),
    (["[\\u0800-\\u0fff\\u2000-\\u2fff]"], 5),
]


@pytest.mark.parametrize(("patterns", "states"), STATES)
def test_is_as_small_as_can_be(patterns: list[str], states: int) -> None:
    assert len(dfa(*patterns).transitions) == states


def test_no_two_states_are_equivalent() -> None:
    automaton = dfa(
        r"[0-9]+(?![0-9a-z])", r"[a-z]+", r"'(?:[^'\\\n]|\\.)*'", r"0x[0-9a-f]+", r"\p{Lu}+"
    )
    rows = np.vstack([automaton.transitions, np.full((1, 256), DEAD)])
    names = [str(accepts) for accepts in automaton.accepts] + ["dead"]
    differ = {(a, b) for a, b in combinations(range(len(names)), 2) if names[a] != names[b]}
    grown = True
    while grown:  # table filling (Aho et al., section 3.9.6), the textbook's other algorithm
        grown = False
        for a, b in combinations(range(len(names)), 2):
            if (a, b) in differ:
                continue
            pairs = {
                tuple(sorted((x % len(names), y % len(names))))
                for x, y in zip(rows[a], rows[b], strict=True)
            }
            if pairs & differ:
                differ.add((a, b))
                grown = True
    assert len(differ) == len(names) * (len(names) - 1) // 2


def test_lookahead_forbids_next_bytes() -> None:
    automaton = dfa(r"[0-9]+(?![0-9a-zé])", "a(?=b)")
    [number] = automaton.accepts[int(automaton.transitions[0, ord("7")])]
    assert [byte for byte in b"7az" if number.blocked >> byte & 1] == list(b"7az")
    assert number.blocked >> "é".encode()[0] & 1
    assert not number.blocked >> ord("+") & 1
    assert number.at_end
    [letter] = automaton.accepts[int(automaton.transitions[0, ord("a")])]
    assert [byte for byte in range(256) if not letter.blocked >> byte & 1] == [ord("b")]
    assert not letter.at_end


def test_endless_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="256"):
        dfa("a{300}")
