"""Runs the demo; `scripts/demo` installs first what it needs.

Exit status: 0 when every suggestion parses, 1 when one does not or there is no engine to be had.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.demo import show
from benchmarks.demo.cursors import CURSORS
from benchmarks.demo.session import Result, Session
from maze.engine.errors import EngineError

_IN_PICTURE = {
    ("python", "empty function body"),
    ("python", "inside an f-string"),
    ("typescript", "mid-expression"),
    ("rust", "head of a block"),
    ("go", "empty function body"),
    ("zig", "mid-expression"),
}
_TITLE = "maze: the same model, with the grammar and without"


def main() -> int:
    """Run from the command line."""
    made = argparse.ArgumentParser(prog="scripts/demo", description="Shows Maze at work.")
    made.add_argument("--json", action="store_true", help="print the results as one JSON document")
    made.add_argument("--svg", type=Path, metavar="FILE", help="save what is shown as a picture")
    arguments = made.parse_args()
    console = Console(highlight=False, quiet=arguments.json)
    try:
        results, data = asyncio.run(_run(console))
    except (EngineError, TimeoutError) as error:
        print(f"demo: {error or 'the language server did not answer in time'}", file=sys.stderr)
        return 1
    if arguments.svg:
        arguments.svg.write_text(_picture(results, data["summary"]), encoding="utf-8")
    if arguments.json:
        print(json.dumps(data, ensure_ascii=False))
    summary = data["summary"]
    return 0 if summary["maze"]["offered"] and _all_parse(data) else 1


async def _run(console: Console) -> tuple[list[Result], dict[str, Any]]:
    began = time.perf_counter()
    results: list[Result] = []
    with Console(stderr=True).status("starting") as status:
        async with Session(_sayer(status.update)) as session:
            async for found in session.results(CURSORS):
                results.append(found)
                status.stop()
                console.print(show.result(found))
                status.start()
            summary = show.summarize(results, session.model)
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
    """Whether no suggestion was refused by the real parser."""
    offered = [cursor["suggestion"] for cursor in data["cursors"]]
    return all(shown["parses"] is not False for shown in offered if shown["text"] is not None)


if __name__ == "__main__":
    sys.exit(main())
