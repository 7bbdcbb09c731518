"""One request through prompt, healing, constraint and chunks, on the toy model."""

from __future__ import annotations

import pytest

from maze.engine.completion import Completer, fit
from maze.engine.protocol import CompletionChunk, CompletionRequest, MazeRequest, ProtocolError

from .toys import BracketConstrainer, ToyModel, repeats, writes


def answer(wanted, request: CompletionRequest, context: int = 4096):
    model, constrainer = ToyModel(wanted, context=context), BracketConstrainer()
    chunks: list[CompletionChunk] = []
    Completer(model, constrainer, ["go", "python"]).run(request, chunks.append, lambda: False)
    return chunks, model, constrainer


def hole(prefix: str, suffix: str = "", **maze: object) -> MazeRequest:
    return MazeRequest(language="python", prefix=prefix, suffix=suffix, **maze)


def offered(chunks: list[CompletionChunk]) -> str:
    text = "".join(chunk.text for chunk in chunks)
    assert chunks[-1].outcome is not None
    return text[: chunks[-1].outcome.keep]


@pytest.mark.parametrize(
    ("wanted", "prefix", "suffix", "text", "level"),
    [
        ("f(foo)\n", "f(", "", "foo)\n", "file"),
        ("f(foo)\n", "f(fo", "", "o)\n", "file"),  # in the middle of a word
        ("f(foobar)\n", "f(fo", ")", "obar", "file"),
        ("f)(\n", "f)", "", "(", "unconstrained"),
        ("foo()\n", "", "", "foo()\n", "file"),  # an empty file
        ("f(foo))\n", "f(foo))", "", "\n", "unconstrained"),  # what is healed does not parse
        ("x = 'é'\n", "x = '", "", "é'\n", "file"),
    ],
)
def test_what_is_offered(wanted, prefix, suffix, text, level):
    chunks, _, _ = answer(writes(wanted), CompletionRequest(prefix, hole(prefix, suffix)))
    assert offered(chunks) == text
    assert chunks[-1].outcome.level == level
    assert [chunk.finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)


def test_the_constraint_learns_what_is_forced():
    request = CompletionRequest("f(fo", hole("f(fo", ")"))
    _, model, constrainer = answer(writes("f(foobar)"), request)
    assert constrainer.begun == [{"language": "python", "scopes": (), "forced": b"fo"}]
    assert model.prompts[0] == b"f("


def test_without_constraint_nothing_is_begun():
    request = CompletionRequest("f(fo", hole("f(fo", ")", constrain=False))
    chunks, _, constrainer = answer(writes("f(foo))\nx"), request)
    assert constrainer.begun == []
    assert (offered(chunks), chunks[-1].outcome.level) == ("o))", "unconstrained")
    assert not chunks[-1].outcome.joined


def test_a_plain_completion_needs_no_maze_object():
    chunks, _, constrainer = answer(writes("foo bar"), CompletionRequest("foo"))
    assert (offered(chunks), constrainer.begun) == (" bar", [])


def test_each_choice_ends_with_its_own_outcome():
    request = CompletionRequest("f(", hole("f("), n=3, temperature=1.0, seed=1, max_tokens=5)
    chunks, _, _ = answer(repeats("a"), request)
    finished = [chunk.index for chunk in chunks if chunk.finish_reason]
    assert finished == [0, 1, 2]
    again, _, _ = answer(repeats("a"), request)
    strip = [(chunk.index, chunk.text) for chunk in chunks]
    assert strip == [(chunk.index, chunk.text) for chunk in again]


def test_half_a_character_is_neither_shown_nor_kept():
    """The text breaks off inside `€`: what came before it is kept."""
    euro = "€".encode()
    model = ToyModel(lambda text: b"x" + euro)
    wanted = model.logits

    def logits(tokens, cancelled):
        model._wanted = lambda text: (b"x" + euro)[min(len(tokens) - 1, 3) :]
        return wanted(tokens, cancelled)

    model.logits = logits
    chunks: list[CompletionChunk] = []
    request = CompletionRequest("q", max_tokens=3)
    Completer(model, None, []).run(request, chunks.append, lambda: False)
    assert chunks[0].text == "x"
    assert chunks[-1].outcome.keep == 1


def test_a_language_without_grammar_is_refused_by_name():
    completer = Completer(ToyModel(writes("")), BracketConstrainer(), ["go", "python"])
    with pytest.raises(ProtocolError, match="no grammar for 'cobol'; known are go, python"):
        completer.check(CompletionRequest("", MazeRequest("cobol", "")))
    completer.check(CompletionRequest("", MazeRequest("cobol", "", constrain=False)))


@pytest.mark.parametrize(
    ("count", "limit", "kept"),
    [(10, 100, 10), (100, 100, 100), (101, 100, 76), (125, 100, 100), (126, 100, 76), (5, 1, 1)],
)
def test_long_prompts_lose_their_beginning_in_steps(count, limit, kept):
    tokens = list(range(count))
    assert fit(tokens, limit, lambda token: False) == tokens[count - kept :]


def test_typing_on_keeps_the_same_beginning():
    starts = {fit(list(range(n)), 100, lambda token: False)[0] for n in range(101, 125)}
    assert starts == {25}


def test_a_mark_in_front_stays():
    assert fit([7, *range(200)], 100, lambda token: token == 7)[:2] == [7, 125]


def test_prompts_longer_than_the_context():
    prompt = "a" * 1000 + "f("
    chunks, model, _ = answer(repeats(")"), CompletionRequest(prompt, hole("f(")), context=200)
    assert chunks[-1].outcome.prompt_tokens <= 200 - 48
    assert model.prompts[0].endswith(b"f")  # the bracket is healed
    assert offered(chunks) == ")"
