"""Whether a text joins with what follows the cursor: exactly where the whole of both parses."""

from __future__ import annotations

import random

import pytest

from maze.constraint.parser import Parser, Vocabularies
from maze.constraint.reading import Reading
from maze.constraint.suffix import Suffix
from maze.grammar import Syntax, load
from tests.grammar.texts import LANGUAGES, accepted_cases, real_files

# Long enough that the items at its end are not parsed again.
GO_REST = "func g() {\n\tf(1, []int{2})\n}\n\n" * 16
PYTHON_REST = "def g():\n    return f(1, [2], {3: 4})\n\n" * 16
RUST_REST = "fn g() {\n    f(1, [2]);\n}\n\n" * 20
TS_REST = "function g() {\n  f(1, [2]);\n}\n\n" * 20
ZIG_REST = "fn g() void {\n    f(1, a[2]);\n}\n\n" * 16

# Language, text up to the cursor, text after it.
SEAMS = [
    ("go", "func f() {\n\tf(", "1)\n}\n\n" + GO_REST),
    ("go", "func f() {\n\tif a {", "\n}\n\n" + GO_REST),
    ("go", "/* ", "\n" + GO_REST + "*/\n"),
    ("go", "var a = `", "\n" + GO_REST + "`\n"),
    # By themselves these items balance; behind what is open, they close it.
    ("go", "var a = f( /* ", "\nvar b = f(1 /* ) */)\n\n" + GO_REST),
    ("python", 'a = ["""', '\nb = 1  # """]\n' + PYTHON_REST),
    ("typescript", "a(`", "\nlet b = 1 // `)\n" + TS_REST),
    ("python", "def f():\n    a = (", "\n)\n# so\n    # far\n    b()\n\n" + PYTHON_REST),
    ("python", "if a:\n    b\n", "\n" + PYTHON_REST),
    ("python", "@g", "\n" + PYTHON_REST),
    ("python", "if a:", "\n" + PYTHON_REST),
    ("python", 'f"{a', '}"\n' + PYTHON_REST),
    ("python", '"""', "\n" + PYTHON_REST + '"""\n'),
    ("python", "(\n", ")\n" + PYTHON_REST),
    ("rust", "/// a", "\n/// b\n#[c]\n" + RUST_REST),
    ("rust", "#[a", "]\n" + RUST_REST),
    ("rust", "#[a", "]\n// b\n\n// c\n" + RUST_REST),
    ("rust", "#[a(\n    b,\n", ")]\n" + RUST_REST),
    ("rust", "mod a {\n", "\n" + RUST_REST),
    ("rust", "mod a {\n", "\n" + RUST_REST + "}\n"),
    ("rust", "fn f() {}\n", "\n/// a\n\n" + RUST_REST + "/// b\n"),
    ("rust", "fn f() {\n    ", "\n}\n\n#![a]\n" + RUST_REST),
    ("zig", "/// a", "\n/// b\n" + ZIG_REST),
    ("zig", "a: u8", "\n/// b\n" + ZIG_REST),
    ("zig", "const a = struct {\n", "\n" + ZIG_REST),
    ("zig", "const a = struct {\n", "\n" + ZIG_REST + "};\n"),
    ("typescript", "const a = `${", "b}`\n" + TS_REST),
    ("typescript", "const a = `", "\n" + TS_REST + "`"),
    ("typescript", "a.", "\n" + TS_REST),
    ("typescript", "a(\n", "\n" + TS_REST),
    ("typescript", "a(\n", ")\n" + TS_REST),
    ("tsx", "const a = <b>", "</b>\n" + TS_REST),
    ("tsx", "const a = <b>", "</c>\n" + TS_REST),
    ("tsx", "const a = <b>", "\n" + TS_REST),
    ("tsx", "const a = ", "\n" + TS_REST + "const b = <c></c>\n"),
    ("javascript", "const a = <b>", "\n" + TS_REST + "</b>"),
    ("javascript", "const a = <b>", "\n\n// " + 100 * "<b> " + "\n" + TS_REST),
    ("javascript", "const a = 1", "\n\n// " + 100 * "<b> " + "\n" + TS_REST),
]


def suffix_of(syntax: Syntax, text: bytes) -> Suffix:
    def are_items(items: bytes) -> bool:
        return syntax.check(items.lstrip(b"\r\n"), "items") is None

    return Suffix(syntax, text, are_items)


def reading_of(syntax: Syntax, entry: str, text: bytes) -> Reading | None:
    reading = Reading(syntax, Parser(syntax, Vocabularies([]), entry), entry)
    return reading if not text or reading.read(text) else None


@pytest.mark.parametrize(("language", "before", "after"), SEAMS)
def test_where_items_begin_that_stand_by_themselves(language: str, before: str, after: str) -> None:
    syntax = load(language)
    suffix = suffix_of(syntax, after.encode())
    # The same suffix is asked about by texts that open and close more, or less.
    for more in (
        "",
        ")",
        "}",
        "]",
        "{}",
        "()",
        "a",
        "\n",
        ";\n",
        "{",
        "(a",
        "// a",
        "*/",
        "a\n}\n",
    ):
        text = (before + more).encode()
        reading = reading_of(syntax, "file", text)
        if reading is not None:
            whole = syntax.check(text + after.encode(), "file") is None
            assert suffix.joins(reading) == whole, more


@pytest.mark.parametrize("language", LANGUAGES)
def test_real_texts_and_spoilt_ones(language: str) -> None:
    syntax, chance = load(language), random.Random(5)
    texts = [text for text in real_files(language, 30) if len(text.data) < 12_000]
    verdicts = []
    for text in [*texts[:12], *chance.sample(accepted_cases(language), 30)]:
        cut = chance.randrange(len(text.data) + 1)
        prefix, after = text.data[:cut], spoilt(text.data[cut:], chance)
        suffix = suffix_of(syntax, after)
        for before in (prefix, *(spoilt(prefix, chance) for _ in range(3))):
            reading = reading_of(syntax, text.entry, before)
            if reading is not None:
                whole = syntax.check(before + after, text.entry) is None
                assert suffix.joins(reading) == whole, (text.name, before[-40:], after[:40])
                verdicts.append(whole)
    assert verdicts.count(True) > 15
    assert verdicts.count(False) > 15


def spoilt(text: bytes, chance: random.Random) -> bytes:
    """The text itself, or with something put in or left out."""
    at = chance.randrange(len(text) + 1)
    match chance.randrange(4):
        case 0:
            piece = chance.choice(
                [b"(", b")", b"{", b"}", b"]", b"\n", b'"', b"<", b"`", b"#", b"/*"]
            )
            return text[:at] + piece + text[at:]
        case 1:
            lines = text.splitlines(keepends=True)
            return b"".join(lines[: at % (len(lines) + 1)] + lines[at % (len(lines) + 1) + 1 :])
        case _:
            return text
