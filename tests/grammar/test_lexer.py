"""The lexer: longest match, priorities, modes, the end of the text, and pausing anywhere."""

from __future__ import annotations

import io
import random
import tokenize
from pathlib import Path

import pytest

from maze.grammar import GrammarError, Syntax, load
from maze.grammar.modes import MAIN, Go, Mode, Pop, Push
from tests.grammar.texts import LANGUAGES, Text, accepted_cases, real_files
from tests.grammar.toys import lexemes, toy

SMALL = r"""
file: (NAME | SOFT NAME | KEYWORD NAME | LONG NAME | NUMBER NAME | FLOAT NAME | DOT NAME | RANGE NAME | DOTS NAME
     | NUMBER DOT | NUMBER RANGE NUMBER | RANGE DOT)*
NAME: /[a-z]+/
SOFT: /match/
KEYWORD: "if"
LONG.1: /[a-z]+!/
NUMBER: /[0-9]+(?![0-9a-z])/
FLOAT: /[0-9]+\.[0-9]+/
DOT: "."
RANGE: ".."
DOTS: "...."
%ignore / +/
"""

LEXED = [
    ("", []),
    ("a", ["NAME"]),
    ("ab c", ["NAME", "NAME"]),
    ("if", ["KEYWORD"]),  # a literal wins
    ("iff if", ["NAME", "KEYWORD"]),  # the longest match wins before that
    ("match", ["NAME|SOFT"]),  # regexes tie
    ("matches", ["NAME"]),
    ("if!", ["LONG"]),
    ("12", ["NUMBER"]),
    ("1 2", ["NUMBER", "NUMBER"]),
    ("1a", None),  # the look-ahead forbids it
    ("1.5", ["FLOAT"]),
    ("1.", ["NUMBER", "DOT"]),  # backs up by a byte
    ("1..2", ["NUMBER", "RANGE", "NUMBER"]),
    (".", ["DOT"]),
    ("...", ["RANGE", "DOT"]),  # backs up at the end of the text
    (".... .", ["DOTS", "DOT"]),
    ("...a", ["RANGE", "DOT", "NAME"]),
    ("#", None),
    ("a\0", None),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Syntax:
    return toy(tmp_path_factory.mktemp("small"), SMALL)


@pytest.mark.parametrize(("text", "terminals"), LEXED)
def test_lexemes(small: Syntax, text: str, terminals: list[str] | None) -> None:
    assert lexemes(small, text.encode()) == terminals


def test_a_lexeme_backs_up_only_to_what_some_sentence_has(tmp_path: Path) -> None:
    rest = 'NUMBER: /[0-9]+/\nFLOAT: /[0-9]+\\.[0-9]+/\nDOT: "."\n%ignore / +/'
    apart = toy(tmp_path, f"file: NUMBER FLOAT DOT\n{rest}")
    assert lexemes(apart, b"1 1.5.") == ["NUMBER", "FLOAT", "DOT"]
    assert lexemes(apart, b"1 1.") is None


SIDES = r"""
file: (SPACED NAME | TIGHT NAME | LEAN NAME | FIRST NAME | NOT_FIRST NAME)*
NAME: /[a-z]+/
SPACED: /(?<=\s)-(?=[ \n])/
TIGHT: /(?<!\s)-(?![ \n])/
LEAN.-1: "-"
FIRST: /(?<=\n)!/
NOT_FIRST: /(?<!\n)!/
%ignore / +/
%ignore /\n/
%ignore /#[^\n]*/
"""

BEHIND = [
    ("a - b", ["NAME", "SPACED", "NAME"]),
    ("a\n-\nb", ["NAME", "SPACED", "NAME"]),
    ("a-b", ["NAME", "TIGHT", "NAME"]),
    ("a -b- ", ["NAME", "LEAN", "NAME", "LEAN"]),
    ("- -a", ["SPACED", "LEAN", "NAME"]),  # the start of the text counts as a blank
    ("!a!", ["FIRST", "NAME", "NOT_FIRST"]),
    ("a !a\n!", ["NAME", "NOT_FIRST", "NAME", "FIRST"]),
    ("a\n  !! !", ["NAME", "FIRST", "NOT_FIRST", "NOT_FIRST"]),
    ("a #b\n!", ["NAME", "FIRST"]),
    ("a\n#b", ["NAME"]),
]


@pytest.mark.parametrize(("text", "terminals"), BEHIND)
def test_looking_behind(tmp_path: Path, text: str, terminals: list[str]) -> None:
    assert lexemes(toy(tmp_path, SIDES), text.encode()) == terminals


def test_priority_beats_the_literal(tmp_path: Path) -> None:
    syntax = toy(tmp_path, 'file: LOUD WORD "if"\nLOUD.2: /if|x/\nWORD: /[a-z]/\n%ignore " "\n')
    assert lexemes(syntax, b"if x y") == ["LOUD", "LOUD", "WORD"]


def test_interchangeable_terminals_are_one(tmp_path: Path) -> None:
    syntax = toy(tmp_path, 'file: N (op N)*\nop: "+" | "-" | "*" N\nN: /[0-9]/\n')
    plus, minus, star = (lexemes(syntax, text) for text in (b"1+1", b"1-1", b"1*1"))
    assert plus == minus != star


TEMPLATES = r"""
%declare TEXT END OPEN
file: part*
part: NAME | "(" part* ")" | START TEXT* (OPEN part* CLOSE TEXT*)* END
NAME: /[a-z]+/
START: "<"
TEXT__T: /[^{>]+/
END__T: ">"
OPEN__T: "{"
CLOSE: "}"
%ignore / +/
"""
TEMPLATE_MODES = {
    MAIN: Mode(switches={"START": Push("text")}),
    "text": Mode(
        terminals=("TEXT__T", "END__T", "OPEN__T"),
        switches={"END__T": Pop(), "OPEN__T": Push("field")},
    ),
    "field": Mode(eager={"}": "CLOSE"}, switches={"CLOSE": Pop(), "START": Push("text")}),
}

IN_MODES = [
    ("a", ["NAME"]),
    ("<a b>", ["START", "TEXT", "END"]),
    ("<>a", ["START", "END", "NAME"]),
    ("<x{a b}y>", ["START", "TEXT", "OPEN", "NAME", "NAME", "CLOSE", "TEXT", "END"]),
    ("<{<{a}>}>", ["START", "OPEN", "START", "OPEN", "NAME", "CLOSE", "END", "CLOSE", "END"]),
    ("<a", None),  # no text ends inside
    ("<{a", None),
    ("a}", ["NAME", "CLOSE"]),  # nothing to close here: that is for the parser to find
]


@pytest.mark.parametrize(("text", "terminals"), IN_MODES)
def test_modes(tmp_path: Path, text: str, terminals: list[str] | None) -> None:
    syntax = toy(tmp_path, TEMPLATES, modes=TEMPLATE_MODES)
    assert lexemes(syntax, text.encode()) == terminals


def test_modes_can_be_entered_for_good(tmp_path: Path) -> None:
    modes = {
        MAIN: Mode(switches={'":"': Go("rest")}),
        "rest": Mode(terminals=("REST__R",)),
    }
    syntax = toy(
        tmp_path, '%declare REST\nfile: N* ":" REST?\nN: /[0-9]/\nREST__R: /.+/\n', modes=modes
    )
    assert lexemes(syntax, b"1:2:3") == ["N", '":"', "REST"]


def test_mode_terminals_must_exist(tmp_path: Path) -> None:
    modes = {"odd": Mode(terminals=("NOWHERE__O",))}
    with pytest.raises(GrammarError, match="NOWHERE__O"):
        toy(tmp_path, "file: A\nA: /a/\n", modes=modes)


FSTRINGS = [
    ("f''", "STRING"),
    ("f'a'", "FSTRING_START FSTRING_MIDDLE FSTRING_END"),
    ("f'{{}}'", "FSTRING_START FSTRING_MIDDLE FSTRING_MIDDLE FSTRING_END"),
    ("f'{a}'", "FSTRING_START FIELD_OPEN NAME FIELD_CLOSE FSTRING_END"),
    (
        "f'{a:>{w}}'",
        "FSTRING_START FIELD_OPEN NAME FIELD_COLON SPEC_MIDDLE FIELD_OPEN NAME FIELD_CLOSE FIELD_CLOSE FSTRING_END",
    ),
    (
        "f'{f\"{a}\"}'",
        "FSTRING_START FIELD_OPEN FSTRING_START FIELD_OPEN NAME FIELD_CLOSE FSTRING_END FIELD_CLOSE FSTRING_END",
    ),
    (
        "f'{f'{a}'}'",  # the same quotes inside: a string of its own
        "FSTRING_START FIELD_OPEN FSTRING_START FIELD_OPEN NAME FIELD_CLOSE FSTRING_END FIELD_CLOSE FSTRING_END",
    ),
]


@pytest.mark.parametrize(("text", "names"), FSTRINGS)
def test_fstrings(text: str, names: str) -> None:
    found = lexemes(load("python"), text.encode())
    assert found is not None
    wanted = [*names.split(), "NEWLINE"]
    assert len(found) == len(wanted)
    assert all(w in f.split("|") for w, f in zip(wanted, found, strict=True)), found


def test_a_colon_in_brackets_begins_no_format_specification() -> None:
    found = lexemes(load("python"), b"f'{a[1:2]:x}'")
    assert found is not None
    assert found.count("FIELD_COLON") == 1


def texts(language: str) -> tuple[Text, ...]:
    return (*real_files(language, 8), *accepted_cases(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_pausing_anywhere_changes_nothing(language: str) -> None:
    lexer = load(language).lexer
    chooser = random.Random(5)
    for text in texts(language):
        whole: list[int] = []
        end = lexer.read(lexer.start, text.data, whole)
        assert end is not None, text.name
        pieces: list[int] = []
        position, at = lexer.start, 0
        while at < len(text.data):
            cut = at + chooser.choice((1, 1, 2, 3, 7, 40))
            ahead = lexer.read(position, text.data[at:cut], pieces)
            assert ahead is not None, text.name
            position, at = ahead, cut
        assert (pieces, position) == (whole, end), text.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_ends_as_if_its_last_line_did(language: str) -> None:
    syntax = load(language)
    for text in real_files(language, 8):
        stripped = text.data.rstrip()
        assert lexemes(syntax, stripped) == lexemes(syntax, stripped + b"\n"), text.name


def test_python_is_lexed_as_its_own_tokenizer_does() -> None:
    """Kinds of tokens one by one, in files without f-strings (they are single tokens before Python 3.12)."""
    syntax = load("python")
    kinds = {tokenize.NEWLINE: "NEWLINE", tokenize.INDENT: "INDENT", tokenize.DEDENT: "DEDENT"}
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}
    compared = 0
    for text in real_files("python", 40):
        tokens = list(tokenize.tokenize(io.BytesIO(text.data).readline))
        if any(t.string[:3].lower().startswith(("f'", 'f"', "rf", "fr")) for t in tokens):
            continue
        theirs = [kinds.get(t.type, "other") for t in tokens if t.type not in silent]
        ours = lexemes(syntax, text.data)
        assert ours is not None, text.name
        assert [n if n in kinds.values() else "other" for n in ours] == theirs, text.name
        compared += 1
    assert compared > 5


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", b"'a\n'"),
        ("python", b"'''a"),
        ("python", b"$"),
        ("python", b"a = 0x"),
        ("python", b"a\0b"),
        ("python", b"'\xff'"),
        ("python", b"'\xc3'"),
        ("python", "a€".encode()),
        ("go", b'"a\n"'),
        ("go", b"`a"),
        ("go", b"/* a"),
        ("go", b"x := 0b2"),
        ("go", b"'ab'"),
        ("go", b"// \xff\n"),
    ],
)
def test_what_does_not_lex(language: str, text: bytes) -> None:
    assert lexemes(load(language), text) is None


def test_suggestions_do_not_begin_what_no_grammar_can_vouch_for() -> None:
    lexer = load("python").lexer
    for text in (rb"'\N{DIGIT ONE}'", rb"f'\N{DIGIT ONE}'"):
        assert lexer.read(lexer.start, text, []) is not None
        assert lexer.read(lexer.start, text, [], generating=True) is None
    inside = lexer.read(lexer.start, rb"'\N{DIG", [])
    assert inside is not None
    assert lexer.read(inside, b"IT ONE}'", [], generating=True) is not None, (
        "one there already goes on"
    )
