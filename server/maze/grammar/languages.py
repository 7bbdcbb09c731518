"""The registry: everything Maze's grammars know about a language besides its `.lark` file.

A language is data: one `.lark`, at most one layout, one entry here. Nothing else branches on which
language it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path

from .automatic_semicolons import AutomaticSemicolons
from .layout import Indentation, Layout, NoLayout, Semicolons
from .modes import MAIN, Go, Mode, Pop, Push, Switch
from .pairing import Pairing


@dataclass(frozen=True)
class Language:
    """One entry.

    Attributes:
        id: the name used everywhere: in the wire protocol, settings and file names.
        name: the name a person reads.
        grammar: the name of its `.lark` file, where that is not the id: dialects share one.
        absent: rules and terminals of the file that this dialect does not have.
        layout: how line breaks become terminals.
        modes: lexer modes besides, or instead of, the plain main one.
        pairing: what has a name that must come twice, if anything has.
        never_generated: terminals that existing text may hold but suggestions do
            not introduce, because no grammar can tell whether they are valid.
    """

    id: str
    name: str
    grammar: str = ""
    absent: frozenset[str] = frozenset()
    layout: Layout = field(default_factory=NoLayout)
    modes: Mapping[str, Mode] = field(default_factory=dict)
    pairing: Pairing | None = None
    never_generated: frozenset[str] = frozenset()

    @property
    def path(self) -> Path:
        """Where the grammar file is: beside the package in a wheel, at the top in a checkout."""
        file = f"{self.grammar or self.id}.lark"
        packaged = Path(str(resources.files("maze"))) / "grammars" / file
        if packaged.exists():
            return packaged
        return Path(__file__).parents[3] / "grammars" / file


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


_TEMPLATE_STARTS: Mapping[str, Switch] = {
    "TEMPLATE_HEAD": Push("substitution"),
    '"{"': Push("braces"),
}


def _typescript_modes() -> dict[str, Mode]:
    """Template literals: a substitution ends at the brace that closes it.

    https://tc39.es/ecma262/#sec-template-literal-lexical-components
    """
    starts = _TEMPLATE_STARTS
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


def _jsx_modes(*, typed: bool) -> dict[str, Mode]:
    """JSX besides templates: inside of tags, text between them, and expressions in braces.

    https://facebook.github.io/jsx/

    Args:
        typed: there are types. Past the name of a tag it may then turn out that what began are type parameters: they
            are read like type arguments, up to the ">" that closes them.
    """
    templates = _typescript_modes()
    starts: dict[str, Switch] = {**_TEMPLATE_STARTS, "TAG_OPEN": Push("tag")}
    inside = ("TAG_BLANK", "ATTRIBUTE", "CONTAINER_OPEN", "SELF_CLOSING", "TAG_END")
    ends: dict[str, Switch] = {
        "CONTAINER_OPEN": Push("container"),
        "SELF_CLOSING": Pop(),
        "TAG_END": Go("children"),
    }
    names = (
        "TAG_NAME",
        "TAG_NAME__TYPE",
        "TAG_PATH",
        "TAG_PATH__WORD",
        "TAG_PATH__SPACE",
        "FRAGMENT_OPEN",
    )
    modes = {
        MAIN: Mode(switches={name: starts[name] for name in ("TEMPLATE_HEAD", "TAG_OPEN")}),
        "substitution": replace(
            templates["substitution"], switches={**templates["substitution"].switches, **starts}
        ),
        "template": templates["template"],
        "braces": Mode(switches={'"}"': Pop(), **starts}),
        "tag": Mode(
            terminals=("TAG_BLANK", *names),
            switches={
                **dict.fromkeys(("TAG_NAME", "TAG_PATH"), Go("named")),
                "FRAGMENT_OPEN": Go("children"),
            },
        ),
        "named": Mode(
            terminals=(*inside, "TAG_EXTENDS"), switches={**ends, "ATTRIBUTE": Go("attributes")}
        ),
        "attributes": Mode(
            terminals=(*inside, "ATTRIBUTE_EQUALS", "ATTRIBUTE_STRING"), switches=ends
        ),
        "children": Mode(
            terminals=("JSX_TEXT", "CONTAINER_OPEN", "TAG_OPEN__CHILD", "CLOSING_OPEN"),
            switches={
                "CONTAINER_OPEN": Push("container"),
                "TAG_OPEN": Push("tag"),
                "CLOSING_OPEN": Go("closing"),
            },
        ),
        "closing": Mode(
            terminals=("TAG_BLANK", "CLOSING_NAME", "CLOSING_NAME__SPACE", "CLOSING_END"),
            switches={"CLOSING_END": Pop()},
        ),
        "container": Mode(
            eager={"}": "CONTAINER_CLOSE"}, switches={"CONTAINER_CLOSE": Pop(), **starts}
        ),
    }
    if not typed:
        return modes
    behind_name = ("TAG_LESS", "TAG_COMMA", "TAG_EXTENDS", "TAG_DEFAULT")
    named: dict[str, Switch] = {
        **ends,
        "ATTRIBUTE": Go("attributes"),
        "TAG_LESS": Push("types"),
        **dict.fromkeys(("TAG_COMMA", "TAG_EXTENDS", "TAG_DEFAULT"), Go("types")),
    }
    return modes | {
        "tag": Mode(
            terminals=("TAG_BLANK", "TAG_CONST", *names),
            switches={
                **dict.fromkeys(("TAG_NAME", "TAG_PATH"), Go("named")),
                "TAG_NAME__TYPE": Go("named_like_type"),
                "FRAGMENT_OPEN": Go("children"),
            },
        ),
        "named": Mode(terminals=(*inside, *behind_name), switches=named),
        "named_like_type": Mode(
            terminals=(*inside, *behind_name, "TYPE_PARAMETER_END"),
            switches={**named, "TYPE_PARAMETER_END": Pop()},
        ),
        "types": Mode(
            eager={">": '">"'},
            switches={**starts, '">"': Pop(), '"<"': Push("types"), "LESS_ADJACENT": Push("types")},
        ),
    }


_KEYWORDS = _quoted(
    "await break case catch class const continue debugger default delete do else enum export extends false"
    " finally for function if import in instanceof let new null return super switch this throw true try"
    " typeof var void while with yield"
)

_SEMICOLONS = AutomaticSemicolons(
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
    continues=frozenset(
        {"GT_ADJACENT", "LESS_ADJACENT", "OPTIONAL_CHAIN", "TEMPLATE", "TEMPLATE_HEAD", "TEMPLATE_CLOSE"}
    )
    | _quoted(
        "} ( ) [ ] . ... ; , < > <= == != === !== + - * / % ** & | ^ && || ?? ? :"
        " = += -= *= /= %= **= &= |= ^= &&= ||= ??= =>"
    ),
    closers=_quoted("}"),
    below={'"("': "CALL_BELOW", '"["': "INDEX_BELOW", '"<"': "LESS_BELOW", '"?"': "QUESTION_BELOW"},
    either=frozenset({'"!"'}),
    operands=frozenset({"REGEX"}),
    operators=frozenset({'"/"', '"/="'}),
    restricted=_quoted("return throw yield break continue"),
    members=frozenset({'"."', "OPTIONAL_CHAIN", "HASH"}),
    member="NAME",
    member_below="NAME_BELOW",
    words=_KEYWORDS | {"YIELD_OPEN", "AWAIT_OPEN"},
)  # fmt: skip

_TYPESCRIPT = Language(
    id="typescript",
    name="TypeScript",
    layout=_SEMICOLONS,
    modes=_typescript_modes(),
    never_generated=frozenset({"YIELD_OPEN", "AWAIT_OPEN"}),
    absent=frozenset(
        {
            "jsx_element", "tag_type_parameters", "extended_tag_type_parameters", "lone_type_parameter",
            "marked_type_parameters", "behind_tag_name", "TAG_BLANK", "untyped_shift",
        }
    ),
)  # fmt: skip

_TSX = replace(
    _TYPESCRIPT,
    id="tsx",
    name="TSX",
    grammar="typescript",
    layout=replace(
        _SEMICOLONS,
        # The second "<" of a shift begins no tag.
        ends=_SEMICOLONS.ends | {"SELF_CLOSING", "CLOSING_END", "LESS_ADJACENT"},
        continues=_SEMICOLONS.continues | {"CONTAINER_CLOSE"},
        openers={'"<"': "TAG_OPEN"},
    ),
    modes=_jsx_modes(typed=True),
    absent=frozenset({"angle_assertion", "unmarked_type_parameters", "untyped_shift"}),
    pairing=Pairing(
        opens=frozenset({"TAG_NAME", "TAG_PATH", "FRAGMENT_OPEN"}),
        drops=frozenset(
            {"SELF_CLOSING", "TAG_COMMA", "TAG_EXTENDS", "TAG_DEFAULT", "TYPE_PARAMETER_END"}
        ),
        closes=frozenset({"CLOSING_END"}),
        mark=b"<",
        closing_mark=b"</",
        end_mark=b">",
        none_left=b" />",
        modes=frozenset({"tag", "closing"}),
        closing_mode="closing",
    ),
)

_JAVASCRIPT = replace(
    _TSX,
    id="javascript",
    name="JavaScript",
    modes=_jsx_modes(typed=False),
    absent=frozenset(
        {
            # types, and what takes them
            "type", "type_or_predicate", "type_parameters", "tag_type_parameters", "lone_type_parameter",
            "unmarked_type_parameters", "marked_type_parameters", "angle_assertion", "cast", "shift", "implemented",
            "optional", "definite", "non_null", "this_parameter", "SOFT_TYPE",
            # declarations
            "interface", "enum", "overload", "default_overload", "bodiless", "bodiless_below", "index_signature",
            "import_equals", "export_equals", "SOFT_ABSTRACT", "SOFT_DECLARE", "SOFT_GLOBAL", "SOFT_MODULE",
            "SOFT_NAMESPACE", "parameter_modifier", "parameter_decorators",
        }
    ),
)  # fmt: skip

LANGUAGES: Mapping[str, Language] = {
    language.id: language
    for language in (_PYTHON, _GO, _ZIG, _RUST, _TYPESCRIPT, _TSX, _JAVASCRIPT)
}
