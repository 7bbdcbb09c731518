r"""The regular expressions of terminals: what they match, and what is refused."""

from __future__ import annotations

import random
import re

import pytest

from maze.grammar import regex
from maze.grammar.regex import PatternError
from tests.grammar.toys import complete_at_end, dfa

MATCHES = [
    # pattern, matched, not matched
    ("abc", ["abc"], ["", "ab", "abcd", "abC"]),
    ("a|bc|", ["a", "bc", ""], ["b", "abc"]),
    ("(ab)*", ["", "ab", "abab"], ["a", "aba"]),
    ("(?:ab)+c?", ["ab", "ababc"], ["", "c", "abcc"]),
    ("a{2}", ["aa"], ["a", "aaa"]),
    ("a{1,3}", ["a", "aa", "aaa"], ["", "aaaa"]),
    ("a{2,}", ["aa", "aaaaa"], ["a"]),
    ("a{,2}", ["", "aa"], ["aaa"]),
    ("a{x}", ["a{x}"], ["a"]),
    ("[a-cx]", ["a", "b", "x"], ["d", "-", ""]),
    ("[^a-c]", ["d", "é", "\n", "\U0001f600"], ["a", "", "\0"]),
    ("[]a]", ["]", "a"], ["b"]),
    ("[a-]", ["a", "-"], ["b"]),
    (r"[\]\-\\]", ["]", "-", "\\"], ["a"]),
    (r"[\d_]+", ["1_2"], ["a"]),
    (".", ["a", "\r", "名"], ["\n", "ab", ""]),
    ("(?s:.)", ["a", "\n"], [""]),
    (r"\d\w\s", ["1_\t", "9Z\n"], ["x_ ", "1é ", "1a\u00a0"]),
    (r"\D\W\S", ["x- x"[:2] + "x"], ["1-x", "xax", "x- "]),
    (r"\n\r\t\f\v\\", ["\n\r\t\f\v\\"], ["n"]),
    (r"\x41\u00e9", ["Aé"], ["x41"]),
    (r"\.\*\[\(\{\|", [".*[({|"], [""]),
    ("(?i:ab)c", ["abc", "ABc", "aBc"], ["abC"]),
    ("(?i:[^a])", ["b"], ["a", "A"]),
    (r"\p{Lu}\p{Nd}?", ["A", "É5"], ["a", "5"]),
    (r"\P{L}", ["1"], ["a"]),
    (r"\p{XID_Start}\p{XID_Continue}*", ["été", "名1"], ["1a", "_"]),
    ("é|名|\U0001f600", ["é", "名", "\U0001f600"], ["e"]),
]


@pytest.mark.parametrize(("pattern", "matched", "others"), MATCHES)
def test_matches(pattern: str, matched: list[str], others: list[str]) -> None:
    automaton = dfa(pattern)
    assert [text for text in matched if not complete_at_end(automaton, text)] == []
    assert [text for text in others if complete_at_end(automaton, text)] == []


AS_PYTHON = [
    "(a|b)*abb",
    "a?b?c?|ca",
    "(ab|a)(bc|c)?",
    "[ab]{2,3}c*",
    "((a*)b)*",
    "(a|ab)(c|bcd)*",
    "[^a]b+|a.",
]


@pytest.mark.parametrize("pattern", AS_PYTHON)
def test_agrees_with_python_on_random_texts(pattern: str) -> None:
    automaton, expected = dfa(pattern), re.compile(pattern)
    chooser = random.Random(3)
    texts = ["".join(chooser.choices("abcd", k=chooser.randrange(8))) for _ in range(500)]
    assert {bool(expected.fullmatch(text)) for text in texts} == {True, False}
    for text in texts:
        assert bool(complete_at_end(automaton, text)) == bool(expected.fullmatch(text)), text


ERRORS = [
    ("(ab", "missing '\\)'"),
    ("ab)", "unbalanced '\\)'"),
    ("[ab", "ends too early"),
    ("a\\", "ends too early"),
    ("*a", "nothing to repeat"),
    ("a|+", "nothing to repeat"),
    ("^a", "anchors"),
    ("a$", "anchors"),
    ("a*?", "lazy"),
    ("a++", "lazy and possessive"),
    (r"(a)\1", "escape \\\\1"),
    (r"a\b", "escape \\\\b"),
    ("(?<=a)b", "a look-behind must be for"),
    (r"a(?<=\s)b", "look-behind must begin"),
    (r"(?<=\s)a|b", "look-behind must begin"),
    (r"a|(?<=\s)b", "look-behind must begin"),
    ("(?P<n>a)", "group \\(\\?P is not supported"),
    ("a(?=b)c", "look-ahead must end"),
    ("(?:a(?!b))c", "look-ahead must end"),
    ("a(?!b)|c", "look-ahead must end"),
    ("c|a(?!b)", "look-ahead must end"),
    ("(?:c|a(?!b))", "look-ahead must end"),
    ("(?:a(?!b))*", "look-ahead must end"),
    ("a(?!b)(?!c)", "only one look-ahead"),
    ("a(?!bc)", "one character class"),
    ("a(?=b|c)", "one character class"),
    (r"\pL", "expected \\{name\\}"),
    (r"\p{L", "expected \\{name\\}"),
    (r"\p{Nope}", "unknown Unicode property"),
    (r"\xg1", "hexadecimal"),
    (r"\x4", "hexadecimal"),
    (r"[\d-a]", "range needs single characters"),
    ("[b-a]", "range"),
    ("a{3,2}", "bounds"),
]


@pytest.mark.parametrize(("pattern", "message"), ERRORS)
def test_refuses_with_a_reason(pattern: str, message: str) -> None:
    with pytest.raises(PatternError, match=message):
        regex.parse(pattern)


def test_lookbehind_is_kept_apart() -> None:
    assert regex.parse(r"(?<!\s)a").lookbehind == regex.Lookbehind(line_break=False, negative=True)
    assert regex.parse(r"(?<=\n)a").lookbehind == regex.Lookbehind(line_break=True, negative=False)
    assert regex.parse(r"(?:(?<=\s)a)").lookbehind is not None, "lark wraps sub-terminals in groups"


def test_lookahead_is_kept_apart() -> None:
    parsed = regex.parse("a(?![b-d])")
    assert parsed.lookahead == regex.Lookahead(((ord("b"), ord("d")),), negative=True)
    assert regex.parse("a(?=b)").lookahead == regex.Lookahead(((98, 98),), negative=False)
    assert regex.parse("(?:a(?=b))").lookahead is not None, "lark wraps sub-terminals in groups"
