"""What can be generated at a place, and what takes the place of what.

In the cases `|` is the cursor; in what is wanted `⟦` and `⟧` enclose what is new, and `█` stands
for the text to come.
"""

from __future__ import annotations

import pytest

from maze.document import Document
from maze.document.tasks import Kind, Task, tasks_at

PYTHON = [
    # implement: stub bodies, empty ones, signatures
    ("implement", "def f(a):|\n    pass\n", "def f(a):⟦\n    █⟧\n"),
    ("implement", "def f(a):\n    pass|\n", "def f(a):⟦\n    █⟧\n"),
    ("implement", "def f(a): ...|\n", "def f(a):⟦\n    █⟧\n"),
    ("implement", "def f(a):\n  raise NotImplementedError('x')|\n", "def f(a):⟦\n  █⟧\n"),
    ("implement", 'def f():\n    """Doc."""|\n', 'def f():\n    """Doc."""⟦\n    █⟧\n'),
    (
        "implement",
        'def f():\n    """Doc."""\n    # how\n    ...|\n\nx = 1\n',
        'def f():\n    """Doc."""\n    # how⟦\n    █⟧\n\nx = 1\n',
    ),
    ("implement", "def f(a):|\n", "def f(a):⟦\n    █⟧\n"),
    ("implement", "def f(a):|", "def f(a):⟦\n    █⟧"),
    ("implement", "def f(a)|\n\nx = 1\n", "def f(a)⟦:\n    █⟧\n\nx = 1\n"),
    ("implement", "def f(\n    a,\n) -> int|\n", "def f(\n    a,\n) -> int⟦:\n    █⟧\n"),
    ("implement", "def f(a):\n    # todo|\n\nx = 1\n", "def f(a):\n    # todo⟦\n    █⟧\n\nx = 1\n"),
    ("implement", "def f(a):\n|\n\nx = 1\n", "def f(a):⟦\n    █⟧\n\n\nx = 1\n"),
    (
        "implement",
        "class A:\n    @x\n    async def f(self):|\n        pass\n",
        "class A:\n    @x\n    async def f(self):⟦\n        █⟧\n",
    ),
    ("implement", "@x|\ndef f():\n    pass\n", "@x\ndef f():⟦\n    █⟧\n"),
    ("implement", "if 1:\n\tdef f():|\n\t\tpass\n", "if 1:\n\tdef f():⟦\n\t\t█⟧\n"),
    (
        "implement",
        "def f():\n    def g(): pass|\n    return g\n",
        "def g():⟦\n        █⟧\n    return",
    ),
    # regenerate
    ("regenerate", "def f(a):|\n    # c\n    return a\n", "def f(a):⟦\n    █⟧\n"),
    ("regenerate", 'def f():\n    """D."""\n    return 1|\n', '"""D."""⟦\n    █⟧\n'),
    # write
    ("write", "# Adds.|\n", "# Adds.⟦\ndef █⟧\n"),
    ("write", "# Adds.|\n# Two.\n\n\nx = 1\n", "# Adds.\n# Two.⟦\ndef █⟧\n\n\nx = 1\n"),
    ("write", "class A:\n    x = 1\n\n    # TODO: y|\n", "    # TODO: y⟦\n    def █⟧\n"),
    # test
    ("test", "def _f(a):|\n    return a\n", "return a⟦\n\n\ndef test_f():\n    █⟧\n"),
    (
        "test",
        "class A:\n  def f(self):\n    return 1|\n\n  def g(self): ...\n\nx = 1\n",
        "def g(self): ...⟦\n\n\ndef test_f():\n  █⟧\n\nx = 1\n",
    ),
    # document
    ("document", "def f(a):|\n    return a\n", 'def f(a):⟦\n    """█"""⟧\n    return a\n'),
    ("document", "def f(a):\n    # c\n    return a|\n", 'f(a):⟦\n    """█"""⟧\n    # c\n'),
    # repair: as much as can be stays
    ("repair", "x = foo(1,|\n", "⟦x = foo(1,█⟧\n"),
    ("repair", "def f(:|\n    return 1\n", "⟦def f(:█⟧\n    return 1\n"),
]

GO = [
    ("implement", "func F(a int) int {|}\n", "{⟦\n\t█\n⟧}\n"),
    ("implement", "func F(a int) int {\n\t// c\n\tpanic(1)|\n}\n", "{\n\t// c⟦\n\t█\n⟧}\n"),
    ("implement", "func F(a int) int|\n", "int⟦ {\n\t█\n}⟧\n"),
    ("implement", "func F(a int) int {|\n", "int {⟦\n\t█\n}⟧\n"),
    ("implement", "func (t *T) F() {|\n}\n\nvar x int\n", "F() {⟦\n\t█\n⟧}\n\nvar"),
    ("regenerate", "func F() int {\n\treturn 1|\n}\n", "{⟦\n\t█\n⟧}\n"),
    ("write", "// Add adds.|\n", "// Add adds.⟦\nfunc █⟧\n"),
    ("test", "func add() int {\n\treturn 1|\n}\n", "}⟦\n\nfunc TestAdd(t *testing.T) {\n\t█\n}⟧\n"),
    ("document", "func add() int {\n\treturn 1|\n}\n", "⟦// add █\n⟧func add() int {\n"),
    ("repair", "func F() int {\n\treturn 1 +|\n}\n", "\t⟦return 1 +█⟧\n}\n"),
]

