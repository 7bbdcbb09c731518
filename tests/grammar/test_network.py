"""Rules as automata: they read what the rules as regular expressions read, and are minimal."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from maze.grammar import Syntax
from maze.grammar.productions import encode
from tests.grammar.toys import toy

TERMINALS = 'A: "a"\nB: "b"\nC: "c"\n'
# What no rule tells apart is one class, so a rule that nothing refers to keeps the letters apart.
APART = "unrelated: A C C | B A C\n"

# The rules, the same as Python has it, and how many nodes the network has.
RULES = [
    ("file: A B | A C", "AB|AC", 3),
    ("file: A?", "A?", 2),
    ("file: A*", "A*", 1),
    ("file: (A | B)* A", "[AB]*A", 2),
    ("file: (A B?)+ C", "(AB?)+C", 4),
    ("file: A~2..3 B*", "AA(A?)B*", 4),
    ("file: (A (B | C))* A?", "(A[BC])*A?", 2),
    ("file: one* C\none: A | B one?", "(A|B+A?|B)*C", None),  # two ways to read `BA`
    ("file: one C\none: A*", "A*C", None),  # what is called may be empty
    ("file: one\none: two | A\ntwo: B? C?", "B?C?|A", None),
    ("file: A one\none: one B | C", "ACB*", None),
    ("file: A file? B | C", "A(A(A(AB|C)?B|C)?B|C)?B|C", None),  # as deep as is looked
]


@pytest.mark.parametrize(("rules", "expression", "nodes"), RULES)
def test_every_short_string(tmp_path: Path, rules: str, expression: str, nodes: int | None) -> None:
    syntax = toy(tmp_path, f"{rules}\n{APART}{TERMINALS}")
    for length in range(7):
        for letters in map("".join, product("ABC", repeat=length)):
            assert whole(syntax, letters) == bool(re.fullmatch(expression, letters)), letters
    if nodes is not None:
        net = syntax.productions.network(["file"])
        assert len(net.ends) == nodes


def whole(syntax: Syntax, letters: str) -> bool:
    """Whether XGrammar reads the terminals as a file."""
    matcher = syntax.class_matcher.fork()
    text = encode([syntax.productions.by_terminal[letter][0] for letter in letters])
    return matcher.accept_string(syntax.start("file") + text, False) and matcher.is_completed()
