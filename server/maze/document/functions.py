"""Functions in a document: where they are, whether they are still to be written, their bodies."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from tree_sitter import Node

from maze.document import layout
from maze.document.document import Document, Part
from maze.document.languages import Functions, Language
from maze.document.text import Text
from maze.document.tree import rows_of


@attrs.frozen
class Gap:
    """A run of text that something is to take the place of.

    Attributes:
        start, end: the run, in characters; it may be empty.
        lead, tail: what stands before and behind the new text.
    """

    start: int
    end: int
    lead: str = ""
    tail: str = ""

    def filled(self, text: str) -> str:
        """What takes the place of the run when ``text`` is the new text."""
        return self.lead + text + self.tail

    def made_in(self, document: Document) -> tuple[Document, int]:
        """A fork of the document with the gap made, and where in it the new text is to stand."""
        fork = document.fork()
        fork.replace(self.start, self.end, self.filled(""))
        return fork, self.start + len(self.lead)


@attrs.frozen
class Source:
    """A part of a document with its tree, in the document's characters and lines."""

    text: Text
    language: Language
    functions: Functions
    part: Part

    @classmethod
    def at(cls, document: Document, offset: int) -> Source | None:
        """The part around ``offset``; None without a tree, or where functions are not known."""
        language, part = document.language, document.part_at(offset)
        if language is None or language.functions is None or part is None:
            return None
        return cls(document.text, language, language.functions, part)

    @property
    def unit(self) -> str:
        """One step of indentation."""
        return layout.unit(self.text, self.functions.indent)

    def offset(self, byte: int) -> int:
        """A byte of the tree's source as the document's offset."""
        return self.text.offset_of_byte(byte + self._first_byte)

    def byte(self, offset: int) -> int:
        """The document's offset as a byte of the tree's source."""
        return self.text.byte_offset(offset) - self._first_byte

    def line(self, node: Node) -> int:
        """The document's line that ``node`` starts in."""
        return self.part.first_line + node.start_point[0]

    def last_line(self, node: Node) -> int:
        """The document's line that ``node`` ends in; a line break that it ends with is in it."""
        return self.part.first_line + rows_of(node)[1]

    def said(self, node: Node) -> str:
        """The text of ``node``."""
        return self.part.tree.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def indentation(self, node: Node) -> str:
        """The blanks that the line starts with in which ``node`` starts."""
        return layout.indentation(self.text.line(self.line(node)))

    def path(self, line: int) -> list[Node]:
        """The nodes that hold the first character of ``line``, from the root inwards."""
        return self.part.tree.path_to(self.byte(self.text.written_start(line)))

    @property
    def _first_byte(self) -> int:
        return self.text.lines.start_byte(self.part.first_line)


