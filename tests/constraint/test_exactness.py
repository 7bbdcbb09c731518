"""The bitmask is exactly the set of tokens that lexer, layout and parser take, one by one."""

from __future__ import annotations

import random

import numpy as np
import pytest

from maze.constraint import Constrainer
from maze.constraint.reading import Reading
from maze.grammar import load
from maze.grammar.layout import MAX_DEPTH, MAX_INDENTATION
from tests.constraint.brute import allowed_tokens, as_bools, fresh_reading, may_come, spelled
from tests.constraint.spots import Spot, one_per_lexer_state
from tests.constraint.tokens import accept_at_random, allowed_in
from tests.grammar.texts import COMPARED, accepted_cases, real_files

FILES = 40


def mismatch(constrainer: Constrainer, language: str, spot: Spot) -> str | None:
    """What is wrong with the mask at a spot; None where it is exact."""
    vocabulary = constrainer.vocabulary
    prepared = constrainer._prepared(language)
    reading = prepared.reading(spot.entry, spot.prefix)
    if reading is None:
        return f"{spot}: the prefix is refused"
    place = reading.place
    mask = prepared.masks.fill(reading.parser, place.position, place.lines, place.opened)
    told = as_bools(mask, len(vocabulary))
    brute = allowed_tokens(
        fresh_reading(load(language), spot.entry, spot.prefix), vocabulary.tokens
    )
    extra, missing = told & ~brute, brute & ~told
    if not extra.any() and not missing.any():
        return None
    return (
        f"{spot}: {extra.sum()} wrongly allowed {spelled(vocabulary, extra)}, "
        f"{missing.sum()} wrongly forbidden {spelled(vocabulary, missing)}"
    )


def mismatches(constrainer: Constrainer, language: str, spots: list[Spot]) -> list[str]:
    found = (mismatch(constrainer, language, spot) for spot in spots)
    return [message for message in found if message is not None]


def spots_of(language: str) -> list[Spot]:
    texts = (*accepted_cases(language), *real_files(language, FILES))
    return one_per_lexer_state(load(language), texts)


@pytest.mark.parametrize("language", COMPARED)
def test_masks_are_exact_in_every_lexer_state_that_texts_reach(
    constrainer: Constrainer, language: str
) -> None:
    spots = spots_of(language)
    assert len(spots) > 100
    assert mismatches(constrainer, language, spots) == []


STACKS = "if a:\n  if b:\n  \tif c:\n  \t  d\n"

