"""The fallback chain: runs of text around the cursor that can be parsed by themselves.

From wide to narrow: the whole file, the top-level item (`scope`), the statement block, the
statement (`line`). A narrower run than the whole is named only where everything in it but the
cursor's line reads well, for else nothing that is suggested could ever join with it. Which of them
a suggestion is made for is the engine's choice: its parser is exact, this one is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import attrs
from tree_sitter import Node

from maze.document import layout
from maze.document.document import Document
from maze.document.stand_in import Reading
from maze.document.text import BOM, Text
from maze.document.view import View

MAX_CHARS = 100_000
"""A wider run takes the engine 0.05 s and more to read when it is new."""

MAX_WHOLE_CHARS = 400_000
"""A whole text may be that long where no part of it that reads well is known."""


@attrs.frozen
class Span:
    """One link of the chain, in the document's characters.

    Attributes:
        level: ``file``, ``scope``, ``block`` or ``line``.
        entry: the grammar's entry point: ``file``, ``items`` or ``block``.
        start: where the run starts; at or before the cursor.
        end: where it ends; at or behind the cursor.
    """

    level: str
    entry: str
    start: int
    end: int


def spans_at(document: Document, offset: int) -> list[Span]:
    """The fallback chain at ``offset``, widest first; empty in a long text where no run tells what joins."""
    text, reading = document.text, document.reading_at(offset)
    whole = Span("file", "file", _body_start(text), len(text))
    chain = [whole, *(_runs_around(text, offset, reading) if reading is not None else ())]
    if reading is not None and reading.sound:
        chosen = _chosen(chain, MAX_CHARS)
        # A blank line by itself does not tell how far it has to be indented.
        if any(
            span.level != "line" or text.content[span.start : span.end].strip() for span in chosen
        ):
            return chosen
    return _chosen(chain, MAX_WHOLE_CHARS) if len(text) <= MAX_WHOLE_CHARS else []


def _chosen(chain: list[Span], most: int) -> list[Span]:
    """Those of a chain that are not too long, each once."""
    chosen: dict[tuple[str, int, int], Span] = {}
    for span in chain:
        if span.end - span.start <= most:
            chosen.setdefault((span.entry, span.start, span.end), span)
    return list(chosen.values())


def _runs_around(text: Text, offset: int, reading: Reading) -> Iterator[Span]:
    # The engine parses exactly, and passes over the whole text where it is broken elsewhere.
    view, item = reading.whole, reading.item
    if view.tree.sound:
        yield from _runs(view, offset)
    elif item is not None and item.tree.sound:
        # What is wrong is elsewhere; recovery from it may have swallowed this item in the whole.
        yield from _runs(item, offset)
    else:
        # What is wrong may be what the cursor's line still lacks.
        yield from _item_as_it_is(view)
        yield from (span for span in _runs(view, offset) if span.entry == "block")


def _runs(view: View, offset: int) -> Iterator[Span]:
    """The chain from the top-level item inwards."""
    text = view.text
    rows = _item_rows(view)
    if rows is None:
        header = _header_end(view)
        if header is not None and view.line <= header:
            yield from _lines(view, "scope", "file", 0, header)
        elif header is not None or not _leads(view):
            # From the margin on: what stands there may not be indented.
            start = max(text.line_start(view.line), _body_start(text))
            yield Span("scope", "items", start, offset)
        return
    yield from _item(view, *rows)

    path = _path(view, offset)
    blocks = [node for node in path if node.type == view.tree.language.block]
    for node in reversed(blocks):
        span = _block(view, node, offset)
        if span is not None:
            yield span
            break
    if blocks:
        yield from _statement(view, path)
        if not text.line(view.line).strip():
            yield _physical_line(text, offset)


# Top-level items


def _item(view: View, first: int, last: int) -> Iterator[Span]:
    header = _header_end(view)
    if header is not None and first <= header:
        # What must lead a file is no item: read the file's head instead.
        if view.first_line == 0:
            yield from _lines(view, "scope", "file", 0, max(header, last))
    elif header is not None or not _leads(view):
        yield from _lines(view, "scope", "items", first, last)


def _item_as_it_is(view: View) -> Iterator[Span]:
    """The lines of an item that does not read well: the engine tells whether they may be mended."""
    lines, header = layout.item_lines(view.text, view.line, view.tree.language), _header_end(view)
    if lines is None:
        return
    first, last = lines
    if first > header if header is not None else not _leads(view):
        end = max(view.text.line_end(last), view.text.line_end(view.line))
        yield Span("scope", "items", max(view.text.line_start(first), _body_start(view.text)), end)


def _item_rows(view: View) -> tuple[int, int] | None:
    """The lines of the item that the cursor is in, or None between items."""
    indented = not view.tree.language.block_in_braces
    line = view.line
    rows = _rows_between(view, line, line)
    if rows is None and indented:
        # A blank line may carry on the item above it, or the one below lacks its head.
        rows = _neighbours(view)
    if rows is None:
        return None
    while True:
        first, last = rows
        wider = _rows_between(view, *_with_indented(view, first, last))
        assert wider is not None
        if wider == rows:
            return rows
        rows = wider


def _neighbours(view: View) -> tuple[int, int] | None:
    """The items around a blank line that go on beyond it by their indentation, or the cursor's."""
    text, line = view.text, view.line
    above, below = layout.filled_line(text, line, -1), layout.filled_line(text, line, 1)
    indented = bool(layout.indentation(text.line(line)))
    first = last = line
    if above is not None and (indented or layout.indentation(text.line(above))):
        first = max(above, view.first_line)
    if below is not None and not layout.starts_item(text.line(below), view.tree.language):
        last = below
    return _rows_between(view, first, last) if first < last else None


