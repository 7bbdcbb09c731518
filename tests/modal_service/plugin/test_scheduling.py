"""Our grammar asked in the order in which vLLM's schedulers ask, asynchronous scheduling included."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import numpy as np
import pytest

from benchmarks.paths import CACHE
from benchmarks.vllm_server import MODEL, PYTHON, SITE
from maze.constraint import Constrainer, Constraint, Unconstrained, Vocabulary
from modal_service.plugin.spec import Spec
from tests.modal_service.conftest import ROOT
from tests.modal_service.plugin.holes import HOLES

pytestmark = [pytest.mark.vllm, pytest.mark.slow]

CONFIGURATIONS = [
    # asynchronous scheduling, tokens guessed ahead, blocks of memory
    ("plain", 0, 200),
    ("async", 0, 200),
    ("async", 3, 200),
    ("async", 3, 12),
    ("plain", 3, 12),
]
ENOUGH = 200
_WORDS = 49_152 // 32


@pytest.fixture(scope="module")
def output() -> str:
    """What all configurations and vLLM print, in one process: most of its time vLLM is imported."""
    if not (SITE / ".complete").exists():
        if os.environ.get("CI"):
            pytest.fail("scripts/_vllm was not run")
        pytest.skip("scripts/_vllm was not run")
    done = subprocess.run(
        [
            *(str(PYTHON), "-m", "tests.modal_service.plugin.scheduling", str(MODEL)),
            *(":".join(map(str, configuration)) for configuration in CONFIGURATIONS),
        ],
        env=os.environ
        | {
            "PYTHONPATH": f"{SITE}:{ROOT}",
            "MAZE_CACHE_DIR": str(CACHE / "tables"),
            "HF_HUB_OFFLINE": "1",
            "VLLM_NO_USAGE_STATS": "1",
            "VLLM_CPU_KVCACHE_SPACE": "1",
        },
        cwd="/",  # the plugin must be found where it is installed, not here
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def runs(output: str) -> list[dict[str, Any]]:
    """What came of each configuration."""
    return [json.loads(line) for line in output.splitlines() if line.startswith('{"async"')]


@pytest.fixture(scope="module")
def twin() -> Constrainer:
    """A constrainer for the same model, with nothing of vLLM."""
    return Constrainer(Vocabulary.from_tokenizer_json(MODEL / "tokenizer.json"), CACHE / "tables")


@pytest.mark.parametrize("number", range(len(CONFIGURATIONS)))
def test_every_token_is_one_that_may_come_there(
    runs: list[dict[str, Any]], twin: Constrainer, number: int
) -> None:
    """Had a mask been filled for another place than the token was sampled at, it would not."""
    how, guesses, blocks = CONFIGURATIONS[number]
    run = runs[number]
    assert run["async"] == (how == "async")
    assert run["preempted"] == (blocks < ENOUGH)
    assert (run["calls"].get("validate_tokens", 0) > 0) == (guesses > 0)
    assert run["ends"].pop("3") == "aborted"
    assert len(run["ends"]) == len(HOLES) * 2 - 1
    assert set(run["ends"].values()) <= {"stop", "length"}, "a rejected token ends in an error"
    for name, tokens in run["tokens"].items():
        language, prefix, suffix = HOLES[int(name) % len(HOLES)]
        spec = Spec(language, prefix, suffix, (), "free", 0, "0" * 16, 1)
        constraint = spec.begin(twin)
        for at, token in enumerate(tokens):
            if not constraint.accept(token):
                # The plugin lets a text stop where nothing may come at all (see `test_grammar`).
                assert token in twin.vocabulary.stop_token_ids, (name, at)
                assert not mask_of(constraint).any(), (name, at)


def mask_of(constraint: Constraint | Unconstrained) -> np.ndarray:
    """What may come next, a bit per token."""
    mask = np.zeros(_WORDS, dtype=np.int32)
    constraint.fill_mask(mask)
    return mask


def test_what_vllm_writes_when_a_model_fails_holds_no_source(output: str) -> None:
    """It writes all parameters of all requests."""
    _, _, written = output.rpartition("Dumping scheduler output for model execution")
    assert "SamplingParams" in written
    assert not [prefix for _, prefix, _ in HOLES if prefix.splitlines()[0] in written]
