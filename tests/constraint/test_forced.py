"""Tokens that agree with a text to be spelled again."""

from __future__ import annotations

import numpy as np
import pytest

from maze.constraint.forced import Forced
from maze.constraint.spellings import Spellings

TOKENS = [
    b"a",
    b"ab",
    None,
    b"abc",
    b"b",
    b"a",
    b"\xff",
    b"\xff\xff",
    b"\xffz",
    b" ",
    b"  ",
    b"abd",
]


@pytest.mark.parametrize(
    "text", [b"", b"a", b"ab", b"abc", b"abcd", b"zz", b"\xff", b"\xff\xff\xff", b" ", b"   ", b"b"]
)
def test_the_tokens_that_agree_are_those_found_one_by_one(text: bytes) -> None:
    forced = Forced(text, Spellings(TOKENS))
    expected = {n for n, token in enumerate(TOKENS) if token is not None and forced.allows(token)}
    assert set(forced.spellings.agreeing(text).tolist()) == expected
    bits = np.unpackbits(forced.mask().view(np.uint8), bitorder="little")
    assert set(np.flatnonzero(bits).tolist()) == expected


def test_what_is_left_after_a_token() -> None:
    forced = Forced(b"abc", Spellings(TOKENS))
    assert forced.less(b"ab").text == b"c"
    assert forced.less(b"abcd").text == b""