TYPESCRIPT = [
    ("implement", "export function add(a: number): number {|\n}\n", "number {⟦\n  █\n⟧}\n"),
    (
        "implement",
        "class C {\n  go(): void {\n    throw new Error('x');|\n  }\n}\n",
        "go(): void {⟦\n    █\n  ⟧}\n}\n",
    ),
    ("implement", "function f(a: string): number|\n\nlet y = 1;\n", "number⟦ {\n  █\n}⟧\n\nlet y"),
    ("write", "// Adds.|\n\nlet x = 1;\n", "// Adds.⟦\nfunction █⟧\n\nlet x"),
    ("write", "class A {\n  // doubles x|\n\n}\n", "// doubles x⟦\n  █⟧\n"),
    ("regenerate", "function f(a) {\n  return a|;\n}\n", "f(a) {⟦\n  █\n⟧}\n"),
    ("test", "function f() {\n  g()|;\n}\n", '}⟦\n\ntest("f", () => {\n  █\n});⟧\n'),
    ("document", "export function f() {\n  g()|;\n}\n", "⟦/** █ */\n⟧export function f"),
    ("repair", "function f() {\n  let x = = 3;|\n}\n", "  ⟦let x = = 3;█⟧\n}\n"),
]

ARROWS = [
    # functions without a name of their own, bound to one
    ("implement", "const add = (a, b) => {|\n};\n", "=> {⟦\n  █\n⟧};\n"),
    ("implement", "export const add = async (a) => {|\n};\n", "=> {⟦\n  █\n⟧};\n"),
    ("regenerate", "let add = function (a) {\n  return a|;\n};\n", "(a) {⟦\n  █\n⟧};\n"),
    (
        "regenerate",
        "function f() {\n  const g = () => {\n    return 1|;\n  };\n}\n",
        "() => {⟦\n    █\n  ⟧};\n}\n",
    ),
    ("regenerate", "function f() {\n  const one = 1;|\n  return one;\n}\n", "f() {⟦\n  █\n⟧}\n"),
    ("test", "export const f = () => {\n  g()|;\n};\n", '};⟦\n\ntest("f", () => {\n  █\n});⟧\n'),
    ("document", "export const f = () => {\n  g()|;\n};\n", "⟦/** █ */\n⟧export const f"),
]

RUST = [
    ("implement", "fn add(a: i32) -> i32 {|\n}\n", "i32 {⟦\n    █\n⟧}\n"),
    (
        "implement",
        "impl C {\n    fn go(&self) {\n        todo!()|\n    }\n}\n",
        "{⟦\n        █\n    ⟧}\n",
    ),
    ("implement", "fn f(a: u8) -> u8|\n\nfn g() {}\n", "u8⟦ {\n    █\n}⟧\n\nfn g"),
    ("write", "// Adds.|\n\nfn g() {}\n", "// Adds.⟦\nfn █⟧\n\nfn g"),
    ("write", "impl A {\n    /// Doubles.|\n\n}\n", "/// Doubles.⟦\n    fn █⟧\n"),
    ("regenerate", "fn f(a: u8) -> u8 {\n    a + 1|\n}\n", "u8 {⟦\n    █\n⟧}\n"),
    ("test", "fn f() {\n    g()|\n}\n", "}⟦\n\n#[test]\nfn test_f() {\n    █\n}⟧\n"),
    ("document", "pub fn f() {\n    g()|\n}\n", "⟦/// █\n⟧pub fn f"),
    ("repair", "fn f() {\n    let x = = 3;|\n}\n", "    ⟦let x = = 3;█⟧\n}\n"),
]

ZIG = [
    ("implement", "fn add(a: i32) i32 {|\n}\n", "i32 {⟦\n    █\n⟧}\n"),
    ("implement", "fn add(a: i32) i32 {\n    unreachable;|\n}\n", "i32 {⟦\n    █\n⟧}\n"),
    # A head without a body takes that of the function below for its own.
    ("implement", "fn f(a: u8) u8|\n\nfn g() void {}\n", "u8⟦ {\n    █\n}⟧\n\nfn g"),
    ("write", "// Adds.|\n\nfn g() void {}\n", "// Adds.⟦\nfn █⟧\n\nfn g"),
    ("write", "const A = struct {\n    // doubles|\n\n};\n", "// doubles⟦\n    fn █⟧\n"),
    ("regenerate", "fn f(a: u8) u8 {\n    return a|;\n}\n", "u8 {⟦\n    █\n⟧}\n"),
    ("test", "fn f() void {\n    g()|;\n}\n", '}⟦\n\ntest "f" {\n    █\n}⟧\n'),
    ("document", "pub fn f() void {\n    g()|;\n}\n", "⟦/// █\n⟧pub fn f"),
    ("repair", "fn f() void {\n    var x = = 3;|\n}\n", "    ⟦var x = = 3;█⟧\n}\n"),
    # What is missing is missed in the next line.
    (
        "repair",
        "fn f() void {\n    var b = 0\n    for (a)| |c| {\n        g(c);\n    }\n}\n",
        "    ⟦var b = 0█⟧\n    for",
    ),
]