HAND_PICKED: dict[str, list[tuple[str, str | bytes]]] = {
    "python": [
        ("file", ""),
        ("items", ""),
        ("block", ""),
        ("block", "    "),
        ("block", "\t"),
        ("block", "    x\n"),
        ("block", "    x\n  "),
        ("block", "    if x:\n        y\n    "),
        # lines beginning under several indentation stacks
        ("file", STACKS),
        ("file", STACKS + " "),
        ("file", STACKS + "  "),
        ("file", STACKS + "  \t"),
        ("file", STACKS + "  \t "),
        ("file", STACKS + "  \t  "),
        ("file", STACKS + "        "),
        ("file", STACKS + "\t"),
        ("file", STACKS + "\n\n# c\n"),
        ("file", "if a:\n"),
        ("file", "if a:\n  "),
        ("file", "if a:\n  b\n "),
        ("file", "if a:\n  b\n\f"),
        ("file", "try:\n  a\n"),
        ("file", "@a\n"),
        ("file", "class A:\n    def f(self):\n        return 1\n\n    @property\n"),
        # brackets over several lines
        ("file", "f(\n"),
        ("file", "f(\n  "),
        ("file", "if a:\n  f(\n"),
        ("file", "if a:\n  f([\n1,\n"),
        ("file", "x = {1: (2,\n\n# c\n"),
        ("file", "f(a)"),
        ("file", "x = [(1)]"),
        # comments, continued lines
        ("file", "# c"),
        ("file", "if a:\n  # c"),
        ("file", "if a:\n  b # c"),
        ("file", "x = \\"),
        ("file", "x = \\\n"),
        ("file", "x = \\\r"),
        ("file", "x\r"),
        # strings and f-strings, nested
        ("file", "x = '"),
        ("file", "x = 'a\\"),
        ("file", "x = '\\N{DIG"),
        ("file", "x = b'"),
        ("file", "x = '''a'"),
        ("file", "x = r'\\"),
        ("file", "x = ''"),
        ("file", "x = f'"),
        ("file", "x = f'{"),
        ("file", "x = f'{a"),
        ("file", "x = f'{a!"),
        ("file", "x = f'{a="),
        ("file", "x = f'{a:"),
        ("file", "x = f'{a:{b"),
        ("file", "x = f'{a:{b}"),
        ("file", "x = f'{{"),
        ("file", "x = f'a}"),
        ("file", "x = f'{a[b:"),
        ("file", "x = f'{(lambda:"),
        ("file", "x = f'{f\"{a"),
        ("file", "x = f'{f'{f'{a"),
        ("file", 'x = f"""{f\'{f"""{a:{b'),
        ("file", "if a:\n  x = f'''{\n"),
        ("file", "if a:\n  x = f'''{b:\n"),
        ("file", "if a:\n  x = f'''{[\n"),
        ("file", "f(f'{a}', f'{"),
        ("file", "x = rf'\\{a"),
        # inside a character of several bytes
        ("file", b"x = '\xc3"),
        ("file", b"x = f'\xe5\x90"),
        ("file", b"x = f'{a:\xf0\x9f"),
        ("file", b"# \xf0\x9f\x98"),
        ("file", b"\xc3"),
        ("file", b"a.\xe5\x90"),
        # words, numbers and dots that may become something else
        ("file", "match"),
        ("file", "match x"),
        ("file", "match x:\n  case"),
        ("file", "x = i"),
        ("file", "x = not"),
        ("file", "x = 0"),
        ("file", "x = 0x"),
        ("file", "x = 1."),
        ("file", "x = 1e"),
        ("file", "x = 1_"),
        ("file", "x = a ."),
        ("file", "x = .."),
        ("file", "from .."),
        ("file", "x ="),
        ("file", "x <"),
        ("file", "x = rb"),
        # as deep as it goes
        *(("file", "(" * depth) for depth in range(MAX_DEPTH - 3, MAX_DEPTH + 1)),
        ("file", "x = " + "f'{" * 20),
        *(
            ("file", "".join(" " * n + "if a:\n" for n in range(depth)) + " " * (depth + more))
            for depth in (MAX_INDENTATION - 1, MAX_INDENTATION, MAX_INDENTATION + 1)
            for more in (-40, 0)
        ),
    ],
    "typescript": [
        ("file", ""),
        ("items", ""),
        ("block", ""),
        # a line break after what may end a statement, and after what may not
        *(
            ("block", f"{end}{gap}")
            for end in (
                "a",
                "a.if",
                "return",
                "a()",
                "a as",
                "a +",
                "a!",
                "a++",
                "const",
                "{ }",
                "`a`",
            )
            for gap in ("", " ", "\n", "\n\n  ", " // c\n", " /*\n*/")
        ),
        ("block", "a\n+"),
        ("block", "a\n!"),
        ("block", "a\n."),
        ("block", "a\ni"),
        ("block", "a\nin"),
        # regular expressions and divisions
        ("block", "a /"),
        ("block", "a = /"),
        ("block", "a = /b"),
        ("block", "a = /["),
        ("block", "a = /b/"),
        ("block", "a = /b/g"),
        ("block", "a /b/"),
        ("block", "return /"),
        ("block", "a! /"),
        # angle brackets
        ("items", "let a: B<C"),
        ("items", "let a: B<C<D>"),
        ("items", "let a: B<C<D>>"),
        ("block", "a <"),
        ("block", "a <<"),
        ("block", "a >"),
        ("block", "a >>"),
        ("block", "a < b >"),
        # templates, nested
        ("block", "`"),
        ("block", "`a$"),
        ("block", "`a${"),
        ("block", "`a${b"),
        ("block", "`a${b}"),
        ("block", "`a${{"),
        ("block", "`a${{ b: {"),
        ("block", "`a${`b${"),
        ("block", "`a${() => {"),
        # words that suggestions do not go on with
        ("block", "yield"),
        ("block", "yield "),
        ("block", "await"),
        ("block", "await "),
        ("items", "class A {"),
        ("items", "class A {\n a: B\n"),
        ("items", "class A { get"),
        ("items", "class A { #"),
        ("items", "interface A {\n a: B\n"),
        ("items", "type A = B extends"),
        ("items", "import"),
        ("items", "import { a"),
        ("items", "export"),
        ("items", "@"),
        ("file", "#"),
        ("file", "#!"),
        ("block", "x = 0"),
        ("block", "x = 1."),
        ("block", "x = 1_"),
        ("block", "x = 'a\\"),
        ("block", "x = 'a\\u{"),
    ],
    "tsx": [
        ("file", ""),
        # a tag, type parameters, or a comparison
        *(
            ("block", f"a = {start}")
            for start in (
                "<",
                "< ",
                "<T",
                "<Tab",
                "<b",
                "<b ",
                "<b.",
                "<b-",
                "<b:",
                "<T,",
                "<T extends",
                "<T extends ",
                "<T =",
                "<b<",
                "<b<c",
                "<b<c>",
                "b <",
                "b < c",
                "b <<",
                "b\n<",
                "(b) <",
                "<T>",
                "<b>(",
            )
        ),
        ("items", "type A = <T"),
        ("items", "type A = <T>("),
        # attributes
        ("block", "a = <b c"),
        ("block", "a = <b c ="),
        ("block", "a = <b c='"),
        ("block", "a = <b c={"),
        ("block", "a = <b c={d"),
        ("block", "a = <b c={{ d"),
        ("block", "a = <b {..."),
        ("block", "a = <b /"),
        ("block", "a = <b // c"),
        ("block", "a = <b/>"),
        ("block", "a = <b/>\n"),
        # text, containers and what closes
        ("block", "a = <b>"),
        ("block", "a = <b>c"),
        ("block", "a = <b>{"),
        ("block", "a = <b>{c"),
        ("block", "a = <b>{`${"),
        ("block", "a = <b>{c && <d>"),
        ("block", "a = <b>{c && <d>e</d"),
        ("block", "a = <b><"),
        ("block", "a = <b></"),
        ("block", "a = <b></b"),
        ("block", "a = <div></di"),
        ("block", "a = <div></div"),
        ("block", "a = <div></ di"),
        ("block", "a = <div></div "),
        ("block", "a = <h1><span>"),
        ("block", "a = <h1><span/></"),
        ("block", "a = <></"),
        ("block", "a = <><b>"),
        ("block", "a = <b.c></b"),
        ("block", b"a = <b>\xe5\x90"),
    ],
    "go": [
        ("file", ""),
        ("items", ""),
        ("block", ""),
        ("file", "package p"),
        ("file", "package p\n"),
        ("file", "package p;"),
        ("file", "package p /"),
        ("file", "package p //"),
        ("file", "package p\n//l"),
        ("file", "package p\n//line"),
        ("file", "package p\n//line a:1"),
        ("file", "package p /*"),
        ("file", "package p /* \n"),
        ("file", "package p /* *"),
        ("block", "x := a"),
        ("block", "x := a\n"),
        ("block", "return"),
        ("block", "return\n"),
        ("block", "x := f(\n"),
        ("block", "x := f(a"),
        ("block", "if x "),
        ("block", "if x := (T{"),
        ("block", "for "),
        ("block", "for i := range"),
        ("block", "switch x := y.("),
        ("block", "select {\ncase "),
        ("block", "L:"),
        ("block", "x := `a\n"),
        ("block", 'x := "a\\'),
        ("block", 'x := "a\\u00'),
        ("block", "x := '"),
        ("block", "x := '\\"),
        ("block", "x := 'a"),
        ("block", "x := 0"),
        ("block", "x := 0x"),
        ("block", "x := 08"),
        ("block", "x := 1."),
        ("block", "x := 1e"),
        ("block", "x := 0x1p"),
        ("block", "x := f(a.."),
        ("block", "x := a <"),
        ("block", "x := a &"),
        ("block", "x :"),
        ("block", "x := []int{1, 2"),
        ("block", "x := func() {"),
        ("items", "type T["),
        ("items", "type T[P any"),
        ("items", "func f(a, b"),
        ("items", "var x = \xe5".encode()),
        ("items", b"var \xc3"),
        ("items", b"var x = `\xf0\x9f"),
        ("items", b"// \xe5\x90"),
        ("items", "var x = " + "(" * 60),
        ("items", "var x = " + "[]" * 60),
    ],
    "zig": [
        ("file", ""),
        ("items", ""),
        ("block", ""),
        ("file", "//!"),
        ("file", "///"),
        ("file", "//"),
        ("file", "// a\r"),
        ("file", "a: u8,\n"),
        ("file", "a: u8,\nconst b = 1;\n"),
        ("file", "const b = 1;\n"),
        ("file", "const b = 1;\nc"),
        ("items", "pub "),
        ("items", "extern "),
        ("items", "fn f(a"),
        ("items", "fn f(a: u8, //"),
        ("items", "fn f(a: u8,\n///"),
        ("items", "const a = struct { ///"),
        ("items", "const a = struct {\n///"),
        # what stands before an operator decides what it is
        *(
            ("block", f"a = b{blank}{sign}")
            for blank in ("", " ", "\n")
            for sign in ("", "-", "*", "&", "|", "+", "<", "=", "o", "or", "catch", "an", "/", ".")
        ),
        ("block", "a = b // c\n -"),
        ("block", "a = -"),
        ("block", "a = - "),
        ("block", "a = (-"),
        ("block", "a = **"),
        ("block", "a = b == c"),
        ("block", "a = b == c and d"),
        ("block", "if (a) |"),
        ("block", "if (a) b"),
        ("block", "if (a) b else"),
        ("block", "if (a) return"),
        ("block", "for (a) |b| c"),
        ("block", "switch (a) {"),
        ("block", "switch (a) { b"),
        ("block", "a:"),
        ("block", "a, b"),
        ("block", "comptime "),
        ("block", "defer "),
        ("block", "a = [*"),
        ("block", "a = [*c"),
        ("block", "a = 0"),
        ("block", "a = 0x"),
        ("block", "a = 1."),
        ("block", "a = 1_"),
        ("block", "a = 1e"),
        ("block", "a = 1e+"),
        ("block", "a = b[0."),
        ("block", "a = '"),
        ("block", "a = '\\"),
        ("block", "a = '\\u{1"),
        ("block", "a = 'b"),
        ("block", 'a = "'),
        ("block", 'a = "\\x'),
        ("block", "a = \\\\b"),
        ("block", "a = \\\\b\n"),
        ("block", "a = @"),
        ("block", 'a = @"'),
        ("block", "a = @b"),
        ("block", b"// \xe5\x90"),
        ("block", b'a = "\xf0\x9f'),
        ("block", "a = " + "(" * 60),
        ("block", "a = " + "*" * 3 + "(b"),
    ],
    "rust": [
        ("file", ""),
        ("items", ""),
        ("block", ""),
        ("file", "#"),
        ("file", "#!"),
        ("file", "//"),
        ("file", "///"),
        ("file", "////"),
        ("file", "//!"),
        ("file", "/// a\r"),
        ("file", "/*"),
        ("file", "/**"),
        ("file", "/* a /* b *"),
        ("file", "/*! a \r"),
        ("items", "pub "),
        ("items", "pub("),
        ("items", "unsafe "),
        ("items", "fn f<"),
        ("items", "fn f(a: B<C"),
        ("items", "fn f(a: B<C<D>"),
        ("items", "type A = B<C<D>>"),
        ("items", "type A: B<C<D>>="),
        ("items", "fn f<'"),
        ("items", "fn f<'a"),
        ("items", "fn f<'fn"),
        ("items", "fn f() where "),
        ("items", "#[a"),
        ("items", "macro_rules! a { "),
        ("items", "a! { $b:"),
        ("items", "a! { ( [ { } "),
        ("items", "use a::{b, "),
        ("items", "impl A for "),
        ("items", 'extern "C"'),
        # angle brackets, which are lexed one by one
        *(
            ("block", f"a{sign}")
            for sign in ("<", " <", "<<", ">", ">>", ">=", ">>=", "::<", " as b<")
        ),
        ("block", "a < b"),
        ("block", "a as b <"),
        ("block", "a = b as &c"),
        # lifetimes, labels and characters
        *(
            ("block", f"a = {text}")
            for text in ("'", "'b", "'b'", "'\\", "'\\u{1", "'st", "b'", "b'\\x")
        ),
        ("block", "'"),
        ("block", "'a"),
        ("block", "'a: "),
        ("block", "break '"),
        # strings
        *(
            ("block", f"a = {text}")
            for text in (
                '"',
                '"b\\',
                '"b"',
                'r"',
                "r#",
                'r#"b"',
                'r##"b"#',
                'b"',
                "br",
                'c"\\',
                'cr#"',
            )
        ),
        # numbers and dots
        *(
            ("block", f"a = {text}")
            for text in (
                "0",
                "0x",
                "0b1",
                "1.",
                "1..",
                "1e",
                "1e+",
                "1_",
                "1u",
                "1.0f",
                "b.0.",
                "b.0",
            )
        ),
        # headers, statements and arms
        ("block", "if a"),
        ("block", "if a {"),
        ("block", "if a {} "),
        ("block", "if let A"),
        ("block", "if a || b(C {"),
        ("block", "match a {"),
        ("block", "match a { b => {}"),
        ("block", "match a { b => c"),
        ("block", "match a { b if "),
        ("block", "let a = b else"),
        ("block", "let a = b {"),
        ("block", "return "),
        ("block", "|a"),
        ("block", "a = |b| -> C "),
        ("block", "#[a] "),
        ("block", "try"),
        ("block", "try!"),
        ("block", "r#"),
        ("block", b'a = "\xf0\x9f'),
        ("block", b"// \xe5\x90"),
        ("block", b"a = '\xc3"),
        ("block", "a = " + "(" * 60),
        ("block", "a = " + "&" * 60),
    ],
}


