"""Reading `.lark` files: what is read, and how errors name the file and the cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from maze.grammar import LANGUAGES, GrammarError
from maze.grammar.dialect import Choice, Definition, Repeat, Rule, Sequence, Terminal, read
from tests.grammar.toys import toy


def reading(folder: Path, text: str) -> Definition:
    path = folder / "toy.lark"
    path.write_text(text, encoding="utf-8")
    return read(path)


A, B, C = Terminal("A"), Terminal("B"), Terminal("C")
NAMED = 'A: "a"\nB: "b"\nC: /c/\n'

RULES = [
    ("A", A),
    ("A B", Sequence((A, B))),
    ("A | B C", Choice((A, Sequence((B, C))))),
    ("A?", Repeat(A, 0, 1)),
    ("[A]", Repeat(A, 0, 1)),
    ("A*", Repeat(A, 0, None)),
    ("(A B)+", Repeat(Sequence((A, B)), 1, None)),
    ("A~2", Repeat(A, 2, 2)),
    ("A~2..3", Repeat(A, 2, 3)),
    ("A (B | C)", Sequence((A, Choice((B, C))))),
    ('"a"', A),
    ('"+"', Terminal('"+"')),
    (r'"\\"', Terminal('"\\"')),
    ("start", Rule("start")),
]


@pytest.mark.parametrize(("body", "expression"), RULES)
def test_rules_keep_their_shape(tmp_path: Path, body: str, expression: object) -> None:
    definition = reading(tmp_path, f"start: {body}\nother: A B C\n{NAMED}")
    assert definition.rules["start"] == expression


def test_terminals_know_priority_kind_and_source(tmp_path: Path) -> None:
    definition = reading(
        tmp_path,
        'start: NAME KEYWORD "+" NEWLINE\nNAME: /[a-z]+/\nKEYWORD.2: "let"\n'
        "%declare NEWLINE\n%ignore /[ ]+/\n",
    )
    terminals = definition.terminals
    assert (terminals["NAME"].literal, terminals["NAME"].priority) == (False, 0)
    assert (terminals["KEYWORD"].literal, terminals["KEYWORD"].priority) == (True, 2)
    assert terminals['"+"'].literal
    assert terminals["NEWLINE"].source is None
    assert [terminals[name].source for name in definition.ignored] == ["[ ]+"]
    assert definition.used_terminals() == {"NAME", "KEYWORD", '"+"', "NEWLINE"}


UNREADABLE = [
    ("start: A B\nA: /a/\n", "B"),
    ("start: missing\n", "missing"),
    ("start: A\nA: /a\n", "toy.lark"),
    ("start: (A\nA: /a/\n", "toy.lark"),
    ("start: A\nstart: A\nA: /a/\n", "start"),
    ("start: /a+/\n", "name the regular expression"),
]


@pytest.mark.parametrize(("text", "cause"), UNREADABLE)
def test_errors_name_the_cause(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(GrammarError, match=cause):
        reading(tmp_path, text)


UNBUILDABLE = [
    ("file: A\nA: /a*?/\n", "terminal A: lazy"),
    ("file: A\nA: /(?<=b)a/\n", "terminal A: a look-behind"),
    ("file: A B\nA: /a/\n%declare B\n", "B"),
]


@pytest.mark.parametrize(("text", "cause"), UNBUILDABLE)
def test_terminals_outside_the_dialect_are_named(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(GrammarError, match=cause):
        toy(tmp_path, text).check(b"a")


def test_entry_points_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "toy.lark"
    with pytest.raises(GrammarError, match="'file'"):
        toy(tmp_path, "start: A\nA: /a/\n").check(b"a")
    assert path.exists()


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.id)
def test_patterns_of_real_grammars_are_in_the_dialect(language: object) -> None:
    definition = read(language.path)  # type: ignore[attr-defined]
    patterns = [t.pattern for t in definition.terminals.values() if t.source is not None]
    assert len(patterns) > 50


def test_a_dialect_lacks_what_needs_an_absent_rule(tmp_path: Path) -> None:
    text = (
        "file: items\nitems: (a | b C)*\nblock: c? A\n"
        "a: A typed | B\ntyped: only\nonly: C\nb: B | typed\nc: typed A\nnever: C\n"
    )
    whole = reading(tmp_path, text + NAMED)
    less = whole.without(frozenset({"typed"}))
    assert less.rules == {
        "file": Rule("items"),
        "items": Repeat(Choice((Rule("a"), Sequence((Rule("b"), C)))), 0, None),
        "block": Sequence((Sequence(()), A)),
        "a": B,
        "b": B,
        "never": C,  # nothing refers to it in the whole grammar either
    }
    assert whole.without(frozenset()).rules == whole.rules
