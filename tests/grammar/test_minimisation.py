"""Minimised lexers: fewer states, and nothing else differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from maze.grammar import dialect
from maze.grammar.layout import NoLayout
from maze.grammar.lexer import Lexer, LexerTables
from maze.grammar.minimisation import minimised
from maze.grammar.transducer import build

GRAMMAR = """
file: (WORD | "if" | "of" | NUMBER)*
items: file
block: file
WORD: /[a-z]+/
NUMBER: /[0-9]+(?:[.][0-9]+)?/
%ignore " "
"""

TEXTS = [b"", b"a", b"if", b"iffy of", b"of if o i", b"1.5 1 12.34 a", b"1.", b"1.a", b"A", b"a  1"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> LexerTables:
    path: Path = tmp_path_factory.mktemp("toy") / "toy.lark"
    path.write_text(GRAMMAR)
    return build(dialect.read(path), NoLayout(), {})


def renamed(tables: LexerTables, *classes: int) -> LexerTables:
    """The tables with some classes merged into the first of them, as rules do that do not tell them apart."""
    return tables.merged({n: classes[0] if n in classes else n for n in range(len(tables.classes))})


def outcome(tables: LexerTables, text: bytes) -> tuple[list[int], int | None] | None:
    lexer, items = Lexer(tables, 0), list[int]()
    end = lexer.read(lexer.start, text, items)
    return None if end is None else (items, lexer.end(end, items))


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_else_differs(tables: LexerTables, text: bytes) -> None:
    assert outcome(minimised(tables), text) == outcome(tables, text)


def test_what_rules_do_not_tell_apart_costs_no_states(tables: LexerTables) -> None:
    words = [n for n, names in enumerate(tables.classes) if names & {"WORD", '"if"', '"of"'}]
    assert len(words) == 3
    merged = renamed(tables, *words)
    assert len(minimised(merged).table) < len(minimised(tables).table) <= len(tables.table)


def test_a_second_time_changes_nothing(tables: LexerTables) -> None:
    once = minimised(tables)
    assert minimised(once) == once
