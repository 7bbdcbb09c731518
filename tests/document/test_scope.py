"""The fallback chain of `maze.document.scope`, drawn: each level's text with the cursor in it."""

from __future__ import annotations

import pytest

from maze.document import Document, hole_at
from tests.document.cursor import CURSOR, go, python, typescript, zig


def chain(document: Document, offset: int) -> list[tuple[str, str, str]]:
    """Level, entry point and text of each scope."""
    hole = hole_at(document, offset)
    assert hole is not None
    return [
        (
            scope.level,
            scope.entry,
            hole.prefix[scope.prefix_start :] + CURSOR + hole.suffix[: scope.suffix_end],
        )
        for scope in hole.scopes
    ]


WHOLE = "the whole text"

PYTHON_CASES: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "inside an unfinished call, with code behind": (
        "import os\n\n\ndef f(x):\n    if x:\n        y = g(│\n    return y\n\n\nz = 1\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "def f(x):\n    if x:\n        y = g(│\n    return y"),
            ("block", "block", "        y = g(│"),
        ],
    ),
    "an empty body": (
        "def f(x):\n    │\n\n\ndef g():\n    pass\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "def f(x):\n    │"),
            ("block", "block", "    │"),
        ],
    ),
    "an empty body, before anything is indented": (
        "def f(x):\n│\n\ndef g():\n    pass\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "def f(x):\n│"),
            ("block", "block", "│"),
        ],
    ),
    "between items": (
        "x = 1\n\n│\n\ny = 2\n",
        [("file", "file", WHOLE), ("scope", "items", "│")],
    ),
    "behind an indented item, in the first column": (
        "def f():\n    pass\n│\n\ny = 2\n",
        [("file", "file", WHOLE), ("scope", "items", "def f():\n    pass\n│")],
    ),
    "a blank line that goes on with a block": (
        "def f():\n    if x:\n        a\n        │\n    b\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "def f():\n    if x:\n        a\n        │\n    b"),
            ("block", "block", "        a\n        │"),
            ("line", "block", "        │"),
        ],
    ),
    "a blank line that leaves a block": (
        "def f():\n    if x:\n        a\n    │\n    b\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "def f():\n    if x:\n        a\n    │\n    b"),
            ("block", "block", "    if x:\n        a\n    │\n    b"),
            ("line", "block", "    │"),
        ],
    ),
    "a statement over several lines": (
        "def f():\n    a\n    g(\n        1,\n        b│\n    )\n    c\n",
        [
            ("file", "file", WHOLE),
            (
                "scope",
                "items",
                "def f():\n    a\n    g(\n        1,\n        b│\n    )\n    c",
            ),
            ("block", "block", "    a\n    g(\n        1,\n        b│\n    )\n    c"),
            ("line", "block", "    g(\n        1,\n        b│\n    )"),
        ],
    ),
    "the head of a block": (
        "def f():\n    a\n    for x in │\n        b\n    c\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "def f():\n    a\n    for x in │\n        b\n    c"),
            ("block", "block", "    a\n    for x in │\n        b\n    c"),
            ("line", "block", "    for x in │\n        b"),
        ],
    ),
    "a clause of a statement": (
        "def f():\n    if a:\n        b\n    elif │\n        c\n    d\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "def f():\n    if a:\n        b\n    elif │\n        c\n    d"),
            ("block", "block", "    if a:\n        b\n    elif │\n        c\n    d"),
            ("line", "block", "    if a:\n        b\n    elif │\n        c"),
        ],
    ),
    "a decorator": (
        "@│\ndef f():\n    pass\n\n\nx = 1\n",
        [("file", "file", WHOLE), ("scope", "items", "@│\ndef f():\n    pass")],
    ),
    "items on one line": (
        "x = 1; y = │; z = 3\nw = 4\n",
        [("file", "file", WHOLE), ("scope", "items", "x = 1; y = │; z = 3")],
    ),
    "a line that another function has broken, above": (
        "def f(:\n    pass\n\n\ndef g():\n    a\n    return │\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "def g():\n    a\n    return │"),
            ("block", "block", "    a\n    return │"),
            ("line", "block", "    return │"),
        ],
    ),
    "a broken line below, in the same body": (
        "def g():\n    a = │\n    b b b\n    c\n",
        [("file", "file", WHOLE), ("line", "block", "    a = │")],
    ),
    "tabs": (
        "def f():\n\tif x:\n\t\ty = │\n\tz\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "def f():\n\tif x:\n\t\ty = │\n\tz"),
            ("block", "block", "\t\ty = │"),
        ],
    ),
    "one line's suite": (
        "def f():\n    if x: y(│\n    z\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "def f():\n    if x: y(│\n    z"),
            ("block", "block", "    if x: y(│\n    z"),
            ("line", "block", "    if x: y(│"),
        ],
    ),
}

