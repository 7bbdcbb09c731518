"""vLLM's engine core with our constraint, and a fake in the place of the model.

    python -m tests.modal_service.plugin.scheduling MODEL_FOLDER {plain,async}:GUESSES:BLOCKS ...

What is real: vLLM's `EngineCore`, its schedulers and its structured output manager with the plugin,
the model's tokenizer, our constraint. The fake is the executor: it samples at random among the
tokens that the bitmask of the step allows, and guesses tokens ahead, some of them wrong. So it shows in
which order vLLM asks a grammar, also under asynchronous scheduling, which vLLM's CPU build
switches off for its own executor. It prints a line of JSON for each configuration: the tokens of each
request and how it ended, and how often grammars were asked what. In the end the executor fails, and
vLLM writes what it was doing.
"""

from __future__ import annotations

import contextlib
import json
import random
import sys
import time
from collections import Counter
from concurrent.futures import Future
from typing import Any

import numpy as np
import torch
from vllm.engine.arg_utils import EngineArgs
from vllm.sampling_params import SamplingParams, StructuredOutputsParams
from vllm.v1.core.sched.output import GrammarOutput, SchedulerOutput
from vllm.v1.engine import EngineCoreRequest
from vllm.v1.engine.core import EngineCore
from vllm.v1.kv_cache_interface import FullAttentionSpec, KVCacheConfig, KVCacheGroupSpec
from vllm.v1.outputs import EMPTY_MODEL_RUNNER_OUTPUT, DraftTokenIds, ModelRunnerOutput

from modal_service.plugin.grammar import MazeGrammar
from modal_service.plugin.spec import NAME, Spec
from modal_service.plugin.vocabulary import read_vocabulary
from tests.modal_service.plugin.holes import HOLES

MAX_TOKENS = 40
_ANY = 100
_BLOCK = 16
GUESS_RIGHT = 0.7


class RandomExecutor:
    """A fake: the model's place is taken by chance."""

    def __init__(self, vllm_config: Any) -> None:
        self.core: Any = None
        self.common: list[int] = []
        self.guesses = vllm_config.num_speculative_tokens
        self._chance = random.Random(1)
        self.fails = False
        self._scheduled: list[tuple[SchedulerOutput, set[str]]] = []
        self._ahead: dict[str, list[int]] = {}

    def execute_model(self, scheduled: SchedulerOutput, non_block: bool = False) -> Any:
        """Remember what is to be sampled: who has read all of the prompt."""
        if not scheduled.total_num_scheduled_tokens:
            return _done(EMPTY_MODEL_RUNNER_OUTPUT)
        requests = self.core.scheduler.requests
        reading = {
            name for name in scheduled.num_scheduled_tokens if requests[name].is_prefill_chunk
        }
        self._scheduled.append((scheduled, reading))
        return _done(None)

    def sample_tokens(self, grammar: GrammarOutput | None, non_block: bool = False) -> Any:
        """Sample for what was executed first."""
        if self.fails:
            raise RuntimeError("out of memory")
        scheduled, reading = self._scheduled.pop(0)
        names = list(scheduled.num_scheduled_tokens)
        rows = self._rows(scheduled, grammar)
        sampled = [[] if name in reading else self._sample(name, scheduled, rows) for name in names]
        self._ahead = {
            name: self._guess() for name, tokens in zip(names, sampled, strict=True) if tokens
        }
        output = ModelRunnerOutput(names, {n: i for i, n in enumerate(names)}, sampled)
        return _done(output) if non_block else output

    def take_draft_token_ids(self) -> DraftTokenIds | None:
        """What it guesses that comes next."""
        if not self.guesses:
            return None
        return DraftTokenIds(list(self._ahead), [list(guess) for guess in self._ahead.values()])

    def _rows(self, scheduled: SchedulerOutput, grammar: GrammarOutput | None) -> dict[str, Any]:
        """Per request its rows of the bitmask: one per guess, and one more."""
        found, at = {}, 0
        if grammar is None:
            return found
        for name in grammar.structured_output_request_ids:
            count = 1 + len(scheduled.scheduled_spec_decode_tokens.get(name, ()))
            found[name] = grammar.grammar_bitmask[at : at + count]
            at += count
        return found

    def _sample(self, name: str, scheduled: SchedulerOutput, rows: dict[str, Any]) -> list[int]:
        if name not in rows:
            return [_ANY]  # it has ended meanwhile: nobody reads what is sampled for it
        tokens: list[int] = []
        guesses = scheduled.scheduled_spec_decode_tokens.get(name, [])
        for i, row in enumerate(rows[name]):
            allowed = np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little"))
            guess = guesses[i] if i < len(guesses) else -1
            if guess in allowed and self._chance.random() < GUESS_RIGHT:
                tokens.append(guess)
                continue
            tokens.append(int(self._chance.choice(allowed.tolist())))
            break
        return tokens

    def _guess(self) -> list[int]:
        return [self._chance.choice(self.common) for _ in range(self.guesses)]

    def shutdown(self) -> None:
        """There is nothing to end."""


