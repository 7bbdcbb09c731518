"""What breaks off is closed: `maze.constraint.closing` and `Constraint.closed`."""

from __future__ import annotations

import pytest

from maze.constraint import Constrainer
from maze.grammar import load
from tests.constraint.tokens import write

RUST = "fn f() {\n    │\n}\n"
GO = "package p\n\nfunc f() {\n\t│\n}\n"
PYTHON = "def f():\n    │\n\nx = 1\n"
ZIG = "fn f() void {\n    │\n}\n"
TSX = "const a = (\n  │\n);\n"
TYPESCRIPT = "function f() {\n  │\n}\n"

CASES = [
    # language, text, what was written, what it becomes
    ("rust", RUST, "let x = a(b, c(d", "let x = a(b, c(d));"),
    ("rust", RUST, "if a {\n        b();\n        c(d, e", "if a {\n        b();\n    }"),
    ("rust", RUST, "let a = b()\n    // c", "let a = b();"),
    ("rust", RUST, 'let a = "b', 'let a = "b";'),
    ("rust", "fn f() {\n    │\n\nfn g() {}\n", "self.a", "self.a\n}"),
    ("rust", "fn f() {\n    g(\n        a,\n        │\n}\n", "b,\n        c", "b,\n    )"),
    ("rust", RUST, "let a = 1 +", "let a = 1;"),
    ("rust", RUST, "/* a", ""),
    ("rust", "fn f() {\n    │\n)\n", "let x = a(", ""),
    ("go", GO, "x := f(a, []int{1", "x := f(a, []int{1})"),
    ("go", GO, "for {\n\t\ta()\n\t\tb(", "for {\n\t\ta()\n\t}"),
    ("go", GO, "x := `a", "x := `a`"),
    ("python", PYTHON, "x = f(a, [b.", "x = f(a, [b])"),
    ("python", PYTHON, "x = f(\n        a,\n        b.", "x = f(\n        a,\n    )"),
    ("python", PYTHON, '"""Foo', '"""Foo"""'),
    ("python", PYTHON, "f'{a", "f'{a}'"),
    ("python", PYTHON, "while (a", ""),
    ("zig", ZIG, "const a = .{\n        .b = 1,\n        .c = d(", "const a = .{\n        .b = 1,\n    };"),
    ("typescript", TYPESCRIPT, "f(() => {\n    a();\n    b(", "f(() => {\n    a();\n  })"),
    ("typescript", TYPESCRIPT, "return `a${b(", "return `a${b()}`"),
    ("tsx", TSX, "<a b={c}><d>e", "<a b={c}><d>e</d></a>"),
    ("tsx", TSX, "<a b={c(d", "<a b={c(d)} />"),
    ("tsx", TSX, "<a>{b.map((c) => <d key={c", "<a>{b.map((c) => <d key={c} />)}</a>"),
    ("tsx", "const a = <b>│</c>;\n", "{d", ""),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "written", "expected"), CASES)
def test_closed(
    constrainer: Constrainer, language: str, text: str, written: str, expected: str
) -> None:
    prefix, _, suffix = text.partition("│")
    constraint = constrainer.begin(language, prefix, suffix, mode="free")
    assert write(constraint, constrainer.vocabulary, written.encode())
    closed = constraint.closed().decode()
    assert closed == expected
    if closed:
        assert load(language).check((prefix + closed + suffix).encode()) is None
    assert constraint.text == written.encode(), "the constraint stays where it was"
