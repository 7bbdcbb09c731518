"""What the first character of a line says of it, in whatever language."""

from __future__ import annotations

GO_ON = b" \t\r\n)]}([`+-*%.,?:&|^=<>"
"""Lines that begin so may go on with what is above them, or with what is indented."""


def may_begin_item(text: bytes) -> bool:
    """Whether the first line with something on it can be where a top-level item begins."""
    first = text.lstrip(b"\r\n")[:1]
    return not first or first not in GO_ON
