"""A suggestion shown in its place: the code around the cursor, with ghost text in it."""

from __future__ import annotations

from io import StringIO

from rich.syntax import Syntax
from rich.text import Text as Styled

GHOST = "bold #0b3d0b on #9fe09f"
CURSOR = "▏"

_LINE_NUMBER = "bright_black"
_THEME = "ansi_dark"
_TAB = 4


def in_place(
    content: str,
    offset: int,
    suggestion: str,
    *,
    language: str,
    lines_around: int = 3,
    style: str = GHOST,
    lines_above: int = 0,
) -> Styled:
    """The lines around a cursor with `suggestion` in them.

    Args:
        content: the document without the suggestion.
        offset: the cursor, in characters.
        language: colours the code.
        lines_around: how many lines to show before and after.
        style: of the ghost text.
        lines_above: how many stand in the file before the document, for the numbers.
    """
    content, offset, suggestion = _without_tabs(content, offset, suggestion)
    whole = content[:offset] + suggestion + content[offset:]
    first = whole.count("\n", 0, offset)
    last = first + suggestion.count("\n")
    lines = lines_of(whole) or [""]
    shown = range(max(first - lines_around, 0), min(last + lines_around + 1, len(lines)))
    start = sum(map(len, lines[: shown.start]))
    code = "".join(lines[shown.start : shown.stop])

    styled = Syntax("", language, theme=_THEME, background_color="default").highlight(code)
    styled = styled[: len(code)]  # highlighting may add a line break at the end
    begin = offset - start
    _paint(styled, begin, begin + len(suggestion), style)
    if not suggestion:
        styled = styled[:begin] + Styled(CURSOR, style) + styled[begin:]
    numbered = Styled()
    for number, line in zip(shown, styled.split("\n", allow_blank=True), strict=False):
        numbered.append(f"{lines_above + number + 1:>5} ", _LINE_NUMBER)
        numbered.append_text(line)
        numbered.append("\n")
    return numbered[:-1]


def lines_of(text: str) -> list[str]:
    """The lines as the rest of Maze counts them; `splitlines` ends one at a form feed, too."""
    return list(StringIO(text))


def _without_tabs(content: str, offset: int, suggestion: str) -> tuple[str, int, str]:
    """The same with spaces for tabs, whose width a terminal would decide."""
    before = content[:offset].expandtabs(_TAB)
    after, suggestion = (text.replace("\t", " " * _TAB) for text in (content[offset:], suggestion))
    return before + after, len(before), suggestion


def _paint(styled: Styled, begin: int, end: int, style: str) -> None:
    """Give `[begin, end)` a style of its own; blanks at the start of a line stay as they are."""
    at = begin
    for line in styled.plain[begin:end].splitlines(keepends=True):
        text = line.rstrip("\n")
        indent = len(text) - len(text.lstrip()) if at > begin else 0
        styled.stylize(style, at + indent, at + len(text))
        at += len(line)