@pytest.mark.parametrize("language", COMPARED)
def test_masks_are_exact_at_hand_picked_places(constrainer: Constrainer, language: str) -> None:
    spots = [
        Spot("by hand", entry, text if isinstance(text, bytes) else text.encode())
        for entry, text in HAND_PICKED[language]
    ]
    assert mismatches(constrainer, language, spots) == []


# Beginnings of lexemes that nothing comes of: what they may become may not come there, nor may what is left when they
# get stuck (`a .` and another dot).
DEAD_ENDS = [
    ("typescript", "block", "a", " .."),
    ("typescript", "block", "a", ".0"),
    ("typescript", "block", "a.", " .."),
    ("typescript", "block", "f(a", " .."),
    ("javascript", "block", "a", ".."),
    ("go", "block", "a", " .."),
    ("go", "block", "a.", ".."),
    ("go", "block", "a", ".0"),
    ("python", "block", "a", " .0"),
    ("python", "block", "a", ".."),
    ("rust", "block", "a", " .0e"),
]
# The like that something comes of.
LIVE_ENDS = [
    ("typescript", "block", "f(", ".."),
    ("typescript", "block", "f(", ".0"),
    ("typescript", "block", "import 'a'\n", "!"),
    ("typescript", "block", "let a\n", "+"),
    ("go", "block", "f(a", ".."),
    ("go", "block", "a = ", ".0"),
    ("python", "items", "from ", ".."),
    ("python", "block", "a = ", ".."),
    ("rust", "block", "a", " .."),
]


