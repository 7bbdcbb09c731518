"""The registry: everything Maze's grammars know about a language besides its `.lark` file.

A language is data: one `.lark`, at most one layout, one entry here. Nothing else branches on which
language it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from .automatic_semicolons import AutomaticSemicolons
from .layout import Indentation, Layout, NoLayout, Semicolons
from .modes import MAIN, Go, Mode, Pop, Push, Switch


@dataclass(frozen=True)
class Language:
    """One entry.

    Attributes:
        id: the name used everywhere: in the wire protocol, settings and file names.
        name: the name a person reads.
        layout: how line breaks become terminals.
        modes: lexer modes besides, or instead of, the plain main one.
        never_generated: terminals that existing text may hold but suggestions do
            not introduce, because no grammar can tell whether they are valid.
    """

    id: str
    name: str
    layout: Layout = field(default_factory=NoLayout)
    modes: Mapping[str, Mode] = field(default_factory=dict)
    never_generated: frozenset[str] = frozenset()

    @property
    def path(self) -> Path:
        """Where the grammar file is: beside the package in a wheel, at the top in a checkout."""
        packaged = Path(str(resources.files("maze"))) / "grammars" / f"{self.id}.lark"
        if packaged.exists():
            return packaged
        return Path(__file__).parents[3] / "grammars" / f"{self.id}.lark"


class UnknownLanguage(ValueError):
    """No language of that name; the message lists those there are."""


def get(language_id: str) -> Language:
    """Look a language up.

    Raises:
        UnknownLanguage: naming the languages there are.
    """
    try:
        return LANGUAGES[language_id]
    except KeyError:
        known = ", ".join(sorted(LANGUAGES))
        raise UnknownLanguage(f"unknown language {language_id!r}; known are {known}") from None


def _quoted(terminals: str) -> frozenset[str]:
    """The names of literal terminals, given by their texts."""
    return frozenset(f'"{text}"' for text in terminals.split())


def _python_modes() -> dict[str, Mode]:
    """f-strings: literal text per kind of quote, replacement fields, format specifications.

    https://docs.python.org/3/reference/lexical_analysis.html#f-strings
    """
    nest = {opener: Push("nested") for opener in ('"("', '"["', '"{"')}
    starts: dict[str, Push] = {}
    modes: dict[str, Mode] = {}
    for raw in ("", "R"):
        for quote in ("S", "D", "TS", "TD"):
            kind = quote + raw
            starts[f"FSTRING_START__{kind}"] = Push(kind)
            modes[kind] = Mode(
                terminals=(
                    f"FSTRING_MIDDLE__{kind}",
                    "FSTRING_MIDDLE__BRACES",
                    "FSTRING_MIDDLE__BACKSLASH",
                    *(() if raw else ("FSTRING_NAMED_ESCAPE__T",)),
                    f"FSTRING_END__{kind}",
                    "FIELD_OPEN__T",
                ),
                switches={
                    f"FSTRING_END__{kind}": Pop(),
                    "FIELD_OPEN__T": Push(f"field_{quote}"),
                },
            )
    for quote in ("S", "D", "TS", "TD"):
        modes[f"field_{quote}"] = Mode(
            eager={"}": "FIELD_CLOSE", ":": "FIELD_COLON"},
            switches={"FIELD_CLOSE": Pop(), "FIELD_COLON": Go(f"spec_{quote}"), **nest, **starts},
        )
        modes[f"spec_{quote}"] = Mode(
            terminals=(f"SPEC_MIDDLE__{quote}", "FIELD_OPEN__T", "FIELD_CLOSE__T"),
            switches={"FIELD_OPEN__T": Push(f"field_{quote}"), "FIELD_CLOSE__T": Pop()},
        )
    closers = {closer: Pop() for closer in ('")"', '"]"', '"}"')}
    modes["nested"] = Mode(switches={**nest, **closers, **starts})
    return {MAIN: Mode(switches=starts), **modes}


_PYTHON = Language(
    id="python",
    name="Python",
    layout=Indentation(
        openers=_quoted("( [ {") | {"FIELD_OPEN"},
        closers=_quoted(") ] }") | {"FIELD_CLOSE"},
    ),
    modes=_python_modes(),
    never_generated=frozenset({"NAMED_ESCAPE_STRING", "FSTRING_NAMED_ESCAPE"}),
)

_GO = Language(
    id="go",
    name="Go",
    layout=Semicolons(
        semicolon='";"',
        after_terminals=frozenset(
            {"IDENTIFIER", "INT_LIT", "FLOAT_LIT", "IMAGINARY_LIT", "RUNE_LIT", "STRING_LIT"}
        )
        | _quoted("break continue fallthrough return ++ -- ) ] }"),
    ),
)  # fmt: skip

_ZIG = Language(id="zig", name="Zig")


def _rust_modes() -> dict[str, Mode]:
    """Block comments, which nest; a carriage return in a doc comment belongs to a line break.

    https://doc.rust-lang.org/reference/comments.html
    """
    marks = ("COMMENT_STAR__C", "COMMENT_SLASH__C", "COMMENT_OPEN__C", "COMMENT_CLOSE__C")
    texts = {"comment": ("COMMENT_TEXT__C",), "doc": ("DOC_TEXT__C", "DOC_LINE_END__C")}
    modes = {
        name: Mode(
            terminals=(*text, *marks),
            switches={"COMMENT_OPEN__C": Push(name), "COMMENT_CLOSE__C": Pop()},
        )
        for name, text in texts.items()
    }
    opens: dict[str, Switch] = {
        "COMMENT_OPEN": Push("comment"),
        "STARRED_COMMENT_OPEN": Push("comment"),
        "OUTER_DOC__BLOCK": Push("doc"),
        "INNER_DOC__BLOCK": Push("doc"),
    }
    return {MAIN: Mode(switches=opens), **modes}


_RUST = Language(
    id="rust", name="Rust", modes=_rust_modes(), never_generated=frozenset({"TRY_MACRO"})
)


def _typescript_modes() -> dict[str, Mode]:
    """Template literals: a substitution ends at the brace that closes it.

    https://tc39.es/ecma262/#sec-template-literal-lexical-components
    """
    starts = {"TEMPLATE_HEAD": Push("substitution"), '"{"': Push("braces")}
    return {
        MAIN: Mode(switches={"TEMPLATE_HEAD": Push("substitution")}),
        "substitution": Mode(
            eager={"}": "TEMPLATE_CLOSE"},
            switches={"TEMPLATE_CLOSE": Go("template"), **starts},
        ),
        "braces": Mode(switches={'"}"': Pop(), **starts}),
        "template": Mode(
            terminals=("TEMPLATE_MIDDLE", "TEMPLATE_TAIL"),
            switches={"TEMPLATE_MIDDLE": Go("substitution"), "TEMPLATE_TAIL": Pop()},
        ),
    }


_KEYWORDS = _quoted(
    "await break case catch class const continue debugger default delete do else enum export extends false"
    " finally for function if import in instanceof let new null return super switch this throw true try"
    " typeof var void while with yield"
)

_TYPESCRIPT = Language(
    id="typescript",
    name="TypeScript",
    layout=AutomaticSemicolons(
        semicolon="ASI",
        ends=frozenset(
            {"NAME", "NAME_BELOW", "NUMBER", "STRING", "REGEX", "TEMPLATE", "TEMPLATE_TAIL"}
        )
        | _quoted(
            ") ] } > ++ -- this super null true false void const break continue return throw debugger yield"
        ),
        never_ends=frozenset(
            {"SOFT_AS", "SOFT_SATISFIES", "SOFT_OF", "SOFT_IS", "SOFT_TYPE_OPERATOR", "SOFT_INFER"}
        ),
        continues=frozenset({"GT_ADJACENT", "LESS_ADJACENT", "TEMPLATE", "TEMPLATE_HEAD", "TEMPLATE_CLOSE"})
        | _quoted(
            "{ } ( ) [ ] . ... ; , < > <= == != === !== + - * / % ** & | ^ && || ?? ? ?. :"
            " = += -= *= /= %= **= &= |= ^= &&= ||= ??= =>"
        ),
        closers=_quoted("}"),
        below={'"("': "CALL_BELOW", '"["': "INDEX_BELOW", '"<"': "LESS_BELOW"},
        either=frozenset({'"!"'}),
        operands=frozenset({"REGEX"}),
        operators=frozenset({'"/"', '"/="'}),
        restricted=_quoted("return throw yield break continue"),
        members=frozenset({'"."', '"?."', "HASH"}),
        member="NAME",
        member_below="NAME_BELOW",
        words=_KEYWORDS,
    ),
    modes=_typescript_modes(),
    never_generated=frozenset({"YIELD_OPEN", "AWAIT_OPEN"}),
)  # fmt: skip

LANGUAGES: Mapping[str, Language] = {
    language.id: language for language in (_PYTHON, _GO, _ZIG, _RUST, _TYPESCRIPT)
}
