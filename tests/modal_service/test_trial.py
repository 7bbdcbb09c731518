"""The test of a deployment must fail where a deployment does: against an engine that is scripted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maze.document.languages import LANGUAGES
from modal_service import trial
from tests.lsp.fake_engine import KEY, Exchange, FakeEngine, Reply, fails, says


@pytest.fixture
def engine():
    from tests.lsp.fake_engine import fake_engine

    with fake_engine() as running:
        yield running


async def tried(engine: FakeEngine, key: str | None = KEY) -> dict[str, trial.Step]:
    steps = trial.steps(engine.url, key, patience_s=0.2)
    return {step.name: step async for step in steps}


def _unconstrained(exchange: Exchange) -> None:
    exchange.finish("1", 1, "unconstrained")
    exchange.done()


def _starts_for_ever(engine: FakeEngine) -> Reply:
    engine.starting = 1_000_000
    return says("1")


ENGINES: list[tuple[str, Callable[[FakeEngine], Reply], str | None]] = [
    # what it does, how to make it so, the step that fails
    ("works", lambda engine: says("1"), None),
    ("keeps nothing", lambda engine: says("1", keep=0), "python"),
    ("is unconstrained", lambda engine: _unconstrained, "python"),
    ("fails", lambda engine: fails(500), "python"),
    ("knows no language", lambda engine: fails(400, "no grammar for it"), "python"),
    ("never starts", _starts_for_ever, "health"),
]


@pytest.mark.parametrize(
    ("make", "failing"), [row[1:] for row in ENGINES], ids=[row[0] for row in ENGINES]
)
async def test_what_passes_and_what_does_not(
    engine: FakeEngine, make: Callable[[FakeEngine], Reply], failing: str | None
) -> None:
    engine.reply = make(engine)
    engine.needs_key = True
    steps = await tried(engine)
    failed = [name for name, step in steps.items() if not step.passed]
    if failing is None:
        assert failed == []
        assert [*steps] == ["health", "no key", *(n for n in trial.TEXTS if n in LANGUAGES)]
    else:
        assert failing in failed and "\n" not in steps[failing].said


async def test_an_engine_that_answers_everybody_fails(engine: FakeEngine) -> None:
    steps = await tried(engine)
    assert not steps["no key"].passed and "answered without a key" in steps["no key"].said


async def test_an_engine_on_this_machine_needs_no_key(engine: FakeEngine) -> None:
    steps = await tried(engine, None)
    assert steps["no key"].passed and "127.0.0.1 alone" in steps["no key"].said


async def test_a_wrong_key_is_told(engine: FakeEngine) -> None:
    engine.needs_key = True
    steps = await tried(engine, "wrong")
    assert not steps["model"].passed and "refused the key" in steps["model"].said


async def test_an_address_that_is_wrong_is_not_waited_for() -> None:
    steps = trial.steps("https://no-such-machine.invalid", None, patience_s=600)
    [step] = [step async for step in steps]
    assert not step.passed and "no machine called no-such-machine.invalid" in step.said


def test_each_language_has_its_text() -> None:
    assert set(LANGUAGES) <= set(trial.TEXTS)
    assert all(text.count(trial.CURSOR) == 1 for text in trial.TEXTS.values())
