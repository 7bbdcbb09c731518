"""The languages Maze reads: one table, and all that tree-sitter and layout differ in.

Adding a language is one entry. Node kinds are those of the language's
tree-sitter grammar.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module

import attrs
import tree_sitter


@attrs.frozen(eq=False)
class Functions:
    """How functions are written, for what can be generated at one (see `maze.document.tasks`).

    In texts that stand around generated ones, ``{name}`` is the function's name, ``{Name}`` the same
    with a capital letter; ``{indent}`` stands for one more step of indentation.

    Attributes:
        kinds: kinds of the nodes that are functions; they have the fields ``name`` and ``body``.
        binders: kinds of the nodes that give a name to a function without one; they have the fields
            ``name`` and ``value``.
        values: kinds of the nodes that are such functions.
        declarations: kinds of the nodes that binders stand in.
        lead: what a function at the top level starts with.
        opener: what stands between a signature and its body.
        stub_starts: beginnings of a statement that says that a body is still to be written.
        doc: what stands before and behind a doc comment.
        doc_inside: it is the first statement of the body; else it stands above the function.
        test: what stands before and behind the body of a test.
        indent: one step of indentation, where a text shows none.
        classes: kinds of the nodes in whose bodies functions are members.
        member_lead: what such a member starts with.
    """

    kinds: frozenset[str]
    lead: str
    opener: str
    stub_starts: tuple[str, ...]
    doc: tuple[str, str]
    test: tuple[str, str]
    doc_inside: bool = False
    indent: str = "    "
    classes: frozenset[str] = frozenset()
    member_lead: str = ""
    binders: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    declarations: frozenset[str] = frozenset()


@attrs.frozen(eq=False)
class Language:
    """What the server needs to know of one language.

    Attributes:
        name: as the wire protocol and the grammars call it.
        title: as a person calls it.
        parser: ``module:function`` that gives the tree-sitter language.
        suffixes: file name endings, with the dot.
        filenames: whole file names.
        interpreters: programs that a ``#!`` line may name.
        editor_ids: what editors call it (LSP's ``languageId``).
        line_comment: starts a comment that ends with the line.
        telling: node kinds that prose or another language hardly yields.
        imports: kinds of the top-level items that a reader wants to see first.
        leading: kinds of the top-level items that must stand before all others.
        block: the kind of node that is a statement block.
        containers: kinds of the nodes whose children are statements, `block` included.
        block_in_braces: a block stands in ``{`` and ``}``; else it is told by its indentation.
        block_opener: what a line that starts a block ends with.
        functions: how functions are written; without it, none are generated.
        stubs: what a body holds that is still to be written.
        carries_on: what, in the first column, begins no top-level item but carries one on.
        stand_ins: lines that may take the place of an unfinished one, likelier ones first
            (see `maze.document.stand_in`).
    """

    name: str
    title: str
    parser: str
    suffixes: frozenset[str]
    editor_ids: frozenset[str]
    line_comment: str
    telling: frozenset[str]
    imports: frozenset[str]
    block: str
    containers: frozenset[str]
    block_in_braces: bool
    block_opener: str
    stand_ins: tuple[str, ...]
    filenames: frozenset[str] = frozenset()
    interpreters: frozenset[str] = frozenset()
    leading: frozenset[str] = frozenset()
    stubs: frozenset[str] = frozenset()
    functions: Functions | None = None
    carries_on: re.Pattern[str] = re.compile(r"$.")


PYTHON = Language(
    name="python",
    title="Python",
    parser="tree_sitter_python:language",
    suffixes=frozenset({".py", ".pyi", ".pyw"}),
    filenames=frozenset({"SConstruct", "SConscript", "wscript"}),
    interpreters=frozenset({"python", "pypy", "uv"}),
    editor_ids=frozenset({"python"}),
    line_comment="#",
    telling=frozenset(
        {
            "function_definition",
            "class_definition",
            "import_statement",
            "import_from_statement",
            "future_import_statement",
            "if_statement",
            "for_statement",
            "while_statement",
            "with_statement",
            "try_statement",
        }
    ),
    imports=frozenset({"import_statement", "import_from_statement", "future_import_statement"}),
    block="block",
    containers=frozenset({"block"}),
    block_in_braces=False,
    block_opener=":",
    carries_on=re.compile(r"(?:elif|else|except|finally)\b"),
    functions=Functions(
        kinds=frozenset({"function_definition"}),
        lead="def ",
        opener=":",
        stub_starts=("raise NotImplementedError",),
        doc=('"""', '"""'),
        doc_inside=True,
        test=("\n\n\ndef test_{name}():\n{indent}", ""),
        classes=frozenset({"class_definition"}),
        member_lead="def ",
    ),
    stubs=frozenset({"pass", "...", "raise NotImplementedError", "raise NotImplementedError()"}),
    stand_ins=(
        "pass",
        "if x:",
        "x,",
        "x: x,",
        "@x",
        "def x():",
        "async def x():",
        "class x:",
        "for x in x:",
        "while x:",
        "with x:",
        "try:",
        "match x:",
        "elif x:",
        "else:",
        "except x:",
        "finally:",
        "case x:",
        ")",
        "]",
        "}",
        "),",
        "],",
        "},",
        "):",
        "x)",
        "x],",
        "x},",
        "x: [",
        "x: {",
        "x(",
        "x = (",
        "x = [",
        "x = {",
        "def x(",
        "class x(",
        "if x",
        "+ x",
        "x = (x",
        '"""',
        'x = """',
        "'''",
    ),
)