@pytest.mark.parametrize(
    ("language", "entry", "prefix", "more", "may"),
    [(*case, False) for case in DEAD_ENDS] + [(*case, True) for case in LIVE_ENDS],
)
def test_a_lexeme_begins_only_where_something_may_come_of_it(
    constrainer: Constrainer, language: str, entry: str, prefix: str, more: str, may: bool
) -> None:
    prepared = constrainer._prepared(language)
    reading = prepared.reading(entry, prefix.encode())
    assert reading is not None
    assert may_come(reading, more.encode()) == may
    spot = Spot("by hand", entry, prefix.encode())
    assert mismatches(constrainer, language, [spot]) == []


@pytest.mark.parametrize("language", COMPARED)
def test_something_may_follow_every_token_that_may_come(
    constrainer: Constrainer, language: str
) -> None:
    chooser = random.Random(5)
    prepared = constrainer._prepared(language)
    tokens = constrainer.vocabulary.tokens
    stuck = []
    for spot in chooser.sample(spots_of(language), 25):
        reading = prepared.reading(spot.entry, spot.prefix)
        assert reading is not None
        place = reading.place

        def mask(reading: Reading = reading) -> list[int]:
            here = reading.place
            return allowed_in(
                prepared.masks.fill(reading.parser, here.position, here.lines, here.opened)
            )

        allowed = mask()
        for number in chooser.sample(allowed, min(25, len(allowed))):
            token = tokens[number]
            assert token is not None
            assert reading.read(token, generating=True)
            if not mask():
                stuck.append((str(spot), token))
            reading.go_back(place)
    assert stuck == []


