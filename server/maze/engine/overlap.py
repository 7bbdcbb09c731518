"""Noticing that the model has begun to write what stands after the cursor.

A model that never saw the text after the cursor does not know that the bracket it is about to
write is there already. In `open(na│, "r")` it writes `me, "w")`, and on; what would have joined is
`me`. So where its next token repeats how the suffix's line begins, and the text before that joins,
the suggestion is complete.
"""

from __future__ import annotations


def overlaps(token: bytes, suffix: bytes) -> list[int]:
    """Offsets at which the rest of `token` repeats the beginning of the suffix's line.

    Args:
        token: the bytes of the token the model wants next.
        suffix: the text after the cursor; white space in front of it is ignored.

    Returns:
        Offsets into `token`, ascending; 0 where the token as a whole repeats the suffix.
    """
    line = suffix.split(b"\n", 1)[0].strip()
    if not line:
        return []
    return [at for at in range(len(token)) if _repeats(token[at:].strip(), line)]


def _repeats(text: bytes, line: bytes) -> bool:
    return bool(text) and (line.startswith(text) or text.startswith(line))