def _rows_between(view: View, first: int, last: int) -> tuple[int, int] | None:
    """``first`` to ``last``, widened to the items that have a part in these lines."""
    start, end = view.start_byte(first), view.start_byte(last + 1)
    found = False
    for node in view.tree.items_between(start, end):
        node_first, node_last = view.rows(node)
        if node_last >= first and node_first <= last and node.end_byte > node.start_byte:
            first, last, found = min(first, node_first), max(last, node_last), True
    return (first, last) if found else None


def _with_indented(view: View, first: int, last: int) -> tuple[int, int]:
    """tree-sitter takes a line that is indented without need for an item: it is part of one."""
    text, language = view.text, view.tree.language
    while first > view.first_line and not layout.starts_item(text.line(first), language):
        first -= 1
    following = layout.filled_line(text, last, 1)
    if following is not None and not layout.starts_item(text.line(following), language):
        # One that is indented with need lies in the item already.
        last = following if view.start_byte(following) < len(view.tree.source) else last
    return first, last


def _header_end(view: View) -> int | None:
    """The last line of the items that must lead a file, if there are any."""
    language = view.tree.language
    if not language.leading:
        return None
    end = None
    for node in view.tree.items():
        if node.type in language.leading:
            end = view.rows(node)[1]
        elif node.is_named and not node.is_extra:
            break
    return end


def _leads(view: View) -> bool:
    """Whether the view starts where its language wants a certain item first."""
    return bool(view.tree.language.leading) and view.first_line == 0


# Inside an item


def _path(view: View, offset: int) -> list[Node]:
    """The nodes around the cursor, from the root inwards."""
    text = view.text
    path = view.tree.path_to(view.at)
    if view.tree.language.block_in_braces or view.replaced or text.line(view.line).strip():
        return path
    # A blank line belongs to each block above it that is indented no deeper than the cursor.
    above = layout.filled_line(text, view.line, -1)
    if above is None or above < view.first_line:
        return path
    column = layout.width(text.content[text.line_start(view.line) : offset])
    last = view.start_byte(above) + len(text.line(above).rstrip().encode()) - 1
    block = view.tree.language.block
    nodes = view.tree.path_to(last)
    deep = [
        i for i, node in enumerate(nodes) if node.type == block and _column(view, node) <= column
    ]
    direct = [node for node in path if node.type == block]
    if deep and (not direct or nodes[deep[-1]].start_byte > direct[-1].start_byte):
        return nodes[: deep[-1] + 1]
    return path


def _column(view: View, block: Node) -> int:
    """How far the statements of ``block`` are indented."""
    return layout.width(view.text.line(view.rows(block)[0]))


def _block(view: View, node: Node, offset: int) -> Span | None:
    """The run of statements in ``node``, if the cursor is among them."""
    first, last = view.rows(node)
    if not view.sound(first, last):
        return None
    if not view.tree.language.block_in_braces:
        if not _starts_its_line(view, node):
            return None
        last = max(last, view.line)
        return Span("block", "block", view.text.line_start(first), view.text.line_end(last))
    if view.replaced and view.line in (first, last):
        return None
    if view.tree.source[node.end_byte - 1 : node.end_byte] != b"}":
        return None
    start, end = _offset(view, node.start_point) + 1, _offset(view, node.end_point) - 1
    return Span("block", "block", start, end) if start <= offset <= end else None


def _statement(view: View, path: list[Node]) -> Iterator[Span]:
    """The cursor's innermost statement that shares no line with the head of its block."""
    containers = view.tree.language.containers
    if path[-1].type in containers:  # between statements
        return
    for container, statement in reversed(list(pairwise(path))):
        if container.type in containers and _starts_its_line(view, statement):
            if statement.type not in containers:
                yield from _lines(view, "line", "block", *view.rows(statement))
            return


def _starts_its_line(view: View, node: Node) -> bool:
    source, start = view.tree.source, node.start_byte
    return not source[source.rfind(b"\n", 0, start) + 1 : start].strip()


def _offset(view: View, point: tuple[int, int]) -> int:
    """The document's offset of a place in the tree, which is not in a replaced line."""
    row, column = point
    lines = view.text.lines
    return view.text.offset_of_byte(lines.start_byte(view.first_line + row) + column)


# Helpers


def _lines(view: View, level: str, entry: str, first: int, last: int) -> Iterator[Span]:
    """Whole lines, if they are sound."""
    if view.sound(first, last):
        start = max(view.text.line_start(first), _body_start(view.text))
        yield Span(level, entry, start, view.text.line_end(last))


def _physical_line(text: Text, offset: int) -> Span:
    line = text.line_at(offset)
    start = max(text.line_start(line), _body_start(text))
    return Span("line", "block", start, max(text.line_end(line), offset))


def _body_start(text: Text) -> int:
    return 1 if text.content.startswith(BOM) else 0