@pytest.mark.parametrize("language", COMPARED)
@pytest.mark.parametrize("seed", range(8))
def test_masks_are_exact_where_random_tokens_lead(
    constrainer: Constrainer, language: str, seed: int
) -> None:
    """Places that no sane text reaches: every fifth of a random walk's, from an accepted prefix on."""
    chooser = random.Random(seed)
    vocabulary = constrainer.vocabulary
    text = chooser.choice([t for t in accepted_cases(language) if t.entry == "file"]).data.decode()
    prefix = text[: chooser.randrange(len(text) + 1)]
    constraint = constrainer.begin(language, prefix, "", mode="free")
    assert constraint.level == "file"
    spots = []
    for step in range(25):
        if accept_at_random(constraint, vocabulary, chooser) is None:
            break
        if step % 5 == 4:
            spots.append(Spot("random walk", "file", prefix.encode() + constraint.text))
    assert spots
    assert mismatches(constrainer, language, spots) == []


@pytest.mark.parametrize("language", COMPARED)
def test_masks_are_exact_for_a_large_vocabulary(
    qwen3_constrainer: Constrainer, language: str
) -> None:
    spots = random.Random(1).sample(spots_of(language), 12)
    assert mismatches(qwen3_constrainer, language, spots) == []


@pytest.mark.parametrize("language", COMPARED)
def test_one_token_is_allowed_as_the_mask_and_the_reference_say(
    constrainer: Constrainer, language: str
) -> None:
    """Every single token through `allows` and through a reading, nothing shared between tokens."""
    vocabulary = constrainer.vocabulary
    files = real_files(language, FILES) or accepted_cases(language)
    for text in random.Random(3).sample(files, 2):
        prefix = text.data[: len(text.data) // 2].decode("utf-8", "ignore")
        constraint = constrainer.begin(language, prefix, "\0 joins nowhere")
        assert constraint.level == "file"
        mask = np.zeros((len(vocabulary) + 31) // 32, dtype=np.int32)
        constraint.fill_mask(mask)
        told = as_bools(mask, len(vocabulary))
        reading = fresh_reading(load(language), "file", prefix.encode())
        for number, token in enumerate(vocabulary.tokens):
            expected = token is not None and may_come(reading, token)
            assert told[number] == expected == constraint.allows(number), token