GO = Language(
    name="go",
    title="Go",
    parser="tree_sitter_go:language",
    suffixes=frozenset({".go"}),
    editor_ids=frozenset({"go"}),
    line_comment="//",
    carries_on=re.compile(r"\w+:(?!=)"),  # a label
    telling=frozenset({"package_clause"}),
    imports=frozenset({"package_clause", "import_declaration"}),
    leading=frozenset({"package_clause", "import_declaration"}),
    block="block",
    containers=frozenset({"block", "statement_list"}),
    block_in_braces=True,
    block_opener="{",
    functions=Functions(
        kinds=frozenset({"function_declaration", "method_declaration"}),
        lead="func ",
        opener=" {",
        stub_starts=("panic(",),
        doc=("// {name} ", "\n"),
        test=("\n\nfunc Test{Name}(t *testing.T) {\n{indent}", "\n}"),
        indent="\t",
    ),
    stand_ins=(
        "x()",
        "x,",
        "x: x,",
        "if x {",
        "for x {",
        "func x() {",
        "switch x {",
        "select {",
        "type x struct {",
        "type x interface {",
        "var (",
        "const (",
        "import (",
        "x int",
        "case x:",
        "default:",
        "} else if x {",
        "x := x{",
        "x: x{",
        "x(",
        "x := func() {",
        "x(func() {",
        "go func() {",
        "defer func() {",
        "}",
        ")",
        "})",
        "},",
        "}()",
        "x)",
        "x +",
        "}{",
        "func x(",
        "func x() (",
        ") {",
        "x = `",
        "`",
        '"x"',
    ),
)

ZIG = Language(
    name="zig",
    title="Zig",
    parser="tree_sitter_zig:language",
    suffixes=frozenset({".zig"}),
    editor_ids=frozenset({"zig"}),
    line_comment="//",
    telling=frozenset({"function_declaration", "test_declaration"}),
    imports=frozenset({"variable_declaration"}),
    block="block",
    containers=frozenset({"block"}),
    block_in_braces=True,
    block_opener="{",
    functions=Functions(
        kinds=frozenset({"function_declaration"}),
        lead="fn ",
        opener=" {",
        stub_starts=("unreachable", "@panic(", "@compileError("),
        doc=("/// ", "\n"),
        test=('\n\ntest "{name}" {\n{indent}', "\n}"),
        classes=frozenset(
            {"struct_declaration", "union_declaration", "enum_declaration", "opaque_declaration"}
        ),
        member_lead="fn ",
    ),
    stand_ins=(
        "x();",
        "const x = x;",
        "x,",
        ".x = x,",
        "x: x,",
        "x => x,",
        "else => x,",
        "if (x) {",
        "for (x) |x| {",
        "while (x) {",
        "switch (x) {",
        "x => {",
        "else => {",
        "fn x() x {",
        "pub fn x() x {",
        "test {",
        "const x = struct {",
        "pub const x = struct {",
        "const x = enum {",
        "const x = union(enum) {",
        "} else {",
        "} else if (x) {",
        "} else |x| {",
        "comptime {",
        "defer {",
        "x: {",
        "const x = x: {",
        "const x = switch (x) {",
        "x => |x| {",
        "x(",
        "x(.{",
        ".x = .{",
        "return .{",
        "const x = .{",
        "const x = x(",
        "fn x(",
        "}",
        "};",
        "},",
        "});",
        "}),",
        ")",
        ");",
        "),",
        ") x {",
        "x)",
        "x);",
        "+ x",
        "\\\\x",
    ),
)

