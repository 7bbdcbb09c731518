"""Rules over lexeme classes: neighbours, what is interchangeable, and inlining."""

from __future__ import annotations

import random
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from maze.grammar import ENTRIES, GrammarError, Syntax, load
from maze.grammar.inlining import inlined
from maze.grammar.productions import Productions, encode
from maze.grammar.xgr import xgrammar
from tests.grammar.texts import LANGUAGES
from tests.grammar.toys import Sentences, derives, toy

TERMINALS = 'A: "a"\nB: "b"\nC: "c"\nD: "d"\n'

NEIGHBOURS = [
    ("file: A B", {"AB"}),
    ("file: A | B C", {"BC"}),
    ("file: A B? C", {"AB", "BC", "AC"}),
    ("file: A*", {"AA"}),
    ("file: A?", set()),
    ("file: A~1", set()),
    ("file: A~2", {"AA"}),
    ("file: (A B)+ C", {"AB", "BA", "BC"}),
    ("file: (A | B?) C", {"AC", "BC"}),
    ("file: one two\none: A B?\ntwo: C? D?", {"AB", "AC", "BC", "AD", "BD", "CD"}),
    ("file: A file? B", {"AA", "AB", "BB"}),
    ("file: one A\none: two?\ntwo: B one", {"BB", "BA"}),
    ("file: A one* B\none: C?", {"AB", "AC", "CC", "CB"}),
]


@pytest.mark.parametrize(("rules", "pairs"), NEIGHBOURS)
def test_follow_pairs(tmp_path: Path, rules: str, pairs: set[str]) -> None:
    # `unrelated` keeps the terminals apart: what no rule tells apart is one class.
    apart = "unrelated: A D D D | B D D | C C D D D D\n"
    (tmp_path / "x").mkdir()
    syntax = toy(tmp_path / "x", f"{rules}\n{apart}{TERMINALS}")
    body = {n: e for n, e in syntax.definition.rules.items() if n != "unrelated"}
    productions = Productions(body, syntax.lexer.classes)
    names = ["".join(sorted(terminals)) for terminals in syntax.lexer.classes]
    assert {names[a] + names[b] for a, b in productions.follow_pairs} == pairs


def test_interchangeable_classes() -> None:
    classes = [
        frozenset(),
        *(frozenset({n}) for n in "PMST"),
        frozenset({"S", "T"}),
        frozenset({"U"}),
    ]
    from maze.grammar.dialect import Choice, Rule, Sequence, Terminal

    p, m, s, t = map(Terminal, "PMST")
    rules = {"file": Sequence((Rule("op"), s, t)), "op": Choice((p, m))}
    merged = Productions(rules, classes).interchangeable()
    assert merged == {0: 0, 1: 1, 2: 1, 3: 3, 4: 4, 5: 5, 6: 6}


def test_missing_rules_and_terminals_are_named() -> None:
    from maze.grammar.dialect import Rule, Terminal

    with pytest.raises(GrammarError, match="'other', which does not exist"):
        Productions({"file": Rule("other")}, [frozenset()]).ebnf(["file"])
    with pytest.raises(GrammarError, match="NOWHERE"):
        Productions({"file": Terminal("NOWHERE")}, [frozenset()]).ebnf(["file"])
    with pytest.raises(GrammarError, match="no rule named 'file'"):
        Productions({}, [frozenset()]).ebnf(["file"])


@pytest.mark.parametrize("number", [1, 0x2F, 0x61, 0x7F, 0x80, 0x7FF])
def test_a_class_is_one_character(number: int) -> None:
    assert encode([number]).decode() == chr(number)


