"""`maze demo`: an editor's session with the language server, over real source files, shown."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from maze.cli.demo import show
from maze.cli.demo.cursors import CURSORS
from maze.cli.demo.judging import AtHand, Judge
from maze.cli.demo.session import Result, Session
from maze.cli.errors import CliError

_IN_PICTURE = {
    ("python", "empty function body"),
    ("python", "inside an f-string"),
    ("typescript", "mid-expression"),
    ("rust", "head of a block"),
    ("go", "empty function body"),
    ("zig", "mid-expression"),
}
_TITLE = "maze: the same model, with the grammar and without"


def run(as_json: bool = False, picture: Path | None = None, judge: Judge | None = None) -> bool:
    """Run it and print what comes of it.

    Args:
        as_json: print the results as one JSON document.
        picture: where to save what is shown, as SVG.
        judge: the parsers to ask; without, those at hand.

    Returns:
        Whether there were suggestions and none of them was refused by its parser.

    Raises:
        EngineError: there is no engine to be had, or it failed.
        CliError: the language server did not answer, or the picture cannot be saved.
    """
    if picture and not _can_be_written(picture):
        raise CliError(f"{picture} cannot be written; name a file in a folder that can")
    console = Console(highlight=False, quiet=as_json)
    try:
        results, data = asyncio.run(_run(console, judge or AtHand()))
    except TimeoutError:
        raise CliError(
            "the language server did not answer in time; `maze doctor` may say why"
        ) from None
    if picture:
        picture.write_text(_picture(results, data["summary"]), encoding="utf-8")
    if as_json:
        print(json.dumps(data, ensure_ascii=False))
    return bool(data["summary"]["maze"]["offered"]) and _all_parse(data)


def _can_be_written(file: Path) -> bool:
    """Asked beforehand: a session takes minutes."""
    place = file if file.exists() else file.parent
    return not file.is_dir() and place.exists() and os.access(place, os.W_OK)


async def _run(console: Console, judge: Judge) -> tuple[list[Result], dict[str, Any]]:
    began = time.perf_counter()
    results: list[Result] = []
    with Console(stderr=True).status("starting") as status:
        async with Session(_sayer(status.update), judge) as session:
            async for found in session.results(CURSORS):
                results.append(found)
                status.stop()
                console.print(show.result(found))
                status.start()
            summary = show.summarize(results, session.model, session.place)
            messages = session.messages
    summary["start_s"] = round(session.start_s, 1)
    summary["seconds"] = round(time.perf_counter() - began, 1)
    console.print(show.summary(summary))
    for message in messages:
        print(f"maze lsp: {message}", file=sys.stderr)
    return results, {"cursors": [found.as_data() for found in results], "summary": summary}


def _picture(results: list[Result], summary: dict[str, Any]) -> str:
    """Some of what was shown, so that it fits a page, as SVG."""
    console = show.recording_console()
    for found in results:
        if (found.language, found.cursor.kind) in _IN_PICTURE:
            console.print(show.result(found))
    console.print(show.summary(summary))
    # A picture should show the same without a network: no fonts from elsewhere.
    return re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title=_TITLE), flags=re.DOTALL)


def _sayer(update: Any) -> Any:
    """Shows what is being done: in the spinner's line, or as lines where nobody watches."""
    if sys.stderr.isatty():
        return update
    said: set[str] = set()

    def say(what: str) -> None:
        # Of a progress in percent, one line is enough.
        kind = what.partition(" (")[0]
        if kind not in said:
            said.add(kind)
            print(f"demo: {kind}", file=sys.stderr, flush=True)

    return say


def _all_parse(data: dict[str, Any]) -> bool:
    """Whether no suggestion was refused by its parser."""
    offered = [cursor["suggestion"] for cursor in data["cursors"]]
    return all(shown["parses"] is not False for shown in offered if shown["text"] is not None)