CASES = [
    *(("a.py", *case) for case in PYTHON),
    *(("a.go", kind, "package a\n\n" + text, wanted) for kind, text, wanted in GO),
    *(("a.ts", *case) for case in TYPESCRIPT),
    *((name, *case) for name in ("a.js", "a.jsx", "a.ts", "a.tsx") for case in ARROWS),
    (
        "a.tsx",
        "implement",
        "class A {\n  go = () => {|\n  };\n}\n",
        "go = () => {⟦\n    █\n  ⟧};\n}\n",
    ),
    (
        "a.tsx",
        "repair",
        "function T(p: P) {\n  return <b>{p.text</b>;|\n}\n",
        "  ⟦return <b>{p.text</b>;█⟧\n}\n",
    ),
    *(("a.rs", *case) for case in RUST),
    *(("a.zig", *case) for case in ZIG),
]


def tasks(name: str, text: str) -> tuple[str, list[Task]]:
    at = text.index("|")
    text = text.replace("|", "", 1)
    return text, tasks_at(Document(text, name), at, at)


@pytest.mark.parametrize(("name", "kind", "text", "wanted"), CASES)
def test_what_takes_the_place_of_what(name: str, kind: str, text: str, wanted: str) -> None:
    text, found = tasks(name, text)
    task = next(task for task in found if task.kind == kind)
    gap = task.gap
    made = f"{text[: gap.start]}⟦{gap.filled('█')}⟧{text[gap.end :]}"
    assert wanted in made, made


@pytest.mark.parametrize(("name", "kind", "text", "wanted"), CASES)
def test_line_breaks_change_nothing(name: str, kind: str, text: str, wanted: str) -> None:
    made = []
    for line_break in ("\n", "\r\n"):
        whole, found = tasks(name, text.replace("\n", line_break))
        gap = next(task.gap for task in found if task.kind == kind)
        new = gap.filled("█").replace("\n", line_break)
        made.append(whole[: gap.start] + new + whole[gap.end :])
    assert made[1] == made[0].replace("\n", "\r\n")


@pytest.mark.parametrize(("name", "kind", "text", "wanted"), CASES)
def test_a_byte_order_mark_changes_nothing(name: str, kind: str, text: str, wanted: str) -> None:
    made = []
    for mark in ("", "\ufeff"):
        whole, found = tasks(name, mark + text)
        gap = next(task.gap for task in found if task.kind == kind)
        made.append(whole[: gap.start] + gap.filled("█") + whole[gap.end :])
    assert made[1] == "\ufeff" + made[0]


@pytest.mark.parametrize(("name", "kind", "text", "wanted"), CASES)
def test_the_likeliest_comes_first(name: str, kind: str, text: str, wanted: str) -> None:
    _, found = tasks(name, text)
    kinds = [task.kind for task in found]
    assert kinds == sorted(kinds, key=list(Kind).index)
    if kind in ("implement", "write", "repair"):
        assert kinds[0] == kind


NOTHING = [
    # what is not offered, and where
    ("implement", "def f(a):|\n    return a\n"),
    ("implement", "x = 1|\n"),
    ("implement", "# def f()|\n\n"),
    ("implement", "def f(a):\n    x = foo(a, |\n    return x\n"),
    ("implement", "def f(a):\n    if a|\n    return a\n"),
    ("regenerate", "def f(a):|\n    pass\n"),
    ("write", "# Adds.|\ndef f(): ...\n"),
    ("write", "def f():\n    # Adds.|\n\n    return 1\n"),
    ("write", "x = 1  # Adds.|\n\ny = 1\n"),
    ("test", "def f(a):|\n    pass\n"),
    ("document", 'def f(a):|\n    """D."""\n    return 1\n'),
    ("document", "def f(a): return 1|\n"),
    ("repair", "def f(a):|\n    return 1\n\nx = (\n"),
    ("repair", "x = 1|\n"),
]


@pytest.mark.parametrize(("kind", "text"), NOTHING)
def test_what_is_not_offered(kind: str, text: str) -> None:
    _, found = tasks("a.py", text)
    assert kind not in [task.kind for task in found]


def test_a_repair_keeps_less_and_less_of_the_line() -> None:
    _, found = tasks("a.py", "def f(a):\n    x = foo(a,|\n    return x\n")
    (repair,) = [task for task in found if task.kind == Kind.REPAIR]
    assert [gap.lead for gap in repair.gaps] == [
        "x = foo(a,",
        "x = foo(a",
        "x = foo(",
        "x = foo",
        "x ",
        "",
    ]


def test_a_document_without_a_language_has_no_tasks() -> None:
    assert tasks_at(Document("def f(): ...\n", "a.unknown"), 0, 0) == []
