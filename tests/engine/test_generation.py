"""The decoding loop on a toy model and a fake constraint."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from maze.engine.generation import GenerationCancelled, ModelError, RandomModel, generate

from .toys import STOP, TOKEN_BYTES, Brackets, ToyModel, repeats, tokenize, writes


def run(wanted, prompt="", constraint=None, **options):
    return generate(ToyModel(wanted), tokenize(prompt), constraint, **options)


@pytest.mark.parametrize(
    ("wanted", "mode", "max_tokens", "text", "kept", "reason"),
    [
        ("foo", "free", 9, "foo", "foo", "stop"),
        ("foo\nbar\n", "free", 9, "foo\nbar\n", "foo\nbar\n", "stop"),
        ("foo\nbar\n", "line", 9, "foo\n", "foo", "stop"),
        ("\n\n  foo\nbar", "line", 9, "\n\n  foo\n", "\n\n  foo", "stop"),
        ("foobarfoobar", "free", 1, "foobar", "foobar", "length"),
        ("   ", "line", 2, "   ", "   ", "stop"),
        ("ab</s>cd", "free", 99, "ab</s>", "ab", "stop"),
        ("", "line", 9, "", "", "stop"),
    ],
)
def test_unconstrained(wanted, mode, max_tokens, text, kept, reason):
    result = run(writes(wanted), mode=mode, max_tokens=max_tokens, stop=[b"</s>"])
    assert result.text == text.encode()
    assert result.text[: result.keep] == kept.encode()
    assert (result.level, result.joined) == ("unconstrained", False)
    if wanted != "   ":
        assert result.finish_reason == reason


@pytest.mark.parametrize(
    ("wanted", "prefix", "suffix", "mode", "max_tokens", "kept", "reason"),
    [
        ("f(foo)", "f(", "", "free", 9, "foo)", "stop"),
        ("f(a)\nb\n", "f(", "", "line", 9, "a)\n", "stop"),
        ("f(a\n)\nb", "f(", "", "line", 9, "a\n)\n", "stop"),
        ("f(a(b(c", "f(", ")", "free", 4, "a", "length"),  # cut back to where it joined
        ("f(a(b(c", "f(", "", "free", 4, "", "length"),  # it never did
    ],
)
def test_constrained(wanted, prefix, suffix, mode, max_tokens, kept, reason):
    constraint = Brackets(prefix, suffix, mode, b"")
    result = run(writes(wanted), prefix, constraint, max_tokens=max_tokens)
    offered = result.text[: result.keep]
    assert offered == kept.encode()
    assert result.joined == bool(kept)
    assert result.level == "file"
    assert result.closed == (b"" if kept else b"a(b()))"), "closed only where nothing joins"
    if reason == "length":
        assert result.tokens == max_tokens
    assert result.constraint_us > 0


def test_a_stop_token_is_refused_where_the_text_does_not_join():
    """The model wants to stop at once; the constraint has it close the bracket first."""
    model = ToyModel(repeats(")"))
    prefers = model.logits

    def eager_to_stop(tokens, cancelled):
        scores = prefers(tokens, cancelled)
        scores[STOP] = scores.max() + 1
        return scores

    model.logits = eager_to_stop
    result = generate(model, tokenize("f("), Brackets("f(", "", "free", b""))
    assert (result.text, result.keep, result.finish_reason) == (b")", 1, "stop")


@pytest.mark.parametrize(
    ("wanted", "prefix", "suffix", "forced", "kept"),
    [
        ("f(foo)", "f(", ")", b"", "foo"),  # the bracket is there already
        ("f(foo):", "f(", "):\n  pass", b"", "foo"),
        ("f(foo):\n", "f(", ")\n", b"", "foo"),  # `):` repeats `)` and goes on
        ("f(a(), b)", "f(", ", b)", b"", "a()"),
        ("f(())", "f(", ")", b"", "()"),  # `()` `)`: the inner bracket must come first
        ("f(a)b", "f(", "b)", b"", "a"),  # `a)` does not join: cut back to what does
        ("f(foobar", "f(", "bar)", b"foo", "bar"),  # before it there is nothing to offer
        ("f(foo_bar", "f(", "bar)", b"foo", "_"),
        ("f(a)", "f(", "  )", b"", "a"),
        ("f(a)\n", "f(", "\n)", b"", "a"),  # nothing on the cursor's line: nothing to repeat
    ],
)
def test_it_ends_where_it_would_repeat_the_suffix(wanted, prefix, suffix, forced, kept):
    constraint = Brackets(prefix + forced.decode(), suffix, "free", forced)
    result = run(
        writes(wanted), prefix, constraint, suffix=suffix.encode(), forced=forced, max_tokens=12
    )
    assert result.text[: result.keep] == kept.encode()


def test_an_unconstrained_level_generates_freely():
    constraint = Brackets("f)", "", "line", b"")
    assert constraint.level == "unconstrained"
    result = run(writes("f)))\nx"), "f)", constraint, mode="line")
    assert (result.text, result.level, result.joined) == (b"))\n", "unconstrained", False)


@pytest.mark.parametrize("constrained", [True, False])
@pytest.mark.parametrize(
    ("wanted", "kept_prompt", "forced", "added"),
    [
        ("x = foobar", "x = ", b"foo", "bar"),  # one token runs over the cursor
        ("x = foobar", "x = ", b"fo", "obar"),
        ("x = foo_bar", "x = ", b"foo_b", "ar"),  # several tokens spell what is forced
        ("return 1", "", b"r", "eturn 1"),
        ("x = nothing", "x = ", b"fo", ""),  # the model wants something else: it must still spell
    ],
)
def test_forced_bytes_are_spelled_and_not_given(constrained, wanted, kept_prompt, forced, added):
    prefix = kept_prompt + forced.decode()
    constraint = Brackets(prefix, "", "free", forced) if constrained else None
    seen: list[bytes] = []
    result = run(
        writes(wanted), kept_prompt, constraint, forced=forced, on_token=seen.append, max_tokens=5
    )
    assert result.text.startswith(added.encode())
    assert b"".join(seen) == result.text
    if added:
        assert result.text == added.encode()


def test_spelling_what_stood_there_does_not_use_up_tokens():
    result = run(repeats("q"), "", None, forced=b"qqq", max_tokens=4)
    assert result.text == b"qqqq"


def test_tokens_are_given_as_they_come():
    seen: list[bytes] = []
    run(writes("foo bar"), on_token=seen.append)
    assert seen == [b"foo", b" ", b"bar"]


@pytest.mark.parametrize("after", [0, 1, 5])
def test_cancelling_stops_before_the_next_token(after):
    model = ToyModel(repeats("a"))
    with pytest.raises(GenerationCancelled):
        generate(model, [1], max_tokens=100, cancelled=lambda: model.asked >= after)
    assert model.asked == after


def test_a_model_that_gives_no_numbers_is_an_error():
    model = ToyModel(repeats("a"))
    model.logits = lambda tokens, cancelled: np.full(len(TOKEN_BYTES), np.nan, dtype=np.float32)
    with pytest.raises(ModelError, match="not a number"):
        generate(model, [1])


def test_the_random_model_is_uniform_over_what_is_allowed():
    """First tokens after `(` inside `)`: chi-squared against uniform over everything but `)`."""
    model = RandomModel(TOKEN_BYTES, frozenset({STOP}), seed=5)
    counts: Counter[bytes] = Counter()
    draws = 4000
    for _ in range(draws):
        constraint = Brackets("", "", "free", b"")
        result = generate(model, [], constraint, max_tokens=1)
        counts[result.text] += 1
        assert constraint.asked == 0 and constraint.masks == 1
    allowed = [i for i in range(len(TOKEN_BYTES)) if Brackets("", "", "free", b"").allows(i)]
    assert len(counts) == len(allowed)
    expected = draws / len(allowed)
    statistic = sum((count - expected) ** 2 / expected for count in counts.values())
    # 99.99 % quantile of chi-squared, by the Wilson-Hilferty approximation.
    degrees = len(allowed) - 1
    assert statistic < degrees * (1 - 2 / (9 * degrees) + 3.719 * (2 / (9 * degrees)) ** 0.5) ** 3


def test_random_suggestions_always_join():
    model = RandomModel(TOKEN_BYTES, frozenset({STOP}), seed=1)
    offered = 0
    for _ in range(200):
        result = generate(model, [], Brackets("f(", ")", "free", b""), max_tokens=30)
        if result.keep:
            offered += 1
            whole = b"f(" + result.text[: result.keep] + b")"
            again = Brackets("", "", "free", b"")
            assert all(again.accept(TOKEN_BYTES.index(bytes([byte]))) for byte in whole)
            assert again.can_stop()
    assert offered > 100