def _done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


class Core(EngineCore):
    """vLLM's engine core over memory that nobody writes to."""

    blocks = 0

    def _initialize_kv_caches(self, vllm_config: Any) -> KVCacheConfig:
        spec = FullAttentionSpec(_BLOCK, num_kv_heads=1, head_size=64, dtype=torch.float32)
        vllm_config.cache_config.num_gpu_blocks = self.blocks
        vllm_config.cache_config.block_size = _BLOCK
        return KVCacheConfig(self.blocks, [], [KVCacheGroupSpec(["layer"], spec)])


def engine_core(model: str, asynchronous: bool, guesses: int, blocks: int) -> Core:
    """An engine core with the plugin and the fake."""
    guessing = {"method": "ngram", "num_speculative_tokens": guesses, "prompt_lookup_max": 4}
    config = EngineArgs(
        model=model,
        max_model_len=256,
        max_num_seqs=8,
        enforce_eager=True,
        dtype="float32",
        block_size=_BLOCK,
        speculative_config=guessing if guesses else None,
        structured_outputs_config={"backend": "xgrammar"},
    ).create_engine_config()
    # The CPU build has switched it off, because of its own executor.
    config.scheduler_config.async_scheduling = asynchronous
    Core.blocks = blocks
    core = Core(config, RandomExecutor, log_stats=False)
    core.model_executor.core = core
    return core


def record(calls: Counter[str]) -> None:
    """Count what is asked of our grammars, and note how two calls follow each other."""
    for name in ("fill_bitmask", "accept_tokens", "validate_tokens", "rollback"):
        asked = getattr(MazeGrammar, name)

        def noted(self: MazeGrammar, *given: Any, asked: Any = asked, name: str = name) -> Any:
            calls[name] += 1
            return asked(self, *given)

        setattr(MazeGrammar, name, noted)


def requests_for(core: Core) -> dict[str, EngineCoreRequest]:
    """A request for each hole, twice."""
    tokenizer = core.structured_output_manager.tokenizer
    stops = read_vocabulary(tokenizer, core.vllm_config.model_config).stop_token_ids
    found = {}
    for number, (language, prefix, suffix) in enumerate(HOLES * 2):
        spec = Spec(language, prefix, suffix, (), "free", 0, "0" * 16, number)
        structured = StructuredOutputsParams(grammar='root ::= "maze"')
        structured._backend = "xgrammar"  # as vLLM's front end has it
        parameters = SamplingParams(
            max_tokens=MAX_TOKENS,
            stop_token_ids=list(stops),
            structured_outputs=structured,
            extra_args={NAME: spec.to_plain()},
        )
        found[str(number)] = EngineCoreRequest(
            request_id=str(number),
            prompt_token_ids=tokenizer.encode(prefix),
            mm_features=None,
            sampling_params=parameters,
            pooling_params=None,
            arrival_time=time.time(),
            lora_request=None,
            cache_salt=None,
            data_parallel_rank=None,
        )
    return found


def run(core: Core) -> dict[str, Any]:
    """Generate for all; the fourth is aborted half-way."""
    tokenizer = core.structured_output_manager.tokenizer
    core.model_executor.common = [n for n in tokenizer.encode("1, 2) a(b); x + y\n") if n > 16]
    waiting = requests_for(core)
    texts: dict[str, list[int]] = {name: [] for name in waiting}
    ends: dict[str, str] = {}
    preempted = 0
    for request in waiting.values():
        core.add_request(*core.preprocess_add_request(request))
    while core.scheduler.has_requests() or core.batch_queue:
        outputs, executed = core.step_fn()
        core.post_step(executed)
        for output in [o for each in (outputs or {}).values() for o in each.outputs]:
            texts[output.request_id] += output.new_token_ids
            if output.finish_reason is not None:
                ends[output.request_id] = str(output.finish_reason)
        preempted += sum(r.num_preemptions for r in core.scheduler.requests.values())
        if len(texts["3"]) > 3 and "3" not in ends:
            core.abort_requests(["3"])
            ends["3"] = "aborted"
    return {
        "async": core.batch_queue is not None,
        "preempted": preempted > 0,
        "ends": ends,
        "tokens": texts,
    }


def fail(core: Core) -> None:
    """Let the first step of all requests fail, as a device does that has run out of memory."""
    core.model_executor.fails = True
    for request in requests_for(core).values():
        core.add_request(*core.preprocess_add_request(request))
    with contextlib.suppress(RuntimeError):
        while True:
            core.step_fn()


def main() -> None:
    """Run, and print what came of it."""
    model, *configurations = sys.argv[1:]
    calls: Counter[str] = Counter()
    record(calls)
    for configuration in configurations:
        how, guesses, blocks = configuration.split(":")
        core = engine_core(model, how == "async", int(guesses), int(blocks))
        print(json.dumps({**run(core), "calls": calls}), flush=True)
        core.shutdown()
        calls.clear()
    fail(engine_core(model, asynchronous=False, guesses=0, blocks=200))


if __name__ == "__main__":
    main()