GO_CASES: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "a label in the first column, a bracket missing below": (
        "package p\n\nfunc f() {\ntop:\n\tif a {\n\t\tb()\n│\n\tgoto top\n}\n\nfunc g() {\n}\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "func f() {\ntop:\n\tif a {\n\t\tb()\n│\n\tgoto top\n}"),
            ("block", "block", "\ntop:\n\tif a {\n\t\tb()\n│\n\tgoto top\n"),
            ("line", "block", "│"),
        ],
    ),
    "inside an unfinished call, with code behind": (
        "package a\n\nfunc f() {\n\tif x {\n\t\ty := g(│\n\t}\n\treturn y\n}\n\nvar z int\n",
        [
            ("file", "file", WHOLE),
            (
                "scope",
                "items",
                "func f() {\n\tif x {\n\t\ty := g(│\n\t}\n\treturn y\n}",
            ),
            ("block", "block", "\n\t\ty := g(│\n\t"),
            ("line", "block", "\t\ty := g(│"),
        ],
    ),
    "an empty body": (
        "package a\n\nfunc f() {\n\t│\n}\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "func f() {\n\t│\n}"),
            ("block", "block", "\n\t│\n"),
            ("line", "block", "\t│"),
        ],
    ),
    "between items": (
        "package a\n\nvar x int\n\n│\n\nvar y int\n",
        [("file", "file", WHOLE), ("scope", "items", "│")],
    ),
    "in the file's head": (
        'package a\n\nimport (\n\t"fmt"\n\t│\n)\n\nvar y int\n',
        [("file", "file", WHOLE), ("scope", "file", 'package a\n\nimport (\n\t"fmt"\n\t│\n)')],
    ),
    "before the imports": (
        'package a\n│\nimport "fmt"\n\nvar y int\n',
        [("file", "file", WHOLE), ("scope", "file", 'package a\n│\nimport "fmt"')],
    ),
    "without a package": ("│\n\nvar y int\n", [("file", "file", WHOLE)]),
    "a case": (
        "package a\n\nfunc f() {\n\tswitch x {\n\tcase 1:\n\t\ta│\n\t}\n}\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "func f() {\n\tswitch x {\n\tcase 1:\n\t\ta│\n\t}\n}"),
            ("block", "block", "\n\tswitch x {\n\tcase 1:\n\t\ta│\n\t}\n"),
            ("line", "block", "\t\ta│"),
        ],
    ),
    "a literal over several lines": (
        "package a\n\nvar x = []T{\n\t{1},\n\t{│\n}\n\nvar y int\n",
        [("file", "file", WHOLE), ("scope", "items", "var x = []T{\n\t{1},\n\t{│\n}")],
    ),
    "a function that another one has broken, above": (
        "package a\n\nfunc f() {\n\tif x {\n}\n\nfunc g() {\n\ty := │\n}\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "func g() {\n\ty := │\n}"),
            ("block", "block", "\n\ty := │\n"),
            ("line", "block", "\ty := │"),
        ],
    ),
}

TYPESCRIPT_CASES: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "inside an unfinished call, with code behind": (
        "import a from 'a'\n\nfunction f() {\n  if (x) {\n    y = g(│\n  }\n}\n\nlet z = 1\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "function f() {\n  if (x) {\n    y = g(│\n  }\n}"),
            ("block", "block", "\n    y = g(│\n  "),
            ("line", "block", "    y = g(│"),
        ],
    ),
    "an arrow function's body": (
        "const f = () => {\n  │\n}\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "const f = () => {\n  │\n}"),
            ("block", "block", "\n  │\n"),
            ("line", "block", "  │"),
        ],
    ),
    "between items": (
        "let x = 1\n\n│\n\nlet y = 2\n",
        [("file", "file", WHOLE), ("scope", "items", "│")],
    ),
    "a class's member": (
        "class A {\n  a = 1\n  m(│\n  b = 2\n}\n",
        [("file", "file", WHOLE), ("scope", "items", "class A {\n  a = 1\n  m(│\n  b = 2\n}")],
    ),
    "an object's property": (
        "const a = {\n  b: {\n    c: │\n  },\n}\n\nf()\n",
        [("file", "file", WHOLE), ("scope", "items", "const a = {\n  b: {\n    c: │\n  },\n}")],
    ),
}


@pytest.mark.parametrize("name", PYTHON_CASES)
def test_python(name) -> None:
    text, expected = PYTHON_CASES[name]
    assert chain(*python(text)) == [(a, b, text if c is WHOLE else c) for a, b, c in expected]


