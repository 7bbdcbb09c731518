"""What can be generated at a place in a document, beyond a suggestion at the cursor.

A task names the text that something new takes the place of, and what stands around the new text.
It knows nothing of engines and editors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

import attrs

from maze.document import layout
from maze.document.document import Document
from maze.document.functions import Function, Gap, Source, function_at, is_function
from maze.document.repair import broken_lines, mendable

_MOST_HINT_CHARS = 2_000
_MOST_WORDS = 3
_WORD = re.compile(r"\w+|[^\w\s]+")


class Kind(StrEnum):
    """What is generated; the likeliest to be wanted first."""

    IMPLEMENT = "implement"
    """An empty or stub body, or one that a signature lacks."""
    WRITE = "write"
    """The function that a comment above nothing describes."""
    REPAIR = "repair"
    """A place that does not parse."""
    REGENERATE = "regenerate"
    """A body anew."""
    TEST = "test"
    """A test for a function."""
    DOCUMENT = "document"
    """A doc comment."""


@attrs.frozen
class Task:
    """Something to generate.

    Attributes:
        kind: what.
        title: for a menu.
        gap: where, and what stands around it.
        others: the same place with other texts around it, to try when nothing is found with the
            first, in this order.
        mode: how far the constraint lets it go: ``line`` or ``block``.
        hint: what a model should have read just before, besides the document.
        one_item: it ends where another item begins.
        bare: blanks that it begins with are left out.
    """

    kind: Kind
    title: str
    gap: Gap
    mode: str = "block"
    hint: str = ""
    one_item: bool = False
    bare: bool = False
    others: tuple[Gap, ...] = ()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """All gaps, in the order to try them."""
        return (self.gap, *self.others)


def tasks_at(document: Document, start: int, end: int) -> list[Task]:
    """What can be generated at a selection (in characters), the likeliest first."""
    source = Source.at(document, start)
    if source is None:
        return []
    line, last = document.text.line_at(start), document.text.line_at(end)
    function = function_at(source, _head(source, line))
    found = [
        *_bodies(document, source, function, line),
        *_writes(source, line),
        *_repairs(document, source, line, last),
        *_beside(source, function),
    ]
    return sorted(found, key=lambda task: list(Kind).index(task.kind))


def task_at(document: Document, kind: str, start: int, end: int) -> Task | None:
    """The task of one kind at a selection, if there is one."""
    return next((task for task in tasks_at(document, start, end) if task.kind == kind), None)


def _head(source: Source, line: int) -> int:
    """The line above that opens the body which ``line``, blank or a comment, is alone in."""
    content = source.text.line(line).strip()
    if content and not content.startswith(source.language.line_comment):
        return line
    head = layout.body_is_missing(source.text, line, source.language)
    return line if head is None else head


# Bodies


def _bodies(
    document: Document, source: Source, function: Function | None, line: int
) -> Iterator[Task]:
    gap = function.gap(keep_comments=function.is_stub) if function else None
    if function is None or gap is None or not function.has_sound_head:
        # (Without a body, the head may have taken that of the function below.)
        yield from _signature(document, source, line)
    elif function.is_stub:
        yield Task(Kind.IMPLEMENT, f"Implement {function.name}", gap)
    else:
        yield Task(Kind.REGENERATE, f"Write the body of {function.name} anew", gap)


def _signature(document: Document, source: Source, line: int) -> Iterator[Task]:
    """The body that the signature in ``line`` lacks, if with one it is a function."""
    text, language = document.text, source.language
    content = text.line(line).rstrip()
    if not content.strip() or content.lstrip().startswith(language.line_comment):
        return
    opener = source.functions.opener
    if content.endswith(opener.strip()):
        opener = ""
    indentation = layout.indentation(content)
    lead = f"{opener}\n{indentation}{source.unit}"
    tail = f"\n{indentation}}}" if language.block_in_braces else ""
    gap = Gap(text.line_start(line) + len(content), text.line_end(line), lead, tail)
    trial = document.fork()
    trial.replace(gap.start, gap.end, lead + language.stand_ins[0] + tail)
    after = Source.at(trial, gap.start)
    found = function_at(after, line + 1) if after else None
    if after is None or found is None or found.body is None or found.node.has_error:
        return
    if after.offset(found.body.start_byte) < gap.start - len(source.functions.opener):
        return  # the line is a statement in the body of another function
    yield Task(Kind.IMPLEMENT, f"Implement {found.name}", gap)


# A function from a comment


def _writes(source: Source, line: int) -> Iterator[Task]:
    text, functions = source.text, source.functions
    last = _comment_end(source, line)
    if last is None:
        return
    if last + 1 < text.line_count and text.line(last + 1).strip():
        return
    indentation = layout.indentation(text.line(line))
    path = source.path(line)
    if any(is_function(source, node) for node in path):
        return
    members = [node for node in path if node.type in functions.classes]
    if indentation and not members:
        return
    lead = functions.member_lead if indentation else functions.lead
    end = text.line_end(last)
    yield Task(
        Kind.WRITE,
        "Write the function that this comment describes",
        Gap(end, end, f"\n{indentation}{lead}"),
        one_item=True,
    )


def _comment_end(source: Source, line: int) -> int | None:
    """The last line of the comment that ``line`` is a part of."""
    text, mark = source.text, source.language.line_comment
    node = next((node for node in source.path(line) if "comment" in node.type), None)
    if node is None:
        return None
    last = source.last_line(node)
    if not text.content.startswith(mark, text.written_start(line)):
        return last
    while last + 1 < text.line_count and text.line(last + 1).lstrip().startswith(mark):
        last += 1
    return last


# Repairs


def _repairs(document: Document, source: Source, first: int, last: int) -> Iterator[Task]:
    lines = broken_lines(source, first, last)
    found = mendable(document, source, lines, first) if lines is not None else None
    if found is None:
        return
    text, mark = source.text, source.language.line_comment
    first_line = text.line(found[0])
    indentation, content = layout.indentation(first_line), first_line.rstrip()
    start, end = text.line_start(found[0]), text.line_end(found[1])
    # The more of the line stays, the more of what was meant.
    columns = [len(content), *_last_words(content), len(indentation)]
    start += len(indentation)
    kept = dict.fromkeys(content[len(indentation) : column] for column in columns)
    gaps = [Gap(start, end, lead) for lead in kept]
    broken = [text.line(line).strip() for line in range(found[0], found[1] + 1)]
    hint = "".join(f"{indentation}{mark} {line}\n" for line in ["wrong syntax:", *broken] if line)
    yield Task(
        Kind.REPAIR,
        "Repair this syntax error",
        gaps[0],
        "line",
        hint[:_MOST_HINT_CHARS],
        others=tuple(gaps[1:]),
    )


def _last_words(line: str) -> list[int]:
    """Where the last few words and marks of ``line`` begin, from the last on, and the second."""
    starts = [match.start() for match in _WORD.finditer(line)]
    return [*reversed(starts[-_MOST_WORDS:]), *starts[1:2]]


# Beside a function


def _beside(source: Source, function: Function | None) -> Iterator[Task]:
    if function is None or function.body is None or not function.name or not function.is_sound:
        return
    text, functions = source.text, source.functions
    names = {
        "name": function.name.strip("_"),
        "Name": function.name.strip("_")[:1].upper() + function.name.strip("_")[1:],
        "indent": source.unit,
    }
    item = function.ancestors[1] if len(function.ancestors) > 1 else function.node
    end = text.line_end(source.last_line(item))
    lead, tail = (_filled(part, names) for part in functions.test)
    if not function.is_stub:
        yield Task(Kind.TEST, f"Write a test for {function.name}", Gap(end, end, lead, tail))
    gap = None if function.documented else _doc_gap(function, names)
    if gap is not None:
        hint = "" if functions.doc_inside else _whole_lines(source, function)
        title = f"Document {function.name}"
        yield Task(Kind.DOCUMENT, title, gap, "line", hint[:_MOST_HINT_CHARS], bare=True)


def _doc_gap(function: Function, names: dict[str, str]) -> Gap | None:
    source = function.source
    functions, text, body = source.functions, source.text, function.body
    lead, tail = (_filled(part, names) for part in functions.doc)
    if not functions.doc_inside:
        line = function.top_line
        indentation = layout.indentation(text.line(line))
        start = text.written_start(line)
        return Gap(start, start, lead, tail + indentation)
    assert body is not None
    head = function.gap(keep_comments=False)
    if head is None or source.line(body) == text.line_at(head.start) or not function.statements:
        return None
    return Gap(head.start, head.start, head.lead + lead, tail)


def _whole_lines(source: Source, function: Function) -> str:
    first, last = source.line(function.node), source.last_line(function.node)
    return "".join(source.text.line(line) + "\n" for line in range(first, last + 1)) + "\n"


def _filled(template: str, names: dict[str, str]) -> str:
    """``template`` with names in it; other braces are left alone."""
    for name, value in names.items():
        template = template.replace("{" + name + "}", value)
    return template
