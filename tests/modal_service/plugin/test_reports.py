"""What the engine process tells the API server, through a pipe."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from maze.engine.protocol import Outcome
from modal_service.plugin import costs
from modal_service.plugin.costs import Costs
from modal_service.plugin.reports import FOLDER_VARIABLE, Inbox, Outbox


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    inbox = Inbox()
    yield inbox
    inbox.close()
    assert not list(tmp_path.iterdir())


def test_a_report_arrives(inbox: Inbox) -> None:
    Outbox().send(inbox.channel, 2, 0.001, [(1, 250.0), (2, 750.0)])
    [step] = inbox.read()
    assert (step.requests, step.seconds, step.costs_us) == (2, 0.001, {1: 250.0, 2: 750.0})
    assert list(inbox.read()) == []


def test_a_long_report_comes_in_parts_that_count_once(inbox: Inbox) -> None:
    costs_us = [(tag, float(tag)) for tag in range(1000)]
    Outbox().send(inbox.channel, 1000, 0.5, costs_us)
    steps = list(inbox.read())
    assert len(steps) > 1
    assert sum(step.seconds for step in steps) == 0.5
    assert sum(step.requests for step in steps) == 1000
    assert dict(item for step in steps for item in step.costs_us.items()) == dict(costs_us)


def test_nobody_waits_for_a_reader(inbox: Inbox) -> None:
    outbox = Outbox()
    for _ in range(10_000):
        outbox.send(inbox.channel, 1, 0.001, [(1, 1.0)])
    steps = list(inbox.read())
    assert 1000 < len(steps) < 10_000
    outbox.send(inbox.channel, 1, 0.001, [(1, 2.0)])
    assert [step.costs_us for step in inbox.read()] == [{1: 2.0}]


def test_a_reader_that_is_not_there_or_has_gone(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = Outbox()
    outbox.send("0" * 16, 1, 0.001, [(1, 1.0)])
    other = Inbox()
    outbox.send(other.channel, 1, 0.001, [(1, 1.0)])
    other.close()
    outbox.send(other.channel, 1, 0.001, [(1, 1.0)])
    outbox.send(inbox.channel, 1, 0.001, [(1, 1.0)])
    assert len(list(inbox.read())) == 1
    monkeypatch.delenv(FOLDER_VARIABLE)
    Outbox().send(inbox.channel, 1, 0.001, [(1, 1.0)])


def test_only_its_user_may_open_the_pipe(inbox: Inbox, tmp_path: Path) -> None:
    assert stat.S_IMODE(os.stat(tmp_path / inbox.channel).st_mode) == 0o600


def test_costs_are_kept_while_a_generation_is_open(inbox: Inbox) -> None:
    kept, outbox = Costs(inbox), Outbox()
    first, second = kept.open(), kept.open()
    outbox.send(inbox.channel, 2, 0.001, [(first, 100.0), (second, 10.0)])
    outbox.send(inbox.channel, 2, 0.001, [(first, 150.0), (second, 20.0), (99, 5.0)])
    assert (kept.close(first), kept.close(first), kept.close(99)) == (150.0, 0.0, 0.0)
    assert kept.close(second) == 20.0
    assert Costs(None).close(Costs(None).open()) == 0.0


@pytest.mark.parametrize(
    ("outcome", "cut_back", "ending"),
    [
        (Outcome("file", 5), False, "joined"),
        (Outcome("block", 3), True, "cut_back"),
        (Outcome("block", 0, closed="f()"), True, "closed"),
        (Outcome("line", 0), True, "nothing"),
        (Outcome("unconstrained", 5), False, None),
    ],
)
def test_endings_are_counted(outcome: Outcome, cut_back: bool, ending: str | None) -> None:
    names = ("joined", "cut_back", "closed", "nothing")

    def value(counter: object, *labels: str) -> float:
        return counter.labels(*labels)._value.get()  # type: ignore[attr-defined]

    def endings() -> list[float]:
        return [value(costs.ENDINGS, "test", name) for name in names]

    before, level = endings(), value(costs.LEVELS, "test", outcome.level)
    costs.count("test", outcome, cut_back)
    assert value(costs.LEVELS, "test", outcome.level) == level + 1
    changed = [after - earlier for after, earlier in zip(endings(), before, strict=True)]
    assert changed == [float(name == ending) for name in names]
