"""`maze generate`: what the editor's code actions write, shown as a diff or written to the file."""

from __future__ import annotations

import asyncio
import difflib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console
from rich.syntax import Syntax

from maze.cli import ghost
from maze.cli.asking import Starting, user_settings_for
from maze.cli.errors import CliError
from maze.cli.place import Place
from maze.document import Document
from maze.document.tasks import Task, tasks_at
from maze.lsp.counters import Counters
from maze.lsp.engines import EngineHost
from maze.lsp.generate import Result, generate
from maze.settings import Settings


@attrs.frozen
class Made:
    """What was generated.

    Attributes:
        after: the whole text with it.
        ms: milliseconds it took, the start of the engine excluded.
    """

    task: Task
    result: Result
    after: str
    model: str
    ms: float


def run(place_text: str, kind: str | None, write: bool, as_json: bool) -> int:
    """Generate at a place; the exit status: 1 when there is nothing to show for it.

    Raises:
        CliError: the place, the file or the language is not usable, or there is no such task there.
        EngineError: there is no engine to be had.
    """
    place = Place.parse(place_text)
    document = place.read()
    offset = place.offset(document)
    settings = user_settings_for(document, place)
    task = _task(document, offset, kind, place)
    if write:
        _check_that_it_can_be_written(place.file, document)
    made = asyncio.run(_make(document, task, settings))
    if write and made.result.text:
        _write(place.file, document, made.after)
    if as_json:
        print(json.dumps(_as_data(place, made, write), ensure_ascii=False))
    else:
        _show(place, document, made, write)
    return 0 if made.result.text else 1


def _task(document: Document, offset: int, kind: str | None, place: Place) -> Task:
    tasks = tasks_at(document, offset, offset)
    if kind is None:
        if tasks:
            return tasks[0]
        raise CliError(
            f"{place.file}:{place.line}: nothing to generate here; try the head of a function, "
            "or a comment with nothing below it"
        )
    for task in tasks:
        if task.kind == kind:
            return task
    offered = ", ".join(task.kind.value for task in tasks)
    raise CliError(
        f"{place.file}:{place.line}: there is nothing to {kind} here; "
        + (f"possible are {offered}" if offered else "try the head of a function")
    )


class _Whole:
    """A `maze.lsp.generate.Sink` that waits for the end."""

    by_lines = False

    async def write(self, text: str) -> None: ...

    async def finish(self, text: str | None) -> None: ...


async def _make(document: Document, task: Task, settings: Settings) -> Made:
    assert document.language is not None
    with Console(stderr=True).status("asking the engine") as status:
        host = EngineHost(settings, Starting(status.update))
        try:
            await host.model_id(document.language.name)
            began = time.perf_counter()
            result = await generate(
                document,
                task,
                host,
                _Whole(),
                settings,
                Counters(),
                on_token=lambda count: status.update(f"{task.title}: {count} tokens"),
            )
            ms, model = (time.perf_counter() - began) * 1000, host.model
        finally:
            await host.aclose()
    content, gap = document.text.content, task.gap
    text = result.text or content[gap.start : gap.end]
    if "\r\n" in content and result.text:
        text = text.replace("\n", "\r\n")
    return Made(task, result, content[: gap.start] + text + content[gap.end :], model, ms)


def _check_that_it_can_be_written(file: Path, document: Document) -> None:
    """Say so before the engine has worked for nothing.

    Raises:
        CliError: the file may not be written, or what is not in the text of it would be lost.
    """
    if not os.access(file, os.W_OK):  # that its folder lets it be replaced is no leave to do so
        raise CliError(f"{file} is read-only; make it writable, or leave --write out")
    if not _holds(file, document):
        raise CliError(f"{file} is not UTF-8, and --write would change more than asked; convert it")


def _holds(file: Path, document: Document) -> bool:
    """Whether the file is the document's text, byte for byte."""
    return file.read_bytes() == document.text.content.encode()


def _write(file: Path, document: Document, text: str) -> None:
    """Put ``text`` in the place of the file, all or nothing."""
    target = file.resolve()
    try:
        if not _holds(target, document):
            raise CliError(f"{file} was changed meanwhile and is left so; run this again")
        with tempfile.NamedTemporaryFile(
            "w",
            dir=target.parent,
            prefix=f".{target.name}.",
            delete=False,
            newline="",
            encoding="utf-8",
        ) as made:
            made.write(text)
        os.chmod(made.name, target.stat().st_mode)
        os.replace(made.name, target)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise CliError(f"{file} cannot be written ({reason}); it is as it was") from None


def _as_data(place: Place, made: Made, written: bool) -> dict[str, Any]:
    result = made.result
    return {
        "file": str(place.file),
        "line": place.line,
        "kind": made.task.kind.value,
        "title": made.task.title,
        "text": result.text,
        "parses": result.parses,
        "level": result.level,
        "tokens": result.tokens,
        "message": result.message,
        "model": made.model,
        "ms": round(made.ms, 1),
        "written": written and bool(result.text),
    }


def _show(place: Place, document: Document, made: Made, written: bool) -> None:
    result = made.result
    if result.text:
        before, after = ghost.lines_of(document.text.content), ghost.lines_of(made.after)
        name = str(place.file)
        lines = difflib.unified_diff(before, after, name, name)
        diff = "".join(line if line.endswith("\n") else line + "\n" for line in lines)
        Console().print(
            Syntax(diff, "diff", theme="ansi_dark", background_color="default"), soft_wrap=True
        )
        done = "written" if written else "not written; --write does that"
        said = f"{made.task.title}: {result.tokens} tokens in {made.ms:.0f} ms; {done}"
        print(f"maze: {said}", file=sys.stderr)
    if result.message:
        print(f"maze: {result.message}", file=sys.stderr)
