"""vLLM and the embedded engine write the same text, up to rounding.

Both read the same weights (the GGUF's, which vLLM gets written out in float32), but llama.cpp also
rounds activations to 8 bits, so logits differ: by how much depends on the processor's kernels, and
no fixed gap between two tokens can be called rounding. What can be compared honestly, then: at
temperature 0 the texts are the same, or they part at a token that the embedded engine's constraint
allows and that vLLM's own logits, asked for without a constraint, put first among the allowed
ones. Each then took the best that one and the same constraint allows. A constraint that allowed
other tokens, healing that forced other bytes or an ending elsewhere would part them anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import httpx
import numpy as np
import pytest

from benchmarks.editor_requests import editor_requests
from benchmarks.paths import CORPORA
from benchmarks.vllm_server import MODEL_NAME, VllmServer
from maze.constraint import UNCONSTRAINED, Constrainer, Vocabulary
from maze.engine.client import EngineClient
from maze.engine.completion import Completer, fit
from maze.engine.healing import MAX_HEALED_TOKENS
from maze.engine.overlap import overlaps
from maze.engine.protocol import CompletionChunk, CompletionRequest

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1800)]

ROUNDING = 0.01
"""How far vLLM's logits of one text may lie apart, in float32: read at once, or token by token."""


class Recorded:
    """The embedded engine's model; what it was asked is kept."""

    def __init__(self, model: object) -> None:
        self._model = model
        self.steps: list[list[int]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._model, name)

    def logits(self, tokens: Sequence[int], cancelled: object) -> np.ndarray:
        self.steps.append(list(tokens))
        return self._model.logits(tokens, cancelled)  # type: ignore[attr-defined, no-any-return]


@pytest.fixture(scope="module")
def model() -> Recorded:
    pytest.importorskip("llama_cpp")
    from maze.engine.llama import LlamaModel
    from maze.engine.models import find_model

    return Recorded(LlamaModel(find_model(None), 2048))


async def test_texts_are_the_same_up_to_rounding(
    server: VllmServer, client: EngineClient, model: Recorded
) -> None:
    vocabulary = Vocabulary(model.token_bytes, model.stop_token_ids)  # type: ignore[arg-type]
    constrainer = Constrainer(vocabulary)
    completer = Completer(model, constrainer, ("python", "go"))  # type: ignore[arg-type]
    asked = [
        request
        for language in ("python", "go")
        for request in await editor_requests(
            language, CORPORA / f"{language}.txt", 12, model_id="smollm2", max_tokens=16, seed=4
        )
    ]
    same, gaps = 0, []
    for request in asked:
        theirs, level = await over_http(client, request)
        ours, our_level = embedded(completer, request)
        assert level == our_level
        if theirs == ours:
            same += 1
        else:
            gaps.append(gap_where_they_part(server, model, constrainer, request, theirs))
        model.steps.clear()
    print(f"{same} of {len(asked)} the same; gaps of the others: {gaps}")
    assert same >= len(asked) // 2, f"{same} of {len(asked)} texts are the same"
    assert all(gap < ROUNDING for gap in gaps), gaps


async def over_http(client: EngineClient, request: CompletionRequest) -> tuple[bytes, str]:
    """All text that was generated, and the level."""
    text, level = "", ""
    async for chunk in client.stream(request):
        text += chunk.text
        if chunk.outcome is not None:
            level = chunk.outcome.level
    return text.encode(), level


def embedded(completer: Completer, request: CompletionRequest) -> tuple[bytes, str]:
    chunks: list[CompletionChunk] = []
    completer.run(request, chunks.append, lambda: False)
    outcome = chunks[-1].outcome
    assert outcome is not None
    return "".join(chunk.text for chunk in chunks).encode(), outcome.level


