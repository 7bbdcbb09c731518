"""Our grammars as one plain Lark text that works on characters, for engines that take such.

Those engines have no separate lexer, so what a lexer does cannot be said to them. This is the
least that must change for our files to be read at all; the note says what is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from maze.grammar.languages import Language, get
from maze.grammar.layout import Indentation, Semicolons

# Any non-ASCII character counts as a letter: neither engine needs to know the properties.
_PROPERTIES = {"XID_Start": "A-Za-z\u00aa-\uffdc", "XID_Continue": "0-9A-Za-z_\u00aa-\uffdc"}
_ANY_LETTER = "A-Za-z\u00aa-\uffdc"
_DIGIT = "0-9"

_LOOK_AHEAD = re.compile(r"\(\?[=!](?:\[(?:\\.|[^\]\\])*\]|\\.|[^)\\])\)")
_PROPERTY = re.compile(r"\\p\{(\w+)\}")
_PRIORITY = re.compile(r"^([A-Z_0-9]+)\.\d+:", re.MULTILINE)
_DEFINED = re.compile(r"^([A-Z_0-9]+):", re.MULTILINE)
_DECLARED = re.compile(r"^%declare (.*)$", re.MULTILINE)
_IGNORED = re.compile(r"^%ignore (.*)$", re.MULTILINE)
_COMMENT = re.compile(r"^//.*$", re.MULTILINE)

_NO_INDENTATION = ("INDENT", "DEDENT")
# A line end with the blank and comment lines after it, and the next line's indentation.
_LINE_END = r"/([ \t]*(#[^\r\n]*)?\r?\n)+[ \t]*/"
# Inside brackets a line end means nothing, but characters do not know where that is.
_ANY_LINE_END = r"/\r?\n/"
_SEMICOLON = r'LINE_OR_SEMICOLON: ";" | /(\r?\n)+/'


@dataclass(frozen=True)
class LarkText:
    """A grammar with the rule `start`, and what it lacks beside ours."""

    text: str
    note: str


def character_grammar(language_id: str, greedy_lexer: bool) -> LarkText:
    """The language's grammar on characters.

    Args:
        language_id: as in the registry.
        greedy_lexer: the engine has a lexer of its own, in which an ignored line end always beats
            one that means something. There, Python's brackets may not hold line ends.
    """
    language = get(language_id)
    text = _COMMENT.sub("", language.path.read_text(encoding="utf-8"))
    declared = [name for line in _DECLARED.findall(text) for name in line.split()]
    text = _DECLARED.sub("", text)
    text = _PRIORITY.sub(r"\1:", text)
    text = _LOOK_AHEAD.sub("", text)
    text = _PROPERTY.sub(lambda found: _characters(found[1]), text)
    for name in _NO_INDENTATION:
        text = re.sub(rf"\b{name}\b", "", text)
    made = [_definition(name, text, language) for name in declared if name not in _NO_INDENTATION]
    # llguidance ignores nothing at the very start, so what may stand there is said.
    start = "start: LEADING? file"
    made.append(f"LEADING: ({' | '.join([*_IGNORED.findall(text), _ANY_LINE_END])})+")
    if isinstance(language.layout, Semicolons):
        text = text.replace(language.layout.semicolon, "LINE_OR_SEMICOLON")
        made.append(_SEMICOLON)
    if not (greedy_lexer and isinstance(language.layout, Indentation)):
        made.append(f"%ignore {_ANY_LINE_END}")
    return LarkText(
        text="\n".join([start, text, *made, ""]),
        note="our .lark on characters: no look-ahead, longest match, reserved words, lexer modes, "
        "indentation or automatic semicolons; any non-ASCII character is a letter",
    )


def _characters(name: str) -> str:
    if name.startswith("N"):
        return _DIGIT
    return _PROPERTIES.get(name, _ANY_LETTER)


def _definition(name: str, text: str, language: Language) -> str:
    """A declared terminal as the variants that its lexer modes have, or as a line end."""
    variants = [found for found in _DEFINED.findall(text) if found.startswith(f"{name}__")]
    eager = {
        f'"{literal}"'
        for mode in language.modes.values()
        for literal, made in mode.eager.items()
        if made == name
    }
    alternatives = [*variants, *sorted(eager)] or [_LINE_END]
    return f"{name}: {' | '.join(alternatives)}"