@cache
def matcher_of_rules_as_written(language: str):  # type: ignore[no-untyped-def]
    """A matcher over single classes like `Syntax.class_matcher`, for the rules before inlining."""
    syntax = load(language)
    productions = Productions(syntax.definition.rules, syntax.lexer.classes)
    names = [encode([n]) for n in range(1, len(syntax.lexer.classes))]
    tokens = xgrammar.TokenizerInfo(
        [b"\0<end>", *names], vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[0]
    )
    compiler = xgrammar.GrammarCompiler(tokens, max_threads=1, cache_enabled=False)
    grammar = xgrammar.Grammar.from_ebnf(productions.ebnf(ENTRIES))
    return xgrammar.GrammarMatcher(compiler.compile_grammar(grammar))._handle


def sentences(syntax: Syntax, rules: object, seed: int) -> list[tuple[str, list[str]]]:
    makers = Sentences(rules, seed)  # type: ignore[arg-type]
    return [(entry, makers.sentence(entry, depth)) for entry in ENTRIES for depth in range(4, 16)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", range(3))
def test_inlining_keeps_the_language(language: str, seed: int) -> None:
    syntax = load(language)
    written, made = syntax.definition.rules, inlined(syntax.definition.rules, ENTRIES)
    assert len(made) < len(written)
    directions = [
        (written, syntax.class_matcher),
        (made, matcher_of_rules_as_written(language)),
    ]
    for rules, matcher in directions:
        for entry, sentence in sentences(syntax, rules, seed):
            start = syntax.start(entry)
            assert derives(syntax.productions, matcher, start, sentence), sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_refuse_the_same_random_changes(language: str) -> None:
    syntax, chooser = load(language), random.Random(2)
    verdicts = set()
    for entry, sentence in sentences(syntax, syntax.definition.rules, seed=9):
        if not sentence:
            continue
        changed = list(sentence)
        changed[chooser.randrange(len(changed))] = chooser.choice(sentence)
        start = syntax.start(entry)
        verdict = derives(syntax.productions, syntax.class_matcher, start, changed)
        assert verdict == derives(
            syntax.productions, matcher_of_rules_as_written(language), start, changed
        ), changed
        verdicts.add(verdict)
    assert verdicts == {True, False}


@pytest.mark.parametrize("language", LANGUAGES)
def test_neighbours_in_sentences_are_follow_pairs(language: str) -> None:
    syntax = load(language)
    by_terminal = syntax.productions.by_terminal
    for _, sentence in sentences(syntax, syntax.definition.rules, seed=4):
        for left, right in pairwise(sentence):
            pairs = {(a, b) for a in by_terminal[left] for b in by_terminal[right]}
            assert pairs <= syntax.productions.follow_pairs, (left, right)


RULES = [
    ("file: one one\none: A", {"file"}),
    ("file: one\none: A one?", {"file", "one"}),  # refers to itself
    ("file: one\none: two\ntwo: one | A", {"file", "one"}),
]


@pytest.mark.parametrize(("text", "left"), RULES)
def test_rules_that_are_inlined(tmp_path: Path, text: str, left: set[str]) -> None:
    definition = toy(tmp_path, f'{text}\nA: "a"\n').definition
    own = {name: body for name, body in definition.rules.items() if name not in ("items", "block")}
    assert set(inlined(own, ["file"])) == left


def test_classes_that_others_cover_decide_nothing(tmp_path: Path) -> None:
    syntax = toy(tmp_path, 'file: "x" ("a" | "b" "c") | "y" ("a" | "d" "c")\n')
    [a], [b], [c], [d] = (syntax.productions.by_terminal[f'"{letter}"'] for letter in "abcd")
    widest = syntax.productions.widest
    assert widest(frozenset({(a,), (b,)})) == {(a,)}
    assert widest(frozenset({(a,), (b,), (d,)})) == {(a,)}
    assert widest(frozenset({(b,), (d,)})) == {(b,), (d,)}
    assert widest(frozenset({(b,)})) == {(b,)}
    assert widest(frozenset({(a,), (b, c)})) == {(a,)}
    assert widest(frozenset({(b,), (b, c)})) == {(b,)}
    assert widest(frozenset({(b,), (d, c)})) == {(b,), (d, c)}
