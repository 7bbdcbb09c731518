"""What a constraint promises along a generation: going back, stopping, and joining with the suffix."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest

from maze.constraint import Constrainer, Constraint
from maze.grammar import load
from tests.constraint.holes import Hole, holes
from tests.constraint.tokens import accept_at_random, allowed_in, mask_of, spell, write
from tests.grammar.texts import COMPARED

EVERY_LANGUAGE = pytest.mark.parametrize("language", COMPARED)


def begin(constrainer: Constrainer, language: str, hole: Hole, mode: str = "free") -> Constraint:
    from maze.constraint import Scope

    whole = (Scope("whole", hole.entry, 0, len(hole.suffix)),)
    constraint = constrainer.begin(language, hole.prefix, hole.suffix, whole, mode=mode)
    assert isinstance(constraint, Constraint), f"{hole.name} after {hole.prefix[-40:]!r}"
    return constraint


def joins(language: str, hole: Hole, text: bytes) -> bool:
    """Whether the whole text parses with `text` in the hole."""
    whole = hole.prefix.encode() + text + hole.suffix.encode()
    return load(language).check(whole, hole.entry) is None


# Named escapes, and blanks in closing tags.
NEVER_GENERATED = re.compile(r"\\N|</[\w.]*\s")


@EVERY_LANGUAGE
def test_what_was_there_is_allowed_and_joins(constrainer: Constrainer, language: str) -> None:
    """The removed text, token by token: in each mask, and the generation can stop just where the whole parses."""
    vocabulary = constrainer.vocabulary
    stopped = 0
    for hole in holes(language, 60, seed=1):
        constraint = begin(constrainer, language, hole)
        for token in spell(vocabulary, hole.removed.encode()):
            assert constraint.can_stop() == joins(language, hole, constraint.text), hole
            if NEVER_GENERATED.search(hole.removed):
                break
            mask = mask_of(constraint, vocabulary)
            stopped += constraint.can_stop()
            assert token in allowed_in(mask), (hole, vocabulary.tokens[token])
            stops = set(vocabulary.stop_token_ids)
            assert bool(stops & set(allowed_in(mask))) == constraint.can_stop()
            assert constraint.accept(token)
        else:
            assert constraint.text == hole.removed.encode()
            assert constraint.can_stop()
            assert constraint.joinable() == len(constraint.text)
    assert stopped > 10


@EVERY_LANGUAGE
def test_random_generations_stop_only_where_the_whole_parses(
    constrainer: Constrainer, language: str
) -> None:
    chooser = random.Random(4)
    verdicts = []
    for hole in holes(language, 40, seed=2):
        constraint = begin(constrainer, language, hole)
        for _ in range(8):
            verdicts.append(constraint.can_stop())
            assert verdicts[-1] == joins(language, hole, constraint.text), (hole, constraint.text)
            if accept_at_random(constraint, constrainer.vocabulary, chooser) is None:
                break
    assert set(verdicts) == {True, False}


@EVERY_LANGUAGE
@pytest.mark.parametrize("mode", ["line", "block", "free"])
def test_what_is_joinable_joins(constrainer: Constrainer, language: str, mode: str) -> None:
    vocabulary, chooser = constrainer.vocabulary, random.Random(6)
    offered = 0
    for hole in holes(language, 40, seed=3):
        constraint = begin(constrainer, language, hole, mode)
        boundaries = [0]
        for _ in range(20):
            if constraint.is_done():
                break
            if accept_at_random(constraint, vocabulary, chooser) is None:
                break
            boundaries.append(len(constraint.text))
        text, keep = constraint.text, constraint.joinable()
        assert 0 <= keep <= len(text)
        if keep:
            offered += 1
            assert joins(language, hole, text[:keep]), (hole, text, keep)
        else:
            possible = [at for at in boundaries[1:] if joins(language, hole, text[:at])]
            assert possible == [], (hole, text)
        if constraint.is_done():
            stops = set(vocabulary.stop_token_ids)
            assert set(allowed_in(mask_of(constraint, vocabulary))) == stops
        assert constraint.text == text, "asking changes nothing"
    assert offered > 3


@EVERY_LANGUAGE
def test_going_back_is_as_if_nothing_had_been_accepted(
    constrainer: Constrainer, language: str
) -> None:
    vocabulary, chooser = constrainer.vocabulary, random.Random(8)
    for hole in holes(language, 12, seed=4):
        walked = begin(constrainer, language, hole)
        path: list[int] = []
        for _ in range(40):
            if path and chooser.random() < 0.4:
                count = chooser.randint(1, len(path))
                walked.rollback(count)
                del path[-count:]
            else:
                token = accept_at_random(walked, vocabulary, chooser)
                if token is not None:
                    path.append(token)
        straight = begin(constrainer, language, hole)
        assert all(straight.accept(token) for token in path)
        assert straight.text == walked.text
        assert straight.can_stop() == walked.can_stop()
        assert straight.joinable() == walked.joinable()
        assert straight.stats.tokens == walked.stats.tokens == len(path)
        assert np.array_equal(mask_of(straight, vocabulary), mask_of(walked, vocabulary))


@EVERY_LANGUAGE
def test_every_step_back_shows_the_mask_of_that_step(
    constrainer: Constrainer, language: str
) -> None:
    vocabulary, chooser = constrainer.vocabulary, random.Random(9)
    for hole in holes(language, 8, seed=5):
        constraint = begin(constrainer, language, hole)
        masks = []
        for _ in range(15):
            masks.append(mask_of(constraint, vocabulary))
            if accept_at_random(constraint, vocabulary, chooser) is None:
                masks.pop()
                break
        for mask in reversed(masks):
            constraint.rollback()
            assert np.array_equal(mask_of(constraint, vocabulary), mask)


@EVERY_LANGUAGE
def test_a_refused_token_changes_nothing(constrainer: Constrainer, language: str) -> None:
    vocabulary, chooser = constrainer.vocabulary, random.Random(10)
    for hole in holes(language, 8, seed=6):
        constraint = begin(constrainer, language, hole)
        accept_at_random(constraint, vocabulary, chooser)
        mask, text = mask_of(constraint, vocabulary), constraint.text
        allowed = set(allowed_in(mask))
        refused = [i for i in range(len(vocabulary)) if i not in allowed]
        for token in chooser.sample(refused, min(200, len(refused))):
            assert not constraint.allows(token)
            assert not constraint.accept(token)
        assert constraint.text == text
        assert np.array_equal(mask_of(constraint, vocabulary), mask)


@EVERY_LANGUAGE
def test_constraints_of_one_prefix_do_not_disturb_each_other(
    constrainer: Constrainer, language: str
) -> None:
    vocabulary, chooser = constrainer.vocabulary, random.Random(12)
    for hole in holes(language, 6, seed=7):
        one, other = (begin(constrainer, language, hole) for _ in range(2))
        before = mask_of(other, vocabulary)
        for _ in range(6):
            accept_at_random(one, vocabulary, chooser)
        assert np.array_equal(mask_of(other, vocabulary), before)
        one.rollback(one.stats.tokens)
        assert np.array_equal(mask_of(one, vocabulary), before)


LINE_STOPS = [
    # language, prefix, suffix, mode, generated, done, offered
    ("python", "x = ", "\ny = 1\n", "line", "f(a)", False, "f(a)"),
    ("python", "x = ", "\ny = 1\n", "line", "f(a)\n", True, "f(a)"),
    ("python", "x = ", "", "line", "f(\n", False, "f"),
    ("python", "x = ", "", "line", "f(\na)\n", True, "f(\na)"),
    ("python", "x = ", "\n", "line", "f(a", False, "f"),
    ("python", "x = ", ")\n", "line", "f(a", False, "f(a"),
    ("python", "if a:", "\n", "line", "\n    b\n", True, "\n    b"),
    ("python", "if a:\n    b", "\nc\n", "line", "(1)\n    ", True, "(1)"),
    ("python", "", "", "line", "\n\nx\n", True, "\n\nx"),
    ("python", "x = ", "\n", "free", "f(a)\ny", False, "f(a)\ny"),
    ("python", "def f():\n    ", "", "block", "a = 1\n    b\n", False, "a = 1\n    b\n"),
    ("python", "def f():\n    ", "", "block", "a = 1\n    b\nc", True, "a = 1\n    b"),
    ("python", "def f():\n    ", "", "block", "a\n\n\nc", True, "a"),
    ("python", "def f():\n    ", "", "block", "if a:\n        b\n    c\nd", True, "if a:\n        b\n    c"),
    ("go", "package p\nvar x = ", "\n", "line", "1 +\n", False, "1"),
    ("go", "package p\nvar x = ", "\n", "line", "1 + 2\n", True, "1 + 2"),
    ("go", "package p\nfunc f() {\n\t", "\n}\n", "line", "if x {\n", False, ""),
    ("go", "package p\nfunc f() {\n\t", "\n}\n", "block", "x()\n\ty()\n}", True, "x()\n\ty()"),
    ("go", "package p\nfunc f() {\n\t", "", "block", "x()\n\ty()\n}\nvar", False, "x()\n\ty()\n}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "prefix", "suffix", "mode", "generated", "done", "offered"), LINE_STOPS
)
def test_where_generations_stop_and_what_is_offered(
    constrainer: Constrainer,
    language: str,
    prefix: str,
    suffix: str,
    mode: str,
    generated: str,
    done: bool,
    offered: str,
) -> None:
    constraint = constrainer.begin(language, prefix, suffix, mode=mode)
    vocabulary = constrainer.vocabulary
    for token in spell(vocabulary, generated.encode()):
        assert not constraint.is_done(), constraint.text
        assert constraint.accept(token), (constraint.text, vocabulary.tokens[token])
    assert constraint.is_done() == done
    assert constraint.text[: constraint.joinable()] == offered.encode()
    if done:
        assert constraint.can_stop()
        assert not constraint.accept(spell(vocabulary, b"x")[0])


def test_a_stop_token_ends_the_generation_and_can_be_taken_back(constrainer: Constrainer) -> None:
    vocabulary = constrainer.vocabulary
    stop = vocabulary.stop_token_ids[0]
    constraint = constrainer.begin("python", "x = ", "\n", mode="free")
    assert not constraint.allows(stop)
    assert not constraint.accept(stop)
    assert write(constraint, vocabulary, b"1")
    assert constraint.allows(stop)
    assert constraint.accept(stop)
    assert constraint.is_done()
    assert set(allowed_in(mask_of(constraint, vocabulary))) == set(vocabulary.stop_token_ids)
    assert constraint.text == b"1"
    constraint.rollback()
    assert not constraint.is_done()
    assert write(constraint, vocabulary, b" + 2")
    assert constraint.joinable() == len(b"1 + 2")


def test_special_tokens_are_never_text(constrainer: Constrainer) -> None:
    vocabulary = constrainer.vocabulary
    special = [i for i, t in enumerate(vocabulary.tokens) if t is None]
    plain = set(special) - set(vocabulary.stop_token_ids)
    assert plain
    for prefix, suffix in [("", ""), ("x = '", "'\n"), ("# ", "\n"), ("x = ", "\n")]:
        constraint = constrainer.begin("python", prefix, suffix)
        allowed = set(allowed_in(mask_of(constraint, vocabulary)))
        assert not allowed & plain
        assert not any(constraint.allows(token) or constraint.accept(token) for token in plain)
        stops = set(vocabulary.stop_token_ids)
        assert allowed & stops == (stops if constraint.can_stop() else set())


def test_numbers_that_are_no_tokens_are_refused(constrainer: Constrainer) -> None:
    constraint = constrainer.begin("python", "", "")
    for token in (-1, len(constrainer.vocabulary), 10**9):
        assert not constraint.allows(token)
        assert not constraint.accept(token)


def test_words_past_the_vocabulary_are_cleared(constrainer: Constrainer) -> None:
    vocabulary = constrainer.vocabulary
    words = (len(vocabulary) + 31) // 32
    for forced in (b"", b"x"):
        constraint = constrainer.begin("python", "x", "", forced=forced)
        out = np.full(words + 5, -1, dtype=np.int32)
        constraint.fill_mask(out)
        assert not out[words:].any()
        assert np.array_equal(out[:words], mask_of(constraint, vocabulary))


def test_suggestions_begin_no_named_escapes(constrainer: Constrainer) -> None:
    vocabulary = constrainer.vocabulary
    constraint = constrainer.begin("python", "x = '\\", "")
    assert not write(constraint, vocabulary, b"N{DIGIT ONE}")
    constraint = constrainer.begin("python", "x = '\\N{DIGIT", "'\n")
    assert write(constraint, vocabulary, b" ONE}")
    assert constraint.can_stop()
