"""Documents: text that is edited, its syntax tree, and the hole at the cursor.

No LSP types and no engine here: `maze.lsp`, `maze complete` and the benchmarks all come through
`Document` and `hole_at`.
"""

from maze.document.document import Document
from maze.document.fences import document_at
from maze.document.hole import Hole, hole_at
from maze.document.languages import LANGUAGES, Language
from maze.document.text import Position, PositionEncoding

__all__ = [
    "LANGUAGES",
    "Document",
    "Hole",
    "Language",
    "Position",
    "PositionEncoding",
    "document_at",
    "hole_at",
]