RUST = Language(
    name="rust",
    title="Rust",
    parser="tree_sitter_rust:language",
    suffixes=frozenset({".rs"}),
    interpreters=frozenset({"rust-script", "run-cargo-script", "cargo"}),
    editor_ids=frozenset({"rust"}),
    line_comment="//",
    telling=frozenset(
        {
            "function_item",
            "struct_item",
            "enum_item",
            "impl_item",
            "trait_item",
            "mod_item",
            "use_declaration",
            "macro_definition",
        }
    ),
    imports=frozenset({"use_declaration", "extern_crate_declaration", "mod_item"}),
    block="block",
    containers=frozenset({"block"}),
    block_in_braces=True,
    block_opener="{",
    stubs=frozenset({"todo!()", "unimplemented!()"}),
    carries_on=re.compile(r"where\b|->"),
    functions=Functions(
        kinds=frozenset({"function_item"}),
        lead="fn ",
        opener=" {",
        stub_starts=("todo!(", "unimplemented!(", "panic!("),
        doc=("/// ", "\n"),
        test=("\n\n#[test]\nfn test_{name}() {\n{indent}", "\n}"),
        classes=frozenset({"impl_item", "trait_item", "mod_item"}),
        member_lead="fn ",
    ),
    stand_ins=(
        "x();",
        "x,",
        "x: x,",
        "x => x,",
        "x()",
        ".x()",
        "if x {",
        "if let x = x {",
        "for x in x {",
        "while x {",
        "loop {",
        "match x {",
        "x => {",
        "let x = x;",
        "let x = x {",
        "let x = match x {",
        "let x = if x {",
        "let x = || {",
        "let x = x else {",
        "fn x() {",
        "fn x();",
        "pub fn x() {",
        "async fn x() {",
        "impl x {",
        "struct x {",
        "enum x {",
        "trait x {",
        "mod x {",
        "extern {",
        "macro_rules! x {",
        "use x;",
        "use x::{",
        "type x = x;",
        "const x: x = x;",
        "pub x: x,",
        "#[x]",
        "#![x]",
        "where x: x,",
        "} else {",
        "} else if x {",
        "unsafe {",
        "async {",
        "x! {",
        "x {",
        "x: x {",
        "x(x {",
        "x(|| {",
        "x(",
        "x!(",
        "let x = x(",
        "let x = [",
        "return x {",
        "return x(",
        "fn x(",
        "pub fn x(",
        "}",
        "};",
        "},",
        "})",
        "});",
        "}),",
        ")",
        ");",
        "),",
        "]",
        "];",
        "],",
        ") {",
        ") -> x {",
        "-> x {",
        "x)",
        "x);",
        "+ x",
        'x("',
        '");',
    ),
)

