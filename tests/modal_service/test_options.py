"""What can be chosen, what can not, and what follows: no Modal in here."""

from __future__ import annotations

import json
import logging
import re
import sys

import pytest

from modal_service import logs
from modal_service.catalogue import GPUS, MODELS, fits
from modal_service.estimates import Day, cold_start, day_costs, listed_rates, token_ms
from modal_service.options import SCALEDOWN_S, Options, OptionsError, from_environment

NONSENSE = [
    ({"MODAL_MODE": "fast"}, "MODAL_MODE must be one of dev, demo, prod"),
    ({"MAZE_DEPLOY_GPU": "GTX"}, "MAZE_DEPLOY_GPU must be one of L4"),
    ({"MAZE_DEPLOY_VLLM_ARGS": "--served-model-name 'a"}, "no closing quotation"),
    (
        {"MAZE_DEPLOY_MODEL": "Qwen/Qwen2.5-Coder-14B", "MAZE_DEPLOY_GPU": "A10"},
        "does not fit into A10 (24 GB); take L40S",
    ),
    ({"MAZE_DEPLOY_MODEL": "mine"}, "NAME@COMMIT"),
    ({"MAZE_DEPLOY_MODEL": "org/name@main"}, "NAME@COMMIT"),
    ({"MAZE_DEPLOY_CONCURRENCY": "many"}, "MAZE_DEPLOY_CONCURRENCY makes no sense as 'many'"),
    ({"MAZE_DEPLOY_MAX_CONTAINERS": "0"}, "must be from 1 to 100, not 0"),
    ({"MAZE_DEPLOY_CONTEXT": "5"}, "must be from 1024"),
    ({"MAZE_DEPLOY_REGION": "moon"}, "must be one of us-east"),
    ({"MAZE_DEPLOY_HF_SECRET": "a b"}, "MAZE_DEPLOY_HF_SECRET makes no sense"),
]


@pytest.mark.parametrize(("environment", "said"), NONSENSE)
def test_nonsense_is_one_sentence(environment: dict[str, str], said: str) -> None:
    with pytest.raises(OptionsError) as caught:
        from_environment(environment)
    assert said in str(caught.value) and "\n" not in str(caught.value)


CHOSEN = [
    {},
    {"MODAL_MODE": "prod"},
    {"MAZE_DEPLOY_MODEL": "org/name@0123abc", "MAZE_DEPLOY_GPU": "A100-80GB"},
    {"MAZE_DEPLOY_MODEL": "/models/mine", "MAZE_DEPLOY_VLLM_ARGS": "--quantization fp8"},
    {
        "MAZE_DEPLOY_MODEL": "Qwen/Qwen2.5-Coder-14B",
        "MAZE_DEPLOY_GPU": "L4",
        "MAZE_DEPLOY_VLLM_ARGS": "--quantization fp8",
    },
    {"MAZE_DEPLOY_CONCURRENCY": "8", "MAZE_DEPLOY_MAX_CONTAINERS": "3"},
]


@pytest.mark.parametrize("environment", CHOSEN)
def test_choices_travel_whole(environment: dict[str, str]) -> None:
    options = from_environment(environment)
    assert options.to_environment() == environment
    assert from_environment(options.to_environment()) == options


def test_the_catalogue() -> None:
    for model in MODELS.values():
        assert re.fullmatch(r"[0-9a-f]{40}", model.revision)
        assert fits(model, GPUS[model.gpu])
    assert not fits(MODELS["Qwen/Qwen2.5-Coder-14B"], GPUS["L4"])


def test_the_arithmetic_of_a_day() -> None:
    options = Options()
    start = cold_start(options.the_model)
    assert start.seconds == pytest.approx(10 + 15 + 15.2 + 30)
    rates = listed_rates(options, 4, 16, "a test")
    assert rates.usd_per_s == pytest.approx(0.000542 + 4 * 0.0000131 + 16 * 0.00000222)
    costs = day_costs(options, Day(2, 30), rates, SCALEDOWN_S)
    assert costs["dev"] == pytest.approx(2 * (70.2 + 1800 + 120) * rates.usd_per_s)
    assert costs["dev"] < costs["prod"] < costs["demo"]
    assert token_ms(options.the_model, GPUS["L40S"]) == pytest.approx(17.6, abs=0.1)


def test_logs_have_no_source_code_in_them() -> None:
    try:
        raise ValueError("def secret(): return 'code of a user'")
    except ValueError:
        info = sys.exc_info()
    record = logging.LogRecord("vllm", logging.ERROR, "f.py", 1, "it failed", None, info)
    (line,) = logs.JsonFormatter().format(record).splitlines()
    data = json.loads(line)
    assert (data["level"], data["logger"], data["message"]) == ("error", "vllm", "it failed")
    assert data["error"] == "ValueError" and data["at"]
    assert "secret" not in line
