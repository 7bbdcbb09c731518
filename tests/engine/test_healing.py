"""Token healing: where a prompt is backed up to, and which tokens may spell what was cut off."""

from __future__ import annotations

import pytest

from maze.engine.healing import TokenIndex, heal

from .toys import TOKEN_BYTES, spell, token, tokenize

INDEX = TokenIndex(TOKEN_BYTES)


@pytest.mark.parametrize(
    ("prompt", "prefix", "forced"),
    [
        ("x = foo", "x = foo", b"foo"),  # foobar might have been meant
        ("x = fo", "x = fo", b"fo"),  # two tokens, f and o, back to where foo begins
        ("x = foobar", "x = foobar", b""),  # no token is longer than foobar
        ("x = f", "x = f", b"f"),
        ("x", "x", b""),  # no token begins with x but x itself
        ("if a: ", "if a: ", b" "),  # a space might have been the first of two, or of " return"
        ("   ", "   ", b"   "),  # two and one: four spaces are one token
        ("\n", "\n", b"\n"),
        ("MARK foo", "", b""),  # a prompt that does not end with the prefix stays
        ("foo", "oo", b""),  # half a token cannot be cut off
        ("", "", b""),
    ],
)
def test_how_far_it_backs_up(prompt, prefix, forced):
    tokens = tokenize(prompt)
    kept, missing = heal(tokens, TOKEN_BYTES, INDEX, prefix.encode())
    assert missing == forced
    assert spell(kept) + missing == prompt.encode()


def test_marks_are_never_cut_off():
    tokens = [*tokenize("x"), 0]
    assert heal(tokens, TOKEN_BYTES, INDEX, b"x") == (tokens, b"")


@pytest.mark.parametrize(
    ("forced", "tokens"),
    [
        (b"fo", ["f", "foo", "foobar", "foo_"]),
        (b"foo", ["f", "foo", "foobar", "foo_"]),
        (b"foob", ["f", "foo", "foobar"]),
        (b" ret", [" ", " return"]),
        (b"\xc3", [b"\xc3", "é"]),
        (b"\xff", [b"\xff"]),
    ],
)
def test_tokens_that_spell_forced_bytes(forced, tokens):
    assert set(INDEX.spelling(forced).tolist()) == {token(text) for text in tokens}


@pytest.mark.parametrize("forced", [b"f", b"fo", b"foo", b" ", b"\xff", b"(", b"\xc3\xa9x"])
def test_the_index_agrees_with_a_plain_search(forced):
    plain = {
        i for i, b in enumerate(TOKEN_BYTES) if b and (b.startswith(forced) or forced.startswith(b))
    }
    assert set(INDEX.spelling(forced).tolist()) == plain
    assert INDEX.goes_on(forced) == any(
        b != forced and b.startswith(forced) for b in TOKEN_BYTES if b
    )
