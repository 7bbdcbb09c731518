"""Text that tree-sitter's parser was given to read, and did not let go of.

py-tree-sitter (0.25, 0.26) keeps a reference to each piece of text that a read callback returns:
with each keystroke some kilobytes would stay for good. Only a parse with a callback can be given a time
limit, so it is not to be done without. Whether the binding that is installed does so is tried.
"""

from __future__ import annotations

import ctypes
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache

import tree_sitter


def let_go(pieces: Sequence[bytes], language: tree_sitter.Language) -> None:
    """Let go of what a parser keeps of ``pieces``, which its callback returned, in order."""
    for piece in pieces if _keeps(language) else ():
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(piece))


@cache
def _keeps(language: tree_sitter.Language) -> bool:
    """Whether a parser keeps one reference to a piece each time that it has read it."""
    if sys.implementation.name != "cpython":
        return False
    source, size = b"abcdefg\n" * 16, 32
    pieces: dict[int, bytes] = {}
    reads = Counter[int]()

    def read(byte: int, _: object) -> bytes:
        reads[byte] += 1
        return pieces.setdefault(byte, source[byte : byte + size])

    tree_sitter.Parser(language).parse(read)
    # Shorter ones are shared with all who have the same.
    kept = {at: sys.getrefcount(pieces[at]) - 2 for at in pieces if len(pieces[at]) > 1}
    return bool(kept) and all(kept[at] == reads[at] for at in kept)
