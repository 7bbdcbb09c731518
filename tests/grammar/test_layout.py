"""Layouts: how line breaks become terminals."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from maze.grammar import load
from maze.grammar.layout import MAX_DEPTH, MAX_INDENTATION, LayoutError

SHORT = {"NEWLINE": "$", "INDENT": ">", "DEDENT": "<", '";"': ";", "ASI": "$"}
BELOW = {"CALL_BELOW": "(", "INDEX_BELOW": "[", "LESS_BELOW": "<"}


def layout_of(language: str, text: str, short: Mapping[str, str] = SHORT) -> str:
    """The layout's terminals of a text, `.` for any other one."""
    syntax = load(language)
    items: list[int] = []
    position = syntax.lexer.read(syntax.lexer.start, text.encode(), items)
    assert position is not None, "does not lex"
    control = syntax.lexer.end(position, items)
    assert control is not None, "does not lex to its end"
    classes: list[int] = []
    lines = syntax.resolve(syntax.first_lines("file"), items, classes)
    syntax.resolve_end(lines, control, classes)
    names = [next(iter(sorted(syntax.lexer.classes[number]))) for number in classes]
    return "".join(short.get(name, ".") for name in names)


INDENTATION = [
    ("", ""),
    ("a", ".$"),
    ("a\n", ".$"),
    ("a b\nc\n", "..$.$"),
    ("\n\n  \n# c\n", ""),
    ("a\n\n\nb\n", ".$.$"),
    ("a\n  b\nc\n", ".$>.$<.$"),
    ("a\n  b", ".$>.$<"),
    ("a\n b\n  c\n   d\n", ".$>.$>.$>.$<<<"),
    ("a\n b\n  c\nd\n", ".$>.$>.$<<.$"),
    ("a\n  b\n# c\n  d\n", ".$>.$.$<"),
    ("a\n  b\n      # c\n  d\n", ".$>.$.$<"),
    ("a\n  b\n\n  d\n", ".$>.$.$<"),
    ("a\n  b\n \t \n  d\n", ".$>.$.$<"),
    ("a # c\n  b # c", ".$>.$<"),
    ("(a\n  b\n)\n", "....$"),
    ("(\n\n# c\n)\n c\n", "..$>.$<"),
    ("[{(\n)}\n]\n", "......$"),
    ("a\r\n  b\r\nc\r\n", ".$>.$<.$"),
    ("a\r  b\rc", ".$>.$<.$"),
    ("a \\\n    b\n", "..$"),
    ("a\n\tb\n\t\tc\n", ".$>.$>.$<<"),
    ("a\n        b\n        \tc\n", ".$>.$>.$<<"),
    ("a\n\fb\n", ".$.$"),
    ("a\n  b\n  \f  c\n", ".$>.$.$<"),
    ("f'{(\n)}'\n", "......$"),
    ("f'''{\na}'''\n", ".....$"),
    ("'''\n  a\n'''\n", ".$"),
]


@pytest.mark.parametrize(("text", "terminals"), INDENTATION)
def test_indentation(text: str, terminals: str) -> None:
    assert layout_of("python", text) == terminals


IMPOSSIBLE = [
    ("a\n    b\n  c\n", "unindent"),
    ("a\n  b\n c\n", "unindent"),
    ("a\n  b\n    c\n   d\n", "unindent"),
    ("a\n        b\n\tc\n", "unindent"),  # 8 columns by one count, 1 by the other
    ("a\n\tb\n        c\n", "unindent"),
    ("a\n  b\n\tc\n", "unindent"),
    ("(" * (MAX_DEPTH + 1), "brackets"),
    (
        "".join(" " * n + "a\n" for n in range(MAX_INDENTATION + 3)),
        "levels of indentation",
    ),
]


@pytest.mark.parametrize(("text", "message"), IMPOSSIBLE)
def test_impossible_indentation(text: str, message: str) -> None:
    with pytest.raises(LayoutError, match=message):
        layout_of("python", text)


