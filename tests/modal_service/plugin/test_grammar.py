"""Our constraint behind vLLM's interface, called as vLLM's scheduler calls it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from maze.constraint import Constrainer
from modal_service.plugin.grammar import MazeGrammar
from modal_service.plugin.spec import BadSpec, Spec, take_spec


class Rows:
    """As much of a torch tensor as a grammar uses."""

    def __init__(self, words: int) -> None:
        self.data = np.zeros((2, words), dtype=np.int32)

    def __getitem__(self, index: int) -> Rows:
        row = object.__new__(Rows)
        row.data = self.data[index]
        return row

    def numpy(self) -> np.ndarray:
        return self.data


def spec(prefix: str, suffix: str = "", forced: int = 0, language: str | None = "python") -> Spec:
    return Spec(language, prefix, suffix, (), "line", forced, "0" * 16, 1)


def grammar(constrainer: Constrainer, given: Spec) -> MazeGrammar:
    return MazeGrammar(given.begin(constrainer), constrainer.vocabulary, given.channel, given.tag)


def allowed(of: MazeGrammar, constrainer: Constrainer) -> set[int]:
    """The tokens in its mask; the row is wider than the vocabulary, as vLLM's may be."""
    rows = Rows(len(constrainer.vocabulary) // 32 + 5)
    of.fill_bitmask(rows, 1)  # type: ignore[arg-type]
    assert not rows.data[0].any()
    bits = np.unpackbits(rows.data[1].view(np.uint8), bitorder="little")
    return set(np.flatnonzero(bits).tolist())


def token(constrainer: Constrainer, text: str) -> int:
    return constrainer.vocabulary.tokens.index(text.encode())


def tokens(constrainer: Constrainer, *texts: str) -> list[int]:
    return [token(constrainer, text) for text in texts]


def test_masks_are_the_constraints_own(constrainer: Constrainer) -> None:
    of, twin = grammar(constrainer, spec("x = (")), spec("x = (").begin(constrainer)
    for step in tokens(constrainer, "1", " +", " y", ")"):
        mask = allowed(of, constrainer)
        assert step in mask
        assert all((number in mask) == twin.allows(number) for number in range(0, 49152, 7))
        assert of.accept_tokens("r", [step])
        assert twin.accept(step)


def test_nothing_changes_by_validating(constrainer: Constrainer) -> None:
    of = grammar(constrainer, spec("x = ("))
    before = allowed(of, constrainer)
    good, bad = tokens(constrainer, "1", ")"), tokens(constrainer, "]")
    assert of.validate_tokens(good + bad + good) == good
    assert of.validate_tokens(bad) == []
    assert of.validate_tokens([]) == []
    assert allowed(of, constrainer) == before


def test_a_draft_may_not_stop_where_the_text_does_not_join(constrainer: Constrainer) -> None:
    stop = constrainer.vocabulary.stop_token_ids[0]
    of = grammar(constrainer, spec("x = ("))
    closing = token(constrainer, ")")
    assert of.validate_tokens([stop]) == []
    assert of.validate_tokens([closing, stop, closing]) == [closing] or of.validate_tokens(
        [token(constrainer, "1"), closing, stop, closing]
    ) == [token(constrainer, "1"), closing, stop]


def test_rolling_back_and_resetting(constrainer: Constrainer) -> None:
    stop = constrainer.vocabulary.stop_token_ids[0]
    of = grammar(constrainer, spec("x = ("))
    masks = []
    steps = [*tokens(constrainer, "1", ")"), stop]
    for step in steps:
        masks.append(allowed(of, constrainer))
        assert of.accept_tokens("r", [step])
    assert of.is_terminated()
    assert not of.accept_tokens("r", [stop])
    of.rollback(1)
    assert not of.is_terminated()
    assert allowed(of, constrainer) == masks[2]
    of.rollback(1)
    assert allowed(of, constrainer) == masks[1]
    assert of.accept_tokens("r", steps[1:])
    of.reset()
    assert allowed(of, constrainer) == masks[0]
    of.rollback(0)
    assert allowed(of, constrainer) == masks[0]


def test_only_stop_tokens_once_the_mode_is_satisfied(constrainer: Constrainer) -> None:
    of = grammar(constrainer, spec("x = "))
    assert of.accept_tokens("r", tokens(constrainer, "1", "\n"))
    assert not of.is_terminated()
    assert allowed(of, constrainer) == set(constrainer.vocabulary.stop_token_ids)


def test_where_nothing_may_come_the_text_may_stop(constrainer: Constrainer) -> None:
    """No sampler survives an empty mask; and what is allowed must also be accepted."""
    given = spec("x = (")
    constraint = given.begin(constrainer)
    stops = set(constrainer.vocabulary.stop_token_ids)

    class Stuck:
        level = "file"

        def __getattr__(self, name: str) -> object:
            return getattr(constraint, name)

        def fill_mask(self, out: np.ndarray) -> None:
            out.fill(0)

    of = MazeGrammar(Stuck(), constrainer.vocabulary, given.channel, given.tag)  # type: ignore[arg-type]
    assert allowed(of, constrainer) == stops
    assert of.accept_tokens("r", [min(stops)])
    assert of.is_terminated()
    of.rollback(1)
    assert not of.is_terminated()
    assert of.accept_tokens("r", tokens(constrainer, "1"))


def test_forced_text_comes_first_even_where_nothing_else_is_asked(
    constrainer: Constrainer,
) -> None:
    of = grammar(constrainer, spec("retur", forced=5, language=None))
    texts = {constrainer.vocabulary.tokens[number] for number in allowed(of, constrainer)}
    assert all(text and (b"retur".startswith(text) or text.startswith(b"retur")) for text in texts)
    assert b"return" in texts
    assert of.accept_tokens("r", tokens(constrainer, "return"))
    assert allowed(of, constrainer) >= set(range(len(constrainer.vocabulary)))
    # A special token is no text, but nothing forbids it here; the API server ends the text there.
    special = next(n for n, text in enumerate(constrainer.vocabulary.tokens) if text is None)
    assert of.accept_tokens("r", [special])
    of.rollback(1)
    assert of.accept_tokens("r", tokens(constrainer, " x"))


def test_time_is_counted(constrainer: Constrainer) -> None:
    of = grammar(constrainer, spec("x = ("))
    begun = of.spent_ns
    allowed(of, constrainer)
    masked = of.spent_ns
    of.accept_tokens("r", tokens(constrainer, "1"))
    assert begun < masked < of.spent_ns


def test_a_specification_travels() -> None:
    given = Spec("go", "é│", "suffix", (), "block", 3, "ab" * 8, 17)
    parameters = SimpleNamespace(extra_args={"maze": given.to_plain(), "other": 1})
    assert take_spec(parameters) == given
    assert given.forced == "│".encode()
    assert parameters.extra_args == {"other": 1}, "it travels no further"
    assert take_spec(parameters) is None
    assert take_spec(SimpleNamespace(extra_args=None)) is None
    assert take_spec(None) is None


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "../../etc/passwd"},
        {"channel": "ab"},
        {"tag": -1},
        {"forced_bytes": 4},
        {"forced_bytes": -1},
        {"scopes": [["file"]]},
        {"scopes": None},
        {"more": 1},
        {"prefix": 3},
    ],
)
def test_other_peoples_arguments_are_refused(change: dict[str, object]) -> None:
    plain = spec("abc").to_plain() | change
    for others in (plain, "text"):
        with pytest.raises(BadSpec):
            take_spec(SimpleNamespace(extra_args={"maze": others}))


def test_the_first_mask_is_filled_before_it_is_asked_for(constrainer: Constrainer) -> None:
    of = grammar(constrainer, spec("x = (", ")\n" * 2))
    assert 0 < of.spent_ns == of.told_ns, "no step had to wait for it"
    first = allowed(of, constrainer)
    twin = spec("x = (", ")\n" * 2).begin(constrainer)
    assert all((number in first) == twin.allows(number) for number in range(0, 49152, 7))
    assert of.accept_tokens("r", tokens(constrainer, "1"))
    assert allowed(of, constrainer) != first
    of.rollback(1)
    assert allowed(of, constrainer) == first
