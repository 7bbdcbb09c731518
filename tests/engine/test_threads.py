"""The number of threads follows what was measured."""

from __future__ import annotations

import pytest

from maze.engine.threads import ThreadChoice, candidates, physical_cores


class Machine:
    """Takes as long as `cost_s` says."""

    def __init__(self, *numbers: int) -> None:
        self.now = 0.0
        self.cost_s = dict.fromkeys(numbers, 1.0)
        self.choice = ThreadChoice(numbers, clock=lambda: self.now)

    def compute(self, times: int) -> list[int]:
        used = []
        for _ in range(times):
            number = self.choice.choose()
            used.append(number)
            self.choice.record(number, self.cost_s[number])
            self.now += 0.1
        return used


def test_each_number_is_tried_once_and_then_the_fastest_used():
    machine = Machine(4, 2, 1)
    machine.cost_s = {4: 1.0, 2: 1.4, 1: 3.0}
    assert machine.compute(8) == [4, 2, 1, 4, 4, 4, 4, 4]


def test_a_busy_machine_is_noticed_and_so_is_its_end():
    machine = Machine(2, 1)
    machine.cost_s = {2: 1.0, 1: 1.4}
    machine.compute(5)
    machine.cost_s = {2: 4.0, 1: 1.4}
    assert machine.compute(20)[-5:] == [1] * 5
    machine.cost_s = {2: 1.0, 1: 1.4}
    machine.now += 61
    assert machine.compute(5)[-3:] == [2] * 3


def test_what_was_far_off_is_tried_seldom():
    machine = Machine(2, 1)
    machine.cost_s = {2: 9.0, 1: 1.0}
    assert machine.compute(500).count(2) == 1  # in 50 seconds


@pytest.mark.parametrize(("asked", "expected"), [(3, (3,)), (1, (1,)), (0, (1,))])
def test_a_number_that_is_asked_for_is_used(asked, expected):
    assert candidates(asked) == expected


def test_otherwise_from_one_per_core_down_to_one():
    numbers = candidates(None)
    assert numbers[0] == physical_cores() >= 1
    assert numbers[-1] == 1
    assert list(numbers) == sorted(set(numbers), reverse=True)