TYPESCRIPT = Language(
    name="typescript",
    title="TypeScript",
    parser="tree_sitter_typescript:language_typescript",
    suffixes=frozenset({".ts", ".mts", ".cts"}),
    interpreters=frozenset({"deno", "tsx", "ts-node", "ts-node-esm", "bun"}),
    editor_ids=frozenset({"typescript"}),
    line_comment="//",
    telling=frozenset(
        {
            "import_statement",
            "export_statement",
            "lexical_declaration",
            "function_declaration",
            "class_declaration",
            "abstract_class_declaration",
            "interface_declaration",
            "type_alias_declaration",
            "enum_declaration",
            "ambient_declaration",
        }
    ),
    imports=frozenset({"import_statement"}),
    block="statement_block",
    containers=frozenset({"statement_block"}),
    block_in_braces=True,
    block_opener="{",
    stubs=frozenset(
        {
            f"throw new Error({quote}{text}{quote}){end}"
            for quote in "'\""
            for text in ("Not implemented", "not implemented", "Method not implemented.")
            for end in (";", "")
        }
    ),
    functions=Functions(
        kinds=frozenset(
            {"function_declaration", "generator_function_declaration", "method_definition"}
        ),
        binders=frozenset({"variable_declarator", "public_field_definition"}),
        values=frozenset({"arrow_function", "function_expression", "generator_function"}),
        declarations=frozenset({"lexical_declaration", "variable_declaration"}),
        lead="function ",
        opener=" {",
        stub_starts=("throw new Error(",),
        doc=("/** ", " */\n"),
        test=('\n\ntest("{name}", () => {\n{indent}', "\n});"),
        indent="  ",
        classes=frozenset({"class_declaration", "abstract_class_declaration", "class"}),
    ),
    stand_ins=(
        "x();",
        "x,",
        "x: x,",
        "if (x) {",
        "for (const x of x) {",
        "while (x) {",
        "function x() {",
        "async function x() {",
        "x() {",
        "async x() {",
        "x = () => {",
        "const x = () => {",
        "class x {",
        "interface x {",
        "type x = {",
        "enum x {",
        "x: x;",
        "x = x;",
        "switch (x) {",
        "case x:",
        "default:",
        "try {",
        "} else {",
        "} else if (x) {",
        "} catch (x) {",
        "} finally {",
        "export const x = {",
        "export function x() {",
        "export class x {",
        "export interface x {",
        "export {",
        "import {",
        "import { x } from 'x';",
        "} from 'x';",
        "const x = {",
        "const x = [",
        "x({",
        "x: {",
        "x: [",
        "x(",
        "x(() => {",
        "x(async () => {",
        "return {",
        "return (",
        "}",
        "};",
        ")",
        ");",
        "})",
        "});",
        "},",
        "]",
        "],",
        "];",
        "x)",
        "x);",
        ") {",
        ".x()",
        "? x",
        ": x;",
        "| x",
        "x +",
        "x = `",
        "`",
        "/*",
    ),
)

# Lines of elements, and of the expressions in them.
_JSX_STAND_INS = (
    "<x />",
    "<x>",
    "</x>",
    "{x}",
    "x={x}",
    "<x",
    "/>",
    ">",
    "{x && (",
    ")}",
    "{x.map((x) => (",
    "))}",
    "<>",
    "</>",
)

_TYPE_STAND_INS = frozenset(
    {"interface x {", "type x = {", "enum x {", "x: x;", "export interface x {"}
)

TSX = attrs.evolve(
    TYPESCRIPT,
    name="tsx",
    title="TSX",
    parser="tree_sitter_typescript:language_tsx",
    suffixes=frozenset({".tsx"}),
    interpreters=frozenset(),
    editor_ids=frozenset({"typescriptreact"}),
    stand_ins=(*TYPESCRIPT.stand_ins, *_JSX_STAND_INS),
)

JAVASCRIPT = attrs.evolve(
    TSX,
    name="javascript",
    title="JavaScript",
    suffixes=frozenset({".js", ".jsx", ".mjs", ".cjs"}),
    filenames=frozenset({"Jakefile"}),
    interpreters=frozenset({"node", "nodejs"}),
    editor_ids=frozenset({"javascript", "javascriptreact"}),
    stand_ins=tuple(line for line in TSX.stand_ins if line not in _TYPE_STAND_INS),
)

LANGUAGES: dict[str, Language] = {
    language.name: language
    for language in (
        PYTHON,
        GO,
        ZIG,
        RUST,
        TYPESCRIPT,
        TSX,
        JAVASCRIPT,
    )
}


@cache
def tree_sitter_language(language: Language) -> tree_sitter.Language:
    """The tree-sitter language, loaded when first asked for."""
    module, function = language.parser.split(":")
    return tree_sitter.Language(getattr(import_module(module), function)())
