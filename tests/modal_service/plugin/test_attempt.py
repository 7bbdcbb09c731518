"""What vLLM is asked for, as far as it goes without one."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from maze.engine.completion import Choice
from maze.engine.protocol import CompletionRequest, MazeRequest
from modal_service.plugin.attempt import Attempt
from modal_service.plugin.spec import Spec


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parameters, as they were given."""
    module = types.ModuleType("vllm")
    parameters = types.ModuleType("vllm.sampling_params")
    for name in ("RequestOutputKind", "StructuredOutputsParams"):
        setattr(parameters, name, types.SimpleNamespace(DELTA=None))
    module.SamplingParams = types.SimpleNamespace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", module)
    monkeypatch.setitem(sys.modules, "vllm.sampling_params", parameters)


@pytest.mark.usefixtures("vllm")
@pytest.mark.parametrize("seed", [None, 0, 2**63 - 1])
def test_each_choice_has_a_seed_that_a_gpu_can_hold(seed: int | None) -> None:
    maze = MazeRequest("python", "x = ")
    request = CompletionRequest("x = ", maze, temperature=1.0, n=8, seed=seed)
    service: Any = types.SimpleNamespace(vocabulary=types.SimpleNamespace(stop_token_ids=(0,)))
    seeds = []
    for index in range(request.n):
        choice = Choice(index, "toy", lambda chunk: None)
        attempt = Attempt(service, request, [1], b"", choice)
        seeds.append(attempt._parameters(Spec.of(maze, 0, "0" * 16, 1)).seed)
    if seed is None:
        assert seeds == [None] * request.n
    else:
        # vLLM keeps them as signed numbers of 64 bits; its engine ends where one does not fit.
        assert len(set(seeds)) == request.n and all(0 <= found < 2**63 for found in seeds)
