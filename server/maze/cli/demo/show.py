"""The demo's results as a person sees them."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from statistics import median
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from maze.cli import ghost
from maze.cli.demo.editor import Shown
from maze.cli.demo.judging import Verdict
from maze.cli.demo.session import Result
from maze.document.languages import LANGUAGES

_DIM = "bright_black"


def result(found: Result) -> RenderableType:
    """One cursor: the ghost text in its place, the figures, and the bare model's text."""
    cursor = found.cursor
    line = found.content.count("\n", 0, found.offset) + 1
    head = Text.assemble(
        (f"{LANGUAGES[found.language].title}, {cursor.kind}", "bold"),
        (f"  {cursor.file}:{line}", _DIM),
    )
    code = ghost.in_place(
        found.content,
        found.offset,
        found.shown.text or "",
        language=found.language,
        lines_around=2,
    )
    return Group(head, code, Padding(_figures(found), (0, 0, 1, 6)))


def _figures(found: Result) -> Group:
    bare, refusal = found.unconstrained, found.unconstrained_verdict.error
    rows = [
        _row("maze", found.shown, found.verdict, ""),
        _row("without", bare, found.unconstrained_verdict, _in_one_line(bare.text or "")),
    ]
    for error in (found.verdict.error, refusal if bare.text else None):
        if error:
            rows.append(Text(" " * 9 + error, "red"))
    return Group(*rows)


def _row(name: str, shown: Shown, verdict: Verdict, text: str) -> Text:
    row = Text(no_wrap=True, overflow="ellipsis")
    row.append(f"{name:9}", _DIM)
    row.append_text(_verdict(shown, verdict))
    row.append(" " * (27 - len(row)))
    row.append(f"{shown.ms:5.0f} ms, {shown.tokens:2} tokens  ", _DIM)
    row.append(text)
    return row


def _verdict(shown: Shown, verdict: Verdict) -> Text:
    if shown.text is None:
        return Text("nothing to say", _DIM)
    if verdict.parses is None:
        return Text("? no parser here", "yellow")
    return Text("✓ parses", "green") if verdict.parses else Text("✗ does not parse", "red")


def _in_one_line(text: str) -> str:
    return text.replace("\n", "⏎").replace("\t", "→")


def summary(data: dict[str, Any]) -> RenderableType:
    """The figures of all cursors together."""
    table = Table.grid(padding=(0, 2))
    for name, key in (("maze", "maze"), ("without constraint", "unconstrained")):
        part = data[key]
        table.add_row(
            Text(name, "bold"),
            f"{part['parse']} of {part['offered']} suggestions parse",
            f"{part['median_ms']:.0f} ms (median)",
        )
    told = (
        f"{data['model']} {data['place']}; judged by {', '.join(data['parsers'])}",
        f"before it answers, the model reads what is new up to the cursor, "
        f"here {data['median_read_ms']:.0f} ms; while one types that is a word at a time",
    )
    return Group(table, Text("\n".join(told), _DIM))


def summarize(results: Sequence[Result], model: str, place: str) -> dict[str, Any]:
    """The figures of all cursors together, as JSON has them."""
    maze = [(found.shown, found.verdict) for found in results]
    bare = [(found.unconstrained, found.unconstrained_verdict) for found in results]
    return {
        "cursors": len(results),
        "model": model,
        "place": place,
        "median_read_ms": round(median(found.read_ms for found in results), 1),
        "parsers": sorted({found.parser for found in results if found.parser}),
        **{
            key: {
                "offered": sum(shown.text is not None for shown, _ in pairs),
                "parse": sum(shown.text is not None and v.parses is True for shown, v in pairs),
                "median_ms": round(median(shown.ms for shown, _ in pairs), 1),
                "tokens": sum(shown.tokens for shown, _ in pairs),
            }
            for key, pairs in (("maze", maze), ("unconstrained", bare))
        },
    }


def recording_console() -> Console:
    """A console whose output can be saved as a picture; as wide as fits a page."""
    return Console(record=True, width=100, highlight=False, force_terminal=True, file=StringIO())
