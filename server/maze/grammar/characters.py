"""Sets of Unicode characters, and how they look as UTF-8 bytes.

A `CharacterSet` is a sorted tuple of disjoint, inclusive code-point ranges. The lexer works
on bytes, so `utf8_sequences` splits a range into byte-range sequences, the way
RE2 and Rust's `utf8-ranges` do (Russ Cox, https://swtch.com/~rsc/regexp/regexp3.html).
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

CharacterSet = tuple[tuple[int, int], ...]

_SURROGATES = (0xD800, 0xDFFF)

# What a negated class or `.` ranges over: all text but NUL, which no source file may hold.
ALL: CharacterSet = ((1, 0xD7FF), (0xE000, sys.maxunicode))

DIGITS: CharacterSet = ((0x30, 0x39),)
WORD: CharacterSet = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACE: CharacterSet = ((0x09, 0x0D), (0x20, 0x20))


def union(ranges: Iterable[tuple[int, int]]) -> CharacterSet:
    """Sort and merge ranges."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def difference(left: CharacterSet, right: CharacterSet) -> CharacterSet:
    """The characters of `left` that are not in `right`."""
    kept: list[tuple[int, int]] = []
    for low, high in left:
        for cut_low, cut_high in right:
            if cut_high < low or cut_low > high:
                continue
            if cut_low > low:
                kept.append((low, cut_low - 1))
            low = cut_high + 1
            if low > high:
                break
        if low <= high:
            kept.append((low, high))
    return tuple(kept)


def negate(characters: CharacterSet) -> CharacterSet:
    """All text characters that are not in the set."""
    return difference(ALL, characters)


def ignore_case(characters: CharacterSet) -> CharacterSet:
    """The set with both cases of its ASCII letters."""
    ranges = list(characters)
    for low, high in characters:
        for first, last, shift in ((0x41, 0x5A, 32), (0x61, 0x7A, -32)):
            start, end = max(low, first), min(high, last)
            if start <= end:
                ranges.append((start + shift, end + shift))
    return union(ranges)


@cache
def unicode_property(name: str) -> CharacterSet:
    r"""The set `\p{name}`: a general category or its first letter, or XID_Start / XID_Continue.

    XID follows what Python itself accepts in identifiers (`str.isidentifier`), less the
    underscore for XID_Start.

    Raises:
        ValueError: for a property this reader does not know.
    """
    if name == "XID_Start":
        return _matching(lambda c: c.isidentifier() and c != "_")
    if name == "XID_Continue":
        return _matching(lambda c: ("a" + c).isidentifier())
    characters = _matching(lambda c: unicodedata.category(c).startswith(name)) if name else ()
    if not characters:
        raise ValueError(f"unknown Unicode property \\p{{{name}}}")
    return characters


def _matching(predicate) -> CharacterSet:  # type: ignore[no-untyped-def]
    ranges: list[tuple[int, int]] = []
    start = None
    for code in range(sys.maxunicode + 2):
        inside = (
            code <= sys.maxunicode
            and not _SURROGATES[0] <= code <= _SURROGATES[1]
            and predicate(chr(code))
        )
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append((start, code - 1))
            start = None
    return tuple(ranges)


def utf8_sequences(low: int, high: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Split an inclusive code-point range into sequences of byte ranges that encode it."""
    for boundary in (0x7F, 0x7FF, 0xFFFF):
        if low <= boundary < high:
            yield from utf8_sequences(low, boundary)
            yield from utf8_sequences(boundary + 1, high)
            return
    if high <= 0x7F:
        yield ((low, high),)
        return
    for shift in (6, 12, 18):
        mask = (1 << shift) - 1
        if low & ~mask != high & ~mask:
            if low & mask:
                yield from utf8_sequences(low, low | mask)
                yield from utf8_sequences((low | mask) + 1, high)
                return
            if high & mask != mask:
                yield from utf8_sequences(low, (high & ~mask) - 1)
                yield from utf8_sequences(high & ~mask, high)
                return
    yield tuple(zip(chr(low).encode(), chr(high).encode(), strict=True))
