"""Trees with a line replaced, kept while only that line is typed in.

What takes the place of a line does not depend on what stood there. So the trees in which a stand-in
was looked for are as good at the next key, which as a rule is typed into the same line.
"""

from __future__ import annotations

from maze.document.text import Edit
from maze.document.tree import SyntaxTree

MOST_BYTES = 2_000_000
"""Sources of all trees that are kept, together."""


class Splices:
    """Trees by their source, which says all about them."""

    def __init__(self) -> None:
        self._trees: dict[bytes, SyntaxTree] = {}
        self._bytes = 0
        self._line: int | None = None

    def only_for(self, line: int | None) -> None:
        """Drop what was kept, unless it was for this line; None: for no line."""
        if line != self._line:
            self._trees.clear()
            self._bytes, self._line = 0, line

    def splice(self, tree: SyntaxTree, edit: Edit, new: bytes, seconds: float) -> SyntaxTree | None:
        """As `SyntaxTree.spliced`."""
        source = tree.source_with(edit, new)
        found = self._trees.get(source)
        if found is None:
            found = tree.edited([edit], source, seconds)
            if found is not None and self._bytes + len(source) <= MOST_BYTES:
                self._trees[source] = found
                self._bytes += len(source)
        return found