ZIG_CASES: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "an unfinished call": (
        "const a = 1;\n\nfn f() void {\n    if (x) {\n        g(│\n    }\n    h();\n}\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "fn f() void {\n    if (x) {\n        g(│\n    }\n    h();\n}"),
            ("block", "block", "\n        g(│\n    "),
            ("line", "block", "        g(│"),
        ],
    ),
    "an unfinished initializer": (
        "fn f() void {\n    const a = .{\n        .b = │\n        .c = 1,\n    };\n}\n",
        [
            ("file", "file", WHOLE),
            (
                "scope",
                "items",
                "fn f() void {\n    const a = .{\n        .b = │\n        .c = 1,\n    };\n}",
            ),
            (
                "block",
                "block",
                "\n    const a = .{\n        .b = │\n        .c = 1,\n    };\n",
            ),
            ("line", "block", "    const a = .{\n        .b = │\n        .c = 1,\n    };"),
        ],
    ),
    "an unfinished prong": (
        "fn f() void {\n    switch (a) {\n        .b => │\n        .c => d(),\n    }\n}\n",
        [
            ("file", "file", WHOLE),
            (
                "scope",
                "items",
                "fn f() void {\n    switch (a) {\n        .b => │\n        .c => d(),\n    }\n}",
            ),
            (
                "block",
                "block",
                "\n    switch (a) {\n        .b => │\n        .c => d(),\n    }\n",
            ),
            ("line", "block", "    switch (a) {\n        .b => │\n        .c => d(),\n    }"),
        ],
    ),
    "between declarations": (
        "const a = 1;\n\n│\n\nconst b = 2;\n",
        [("file", "file", WHOLE), ("scope", "items", "│")],
    ),
    "a member of a container": (
        "const A = struct {\n    a: u8,\n    b: │\n    c: u8,\n};\n",
        [
            ("file", "file", WHOLE),
            ("scope", "items", "const A = struct {\n    a: u8,\n    b: │\n    c: u8,\n};"),
        ],
    ),
}


@pytest.mark.parametrize("name", ZIG_CASES)
def test_zig(name) -> None:
    text, expected = ZIG_CASES[name]
    assert chain(*zig(text)) == [(a, b, text if c is WHOLE else c) for a, b, c in expected]


@pytest.mark.parametrize("name", GO_CASES)
def test_go(name) -> None:
    text, expected = GO_CASES[name]
    assert chain(*go(text)) == [(a, b, text if c is WHOLE else c) for a, b, c in expected]


@pytest.mark.parametrize("name", TYPESCRIPT_CASES)
def test_typescript(name) -> None:
    text, expected = TYPESCRIPT_CASES[name]
    assert chain(*typescript(text)) == [(a, b, text if c is WHOLE else c) for a, b, c in expected]


@pytest.mark.parametrize("break_", ["\r\n", "\r"])
def test_line_breaks_are_those_that_grammars_know(break_) -> None:
    text = "\ufeffx = 1\n\n\ndef f():\n    y = │\n    z\n"
    crlf = chain(*python(text.replace("\n", break_)))
    assert crlf == chain(*python(text.removeprefix("\ufeff")))


def test_a_large_file_is_not_offered_whole() -> None:
    text = "def f():\n    x = 1\n\n\n" * 6_000
    document, offset = python(text + "def g():\n    y = │\n")
    hole = hole_at(document, offset)
    assert hole is not None
    assert [scope.level for scope in hole.scopes] == ["scope", "block"]
    assert hole.prefix == "def g():\n    y = "


def test_a_line_too_long_for_the_engine_has_no_scope() -> None:
    document, offset = python("x = [" + "1, " * 150_000 + "│]\n")
    hole = hole_at(document, offset)
    assert hole is not None
    assert hole.scopes == ()
    assert hole.prefix == hole.suffix == ""


# What stands behind the cursor is in quotes that began in the line which is not there yet.
QUOTED = '    │\n        the rest of it.\n        """\n        return 1\n'
METHOD = '    def f(self):\n        """What it does."""\n        return 1\n'


@pytest.mark.parametrize(("methods", "whole"), [(2_000, True), (7_000, False)])
@pytest.mark.parametrize(
    "around", [QUOTED, "│\n" + METHOD], ids=["what is there does not read well", "a blank line"]
)
def test_where_no_part_reads_well_the_whole_has_to_tell_what_joins(methods, whole, around) -> None:
    document, offset = python("class A:\n" + METHOD * methods + around + METHOD * 10)
    hole = hole_at(document, offset)
    assert hole is not None
    levels = [scope.level for scope in hole.scopes]
    assert levels[:1] == ["file"] if whole else not levels


@pytest.mark.parametrize("offset", [-1, 0, 5, 99])
def test_any_offset_will_do(offset) -> None:
    hole = hole_at(Document("x = 1", "a.py"), offset)
    assert hole is not None
    assert hole.offset == min(max(offset, 0), 5)


def test_without_a_language_there_is_no_hole() -> None:
    assert hole_at(Document("ADD 1", "a.cob"), 2) is None
