"""Checking whole texts: the place of the first error, and what could have come there."""

from __future__ import annotations

import pytest

from maze.document.languages import LANGUAGES as LANGUAGES_OF_DOCUMENTS
from maze.grammar import ENTRIES, UnknownLanguage, load
from tests.grammar.texts import LANGUAGES, real_files

# A lexeme that does not fit is found where it ends: `y` of "if x:\ny\n" by the line break.
FAILURES = [
    # language, text, offset, line, reason, among the expected
    ("python", "x = (1,\n  2\n", 12, 3, "end", '","'),
    ("python", "x = = 1\n", 5, 1, "parser", "NAME"),
    ("python", "x = 1\ny z\n", 9, 2, "parser", '"="'),
    ("python", "if x:\n    y\n  z\n", 14, 3, "layout", "DEDENT"),
    ("python", "if x:\ny\n", 7, 2, "parser", "INDENT"),
    ("python", "  x\n", 2, 1, "parser", "NAME"),
    ("python", "a = $\n", 4, 1, "lexer", "NAME"),
    ("python", "a = 'b\n", 6, 1, "lexer", "STRING"),
    ("python", "def f():\n", 9, 2, "end", "INDENT"),
    ("python", "é = 1\nif\n", 9, 2, "parser", '"not"'),
    ("python", "a\0b", 1, 1, "lexer", "NAME"),
    ("go", "package p\nvar\n", 14, 3, "end", "IDENTIFIER"),
    ("go", "package p\nx := 1\n", 11, 2, "parser", '"func"'),
    ("go", "package p\nfunc f() {\n\tx := `a\n", 30, 4, "end", "STRING_LIT"),
    ("go", "package p\nfunc f() {\n\tif x\n\t{\n\t}\n}\n", 28, 4, "parser", '"!"'),
    ("go", "package p\nvar x = #\n", 18, 2, "lexer", "IDENTIFIER"),
]


@pytest.mark.parametrize(("language", "text", "offset", "line", "reason", "expected"), FAILURES)
def test_failures_tell_where_and_why(
    language: str, text: str, offset: int, line: int, reason: str, expected: str
) -> None:
    failure = load(language).check(text.encode())
    assert failure is not None
    assert (failure.offset, failure.line, failure.reason) == (offset, line, reason)
    names = {name.strip('"') for name in failure.expected}
    assert expected.strip('"') in names
    assert text.encode()[offset:].decode("utf-8", "replace").startswith(failure.near)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_failure_is_found_where_it_is_in_long_texts(language: str) -> None:
    """Texts are read in chunks; where the chunks end must not matter."""
    filler = "package p\n" if language == "go" else ""
    comment_mark = LANGUAGES_OF_DOCUMENTS[language].line_comment
    for padding in range(4080, 4110):
        comment = f"{comment_mark} " + "x" * padding + "\n"
        failure = load(language).check(f"{filler}{comment}%\n".encode())
        assert failure is not None
        assert failure.line == filler.count("\n") + 2
        assert failure.near in (
            "%",
            "",
        )  # the byte itself, or the one after it that ends the lexeme


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("entry", ENTRIES)
def test_nothing_is_known_after_nothing(language: str, entry: str) -> None:
    failure = load(language).check(b"\xff", entry)
    assert failure is not None
    assert (failure.offset, failure.line, failure.reason, failure.near) == (0, 1, "lexer", "\ufffd")
    assert failure.expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_byte_order_mark_is_skipped(language: str) -> None:
    text = {"go": b"package p\n", "rust": b"fn f() {}\n"}.get(language, b"x = 1\n")
    assert load(language).check(b"\xef\xbb\xbf" + text) is None
    elsewhere = load(language).check(text + b"\xef\xbb\xbf")
    assert (elsewhere is None) == (
        load(language).language.path.stem == "typescript"
    )  # there it is a blank


@pytest.mark.parametrize("language", LANGUAGES)
def test_real_files_are_accepted(language: str) -> None:
    for text in real_files(language, 12):
        assert load(language).check(text.data) is None, text.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_truncated_files_fail_at_their_end(language: str) -> None:
    """What is before the end of a prefix of an accepted file is never the failure."""
    for text in real_files(language, 6):
        for share in (3, 5, 8):
            prefix = text.data[: len(text.data) * share // 9]
            failure = load(language).check(prefix)
            assert failure is None or failure.offset == len(prefix), text.name


def test_unknown_languages_are_told_with_the_known_ones() -> None:
    with pytest.raises(
        UnknownLanguage,
        match="unknown language 'cobol'; known are go, javascript, python, rust, tsx, typescript, zig",
    ):
        load("cobol")