def gap_where_they_part(
    server: VllmServer,
    model: Recorded,
    constrainer: Constrainer,
    request: CompletionRequest,
    theirs: bytes,
) -> float:
    """How far, where they part, vLLM's logits put its token below the best allowed.

    That is the last place up to which both wrote the same bytes, or one before, where vLLM spelled
    the same bytes with other tokens.

    Args:
        theirs: what vLLM wrote; the embedded engine's steps are in `model`.
    """
    token_bytes: Sequence[bytes | None] = model.token_bytes  # type: ignore[assignment]
    prompt = model.steps[0]
    forced = forced_bytes(model, request, len(prompt))
    whole = forced + theirs
    gaps, ours = [], None
    for tokens in reversed(model.steps):
        written = b"".join(token_bytes[token] or b"" for token in tokens[len(prompt) :])
        if whole.startswith(written):
            allowed = allowed_after(constrainer, request, forced, tokens[len(prompt) :])
            wanted = consistent_with(model, request, whole[len(written) :])
            scores = unconstrained_scores(server, tokens)
            others = [
                scores[number]
                for number in wanted
                if number != ours and (allowed is None or number in allowed)
            ]
            best = max(scores[number] for number in (scores if allowed is None else allowed))
            gaps.append(best - max(others, default=-math.inf))
            if gaps[-1] < ROUNDING:
                break
        ours = tokens[-1]
    return min(gaps)


def unconstrained_scores(server: VllmServer, tokens: Sequence[int]) -> dict[int, float]:
    """vLLM's log-probabilities of every token after `tokens`, by the token's number."""
    answer = httpx.post(
        f"{server.url}/v1/completions",
        headers={"Authorization": f"Bearer {server.key}"},
        json={
            "model": MODEL_NAME,
            "prompt": list(tokens),
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": -1,  # of all
            "return_tokens_as_token_ids": True,
        },
        timeout=600,
    )
    assert answer.status_code == 200, answer.text
    (first,) = answer.json()["choices"][0]["logprobs"]["top_logprobs"]
    return {int(name.removeprefix("token_id:")): score for name, score in first.items()}


def forced_bytes(model: Recorded, request: CompletionRequest, healed: int) -> bytes:
    """The text that was to be spelled again, from how much of the prompt was kept."""
    tokens = fit(
        model.tokenize(request.prompt),  # type: ignore[operator]
        2048 - request.max_tokens - MAX_HEALED_TOKENS,
        keep_first=lambda token: model.token_bytes[token] is None,  # type: ignore[index]
    )
    return b"".join(model.token_bytes[token] or b"" for token in tokens[healed:])  # type: ignore[index]


def allowed_after(
    constrainer: Constrainer, request: CompletionRequest, forced: bytes, tokens: Sequence[int]
) -> set[int] | None:
    """The tokens that the constraint allows after `tokens`; None for all of them."""
    maze = request.maze
    assert maze is not None
    constraint = constrainer.begin(
        maze.language, maze.prefix, maze.suffix, scopes=maze.scopes, mode=maze.mode, forced=forced
    )  # type: ignore[arg-type]
    if constraint.level == UNCONSTRAINED:
        return None
    for token in tokens:
        assert constraint.accept(token)
    words = np.zeros((len(constrainer.vocabulary) + 31) // 32, dtype=np.int32)
    constraint.fill_mask(words)
    bits = np.unpackbits(words.view(np.uint8), bitorder="little")
    return set(np.flatnonzero(bits).tolist())


def consistent_with(model: Recorded, request: CompletionRequest, rest: bytes) -> list[int]:
    """Tokens that a text may go on with which is `rest`, and then ends by itself or goes on."""
    assert request.maze is not None
    suffix = request.maze.suffix.encode()
    found = []
    for number, data in enumerate(model.token_bytes):  # type: ignore[arg-type]
        if data is None:
            goes_on = not rest and number in model.stop_token_ids  # type: ignore[operator]
        elif rest:
            goes_on = rest.startswith(data) or data.startswith(rest)
        else:  # text also ends where the model begins to repeat the suffix
            goes_on = bool(overlaps(data, suffix))
        if goes_on:
            found.append(number)
    return found