@attrs.frozen
class Function:
    """A function in a document."""

    source: Source
    node: Node
    ancestors: tuple[Node, ...]

    @property
    def name(self) -> str:
        """Its name; empty for one without."""
        name = self.node.child_by_field_name("name")
        return self.source.said(name) if name is not None else ""

    @property
    def body(self) -> Node | None:
        """Its body; None for a signature alone."""
        value = self.node.child_by_field_name("value")  # `const f = () => {...}`
        body = (value or self.node).child_by_field_name("body")
        return None if body is None or body.is_missing else body

    @property
    def statements(self) -> list[Node]:
        """What stands in the body, comments and docstring included, in order."""
        body = self.body
        if body is None:
            return []
        before = [node for node in self.node.named_children if _is_comment(node)]
        inside = list(_flat(body.named_children, self.source.language.containers))
        return [*(node for node in before if node.end_byte <= body.start_byte), *inside]

    @property
    def docstring(self) -> Node | None:
        """The doc comment inside the body, in a language that has it there."""
        if not self.source.functions.doc_inside:
            return None
        first = next((node for node in self.statements if not _is_comment(node)), None)
        if first is None or first.named_child_count != 1:
            return None
        return first if first.named_children[0].type == "string" else None

    @property
    def is_stub(self) -> bool:
        """Whether the body, if there is one, is still to be written."""
        functions, docstring = self.source.functions, self.docstring
        code = [node for node in self.statements if not _is_comment(node) and node != docstring]
        if len(code) > 1:
            return False
        said = [self.source.said(node).strip() for node in code]
        return all(
            text in self.source.language.stubs or text.startswith(functions.stub_starts)
            for text in said
        )

    @property
    def is_sound(self) -> bool:
        """Whether it parses."""
        return not self.node.has_error

    @property
    def has_sound_head(self) -> bool:
        """Whether all of it parses but, perhaps, the body."""
        return not any(child.has_error for child in self.node.children if child != self.body)

    @property
    def documented(self) -> bool:
        """Whether it has a doc comment."""
        if self.source.functions.doc_inside:
            return self.docstring is not None
        line = self.top_line - 1
        above = self.source.text.line(line).strip() if line >= 0 else ""
        return above.startswith(self.source.language.line_comment) or above.endswith("*/")

    @property
    def top_line(self) -> int:
        """The line where it starts, words before it (``export``) included."""
        return self.source.line(self.node)

    def gap(self, *, keep_comments: bool) -> Gap | None:
        """What a new body takes the place of; a docstring stays.

        Args:
            keep_comments: those that lead the body stay too.
        """
        body = self.body
        if body is None:
            return None
        kept = self._kept(keep_comments)
        if self.source.language.block_in_braces:
            return self._gap_in_braces(body, kept)
        return self._gap_by_indentation(body, kept)

    def inner_indentation(self) -> str:
        """How the statements of the body are indented, or would be."""
        line = self.source.line(self.node)
        for node in self.statements:
            if self.source.line(node) > line:
                return self.source.indentation(node)
        return self.source.indentation(self.node) + self.source.unit

    def _kept(self, keep_comments: bool) -> Node | None:
        """The last node that leads the body and stays."""
        docstring, kept = self.docstring, None
        for node in self.statements:
            if node == docstring or (keep_comments and _is_comment(node)):
                kept = node
            elif not _is_comment(node):
                break
        return kept

    def _end(self, node: Node) -> int:
        """The byte where ``node`` ends; a comment's line break, or half of one, is not in it."""
        said = self.source.said(node)
        return node.end_byte - (len(said) - len(said.rstrip("\r\n")))

    def _gap_in_braces(self, body: Node, kept: Node | None) -> Gap | None:
        if not self.source.said(body).endswith("}"):
            return None
        start = self._end(kept) if kept is not None else body.start_byte + 1
        return Gap(
            self.source.offset(start),
            self.source.offset(body.end_byte - 1),
            "\n" + self.inner_indentation(),
            "\n" + self.source.indentation(self.node),
        )

    def _gap_by_indentation(self, body: Node, kept: Node | None) -> Gap | None:
        opener = self.source.functions.opener
        heads = [
            n for n in self.node.children if n.type == opener and n.end_byte <= body.start_byte
        ]
        if not heads:
            return None
        start = self.source.offset(self._end(kept or heads[-1]))
        lead = "\n" + self.inner_indentation()
        if body.end_byte == body.start_byte:
            start = end = self._behind_comments(start)
            if self._goes_on(self.source.text.line_at(start)):
                return None  # there is a body, which does not parse
        else:
            end = max(self.source.offset(body.end_byte), start)
        return Gap(start, end, lead)

    def _behind_comments(self, offset: int) -> int:
        """Behind the comments below a head without a body, if they are indented like one."""
        text, mark = self.source.text, self.source.language.line_comment
        line = text.line_at(offset)
        least = layout.width(text.line(self.source.line(self.node)))
        while line + 1 < text.line_count:
            following = text.line(line + 1)
            if not following.strip().startswith(mark) or layout.width(following) <= least:
                break
            line += 1
        return text.line_end(line)

    def _goes_on(self, line: int) -> bool:
        """Whether what follows ``line`` is indented like a body."""
        text = self.source.text
        following = layout.filled_line(text, line, 1)
        least = layout.width(text.line(self.source.line(self.node)))
        return following is not None and layout.width(text.line(following)) > least


def function_at(source: Source, line: int) -> Function | None:
    """The innermost function that ``line`` is in, or that starts in it."""
    path = source.path(line)
    for depth, node in enumerate(path):
        # `@decorated`, `export function`: the line's first character is not in the function.
        if depth and source.line(node) == line:
            found = _below(source, node, tuple(path[: depth + 1]))
            if found is not None and found.node not in path:
                return found
    for depth in range(len(path) - 1, -1, -1):
        if is_function(source, path[depth]):
            return Function(source, path[depth], tuple(path[:depth]))
    return None


def is_function(source: Source, node: Node) -> bool:
    """Whether ``node`` is a function, or gives a name to one that has a block for a body."""
    functions = source.functions
    if node.type in functions.kinds:
        return True
    value = node.child_by_field_name("value") if node.type in functions.binders else None
    if value is None or value.type not in functions.values:
        return False
    body = value.child_by_field_name("body")
    return body is not None and body.type == source.language.block


def _below(source: Source, node: Node, ancestors: tuple[Node, ...]) -> Function | None:
    """The function among the children of ``node``, or of a declaration that begins there."""
    for child in node.named_children:
        if is_function(source, child):
            return Function(source, child, ancestors)
    for child in node.named_children:
        if child.type in source.functions.declarations:
            return _below(source, child, (*ancestors, child))
    return None


def _is_comment(node: Node) -> bool:
    return "comment" in node.type


def _flat(nodes: Iterable[Node], containers: frozenset[str]) -> Iterable[Node]:
    """``nodes`` with the members of statement lists in the place of these."""
    for node in nodes:
        if node.type in containers:
            yield from _flat(node.named_children, containers)
        else:
            yield node
