"""`maze complete`: one suggestion in the terminal, made as the language server makes it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console
from rich.text import Text as Styled

from maze.cli import ghost
from maze.cli.asking import Starting, user_settings_for
from maze.cli.place import Place
from maze.document import Document, document_at
from maze.document.languages import Language
from maze.lsp.counters import Counters
from maze.lsp.engines import EngineHost
from maze.lsp.suggest import Suggestion, suggest
from maze.settings import Settings


@attrs.frozen
class Answer:
    """What the engine had to say.

    Attributes:
        suggestions: best first; may be empty.
        model: the model's name.
        ms: milliseconds the request took, the start of the engine excluded.
        counters: what became of the engine's choices.
    """

    suggestions: list[Suggestion]
    model: str
    ms: float
    counters: Counters


def run(place_text: str, count: int, unconstrained: bool, as_json: bool) -> None:
    """Print the suggestions at a place.

    Raises:
        CliError: the place, the file or the language is not usable.
        EngineError: there is no engine to be had, or it failed.
    """
    place = Place.parse(place_text)
    whole = place.read()
    at = place.offset(whole)
    # In Markdown, the document is the code of one fence; a person counts the lines of the file.
    document, offset = document_at(whole, at)
    settings = attrs.evolve(user_settings_for(document, place), suggestions=count)
    if unconstrained:
        settings = attrs.evolve(settings, constrain=False)
    answer = asyncio.run(_ask(document, offset, settings))
    if as_json:
        data = _as_data(place.file, whole, at, document.language, answer)
        print(json.dumps(data, ensure_ascii=False))
    else:
        _show(document, offset, whole.text.line_at(at), answer)


async def _ask(document: Document, offset: int, settings: Settings) -> Answer:
    assert document.language is not None
    counters = Counters()
    with Console(stderr=True).status("asking the engine") as status:
        host = EngineHost(settings, Starting(status.update))
        try:
            await host.model_id(document.language.name)
            status.update("generating")
            began = time.perf_counter()
            suggestions = await suggest(
                document,
                offset,
                host,
                settings=settings,
                counters=counters,
                # Unconstrained, one sees what the model says, be it right or wrong.
                last_check=settings.constrain,
            )
            ms, model = (time.perf_counter() - began) * 1000, host.model
        finally:
            await host.aclose()
    return Answer(suggestions, model, ms, counters)


def _as_data(
    file: Path, whole: Document, at: int, language: Language | None, answer: Answer
) -> dict[str, Any]:
    line = whole.text.line_at(at)
    assert language is not None
    return {
        "file": str(file),
        "line": line + 1,
        "column": at - whole.text.line_start(line) + 1,
        "language": language.name,
        "model": answer.model,
        "ms": round(answer.ms, 1),
        "suggestions": [attrs.asdict(suggestion) for suggestion in answer.suggestions],
        "counters": attrs.asdict(answer.counters),
    }


def _show(document: Document, offset: int, line: int, answer: Answer) -> None:
    console = Console(highlight=False)
    assert document.language is not None
    for suggestion in answer.suggestions:
        console.print(
            ghost.in_place(
                document.text.content,
                offset,
                suggestion.text,
                language=document.language.name,
                lines_above=line - document.text.line_at(offset),
            ),
            soft_wrap=True,
        )
        console.print(
            Styled(
                f"{answer.ms:.0f} ms, {suggestion.tokens} tokens, "
                f"parsed as: {suggestion.level}, {answer.model}",
                "bright_black",
            )
        )
    if not answer.suggestions:
        print(f"maze: {_why_nothing(answer.counters)}", file=sys.stderr)


def _why_nothing(counters: Counters) -> str:
    if counters.dropped_by_last_check:
        return "no suggestion here: the model's did not parse in place"
    if counters.unhelpful:
        return "no suggestion here: the model only repeats what stands there already"
    return "no suggestion here: the model found nothing that joins with what follows"