def test_deepest_nesting_is_possible() -> None:
    assert layout_of("python", "(" * MAX_DEPTH).count(".") == MAX_DEPTH
    lines = "".join(" " * n + "a\n" for n in range(MAX_INDENTATION + 1))
    assert layout_of("python", lines).count(">") == MAX_INDENTATION


FIRST_LINES = [
    # entry, text, accepted
    ("file", "a\n", True),
    ("file", "  a\n", False),
    ("file", "\n  # c\n a\n", False),
    ("items", "a\nb\n", True),
    ("items", "  a\n", False),
    ("items", "    a\n    b\n", False),
    ("block", "    a\n", True),
    ("block", "\n\ta\n\tb\n", True),
    ("block", "\ta\n        b\n", False),
    ("block", "  a\n    b\n", False),
]


@pytest.mark.parametrize(("entry", "text", "accepted"), FIRST_LINES)
def test_the_top_level_begins_at_the_margin(entry: str, text: str, accepted: bool) -> None:
    assert (load("python").check(text.encode(), entry) is None) == accepted


SEMICOLONS = [
    ("", ""),
    ("a", ".;"),
    ("a\n\n\nb\n", ".;.;"),
    ("a b\n", "..;"),
    ("a;\nb", ".;.;"),
    ("1\n'c'\n`r\n`\n\"s\"\n1i\n1.5\n", ".;.;.;.;.;.;"),
    ("return\nbreak\ncontinue\nfallthrough\n", ".;.;.;.;"),
    ("a++\nb--\n", "..;..;"),
    (")\n]\n}\n", ".;.;.;"),
    ("(\n[\n{\n", "..."),
    ("+\n,\nfor\n.\n", "...."),
    ("a // c\nb", ".;.;"),
    ("a // c", ".;"),
    ("a /* c */ b", "..;"),
    ("a /* \n */ b", ".;.;"),
    ("a /* c */\nb", ".;.;"),
    ("+ /* \n */ b", "..;"),
    ("a\r\nb\r\n", ".;.;"),
]


@pytest.mark.parametrize(("text", "terminals"), SEMICOLONS)
def test_semicolons(text: str, terminals: str) -> None:
    assert layout_of("go", text) == terminals


AUTOMATIC_SEMICOLONS = [
    ("", ""),
    ("a", "."),
    ("a\n\n\nb\n", ".$."),
    ("a b\n", ".."),
    ("a;\nb", ".;."),
    ("a // c\nb /* \n */ c /* d */ e", ".$.$.."),
    ("a\r\nb\rc \u2028 d", ".$.$.$."),
    ("1\n'c'\n`r\n`\n/s/g", ".$......"),
    ("return\na\nbreak\nb\nthrow\nc", ".$.$.$.$.$."),
    ("a +\nb\n* c\n, d\n? e\n: f\n", "..........."),
    ("a\n++b\n!c\n~d\n!= e\n+ f", ".$..$..$......"),
    ("a\n.b\n?.c\n&& d\n=> e\n} f", "..........."),
    ("a\n(b\n[c\n<d", ".(.[.<."),
    ("a +\n(b", "...."),
    (")\na\n]\nb\n}\nc\n{\nd", ".$..$..$.$.."),
    ("a.if\nb.of\nif\na.#in\nb", "...$...$.....$."),
    ("a as\nb of\nc is\nd", "......."),
    ("const\na\nlet\nb", ".$.$.."),
    ("`a${\nb\n}c`\nd", "....$."),
    ("in\na\nin\nb", "..$.."),
    ("a\n@b\n#c", ".$..$.."),
]


@pytest.mark.parametrize(("text", "terminals"), AUTOMATIC_SEMICOLONS)
def test_automatic_semicolons(text: str, terminals: str) -> None:
    assert layout_of("typescript", text, SHORT | BELOW) == terminals
