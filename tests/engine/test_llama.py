"""The real model through llama.cpp: vocabulary, memory of the prompt, cancellation, generation.

What is asserted is counted in tokens, never in seconds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maze.engine.completion import Completer
from maze.engine.errors import EngineMissing
from maze.engine.generation import GenerationCancelled, ModelError, generate
from maze.engine.healing import heal
from maze.engine.llama import LlamaModel
from maze.engine.models import find_model
from maze.engine.protocol import CompletionChunk, CompletionRequest, MazeRequest

pytestmark = pytest.mark.local

CODE = Path(__file__).read_text()


@pytest.fixture(scope="module")
def model():
    loaded = LlamaModel(find_model(None), context=1024)
    yield loaded
    loaded.close()


def never() -> bool:
    return False


def spell(model: LlamaModel, tokens: list[int]) -> bytes:
    return b"".join(model.token_bytes[token] or b"?" for token in tokens)


@pytest.mark.parametrize("text", [CODE, "naïve = '\U0001f600'\r\n\t", "   ", "\n\n\n", "x"])
def test_tokens_spell_the_text(model, text):
    assert spell(model, model.tokenize(text)) == text.encode()


def test_special_tokens_are_no_text(model):
    assert len(model.token_bytes) == 49152
    assert [i for i, data in enumerate(model.token_bytes) if data is None] == list(range(17))
    assert 0 in model.stop_token_ids
    assert all(model.token_bytes[token] is None for token in model.stop_token_ids)
    assert model.tokenize("<" + "|im_start|>x")[0] == 1  # written apart: see CODE


def test_only_what_differs_is_computed(model):
    tokens = model.tokenize(CODE)[:300]
    model.logits(tokens, never)
    for changed, computed in [
        ([*tokens, 500], 1),  # a keystroke more
        ([*tokens, 500, 501, 502], 2),
        (tokens, 1),  # and all taken back: the last token's output is needed again
        ([*tokens[:200], 77, 78], 2),  # an edit further up
        ([99, *tokens], 301),  # and at the very beginning
    ]:
        before = model.computed_tokens
        assert len(changed) - model.remembers(changed) == computed
        model.logits(changed, never)
        assert model.computed_tokens - before == computed


def test_memory_does_not_change_the_answer(model):
    tokens = model.tokenize(CODE)[:120]
    other = [*tokens[:100], *model.tokenize("return None\n")]
    model.logits([1, 2, 3], never)
    fresh = model.logits(other, never).copy()
    model.logits(tokens, never)
    again = model.logits(other, never)
    assert model.computed_tokens > 0
    assert np.array_equal(np.argsort(-fresh)[:5], np.argsort(-again)[:5])
    assert np.allclose(fresh, again, atol=0.2)


def test_reading_a_prompt_can_be_cancelled_and_taken_up_again(model):
    tokens = model.tokenize(CODE)[:600]
    model.logits([1], never)
    before = model.computed_tokens
    with pytest.raises(GenerationCancelled):
        model.logits(tokens, lambda: model.computed_tokens - before >= 50)
    spent = model.computed_tokens - before
    assert 50 <= spent <= 50 + 256
    model.logits(tokens, never)
    assert model.computed_tokens - before == 600


def test_generation_stops_within_a_token_of_being_cancelled(model):
    tokens = model.tokenize("def f(")
    model.logits(tokens, never)
    seen: list[bytes] = []
    before = model.computed_tokens
    with pytest.raises(GenerationCancelled):
        generate(model, tokens, on_token=seen.append, cancelled=lambda: len(seen) >= 3)
    assert len(seen) == 3
    assert model.computed_tokens - before <= 3


def test_greedy_generation_is_repeatable(model):
    tokens = model.tokenize("import os\n\ndef main():\n    ")
    first, second = (generate(model, tokens, max_tokens=12).text for _ in range(2))
    assert first == second != b""


@pytest.mark.parametrize(
    ("prefix", "begins"),
    [
        ("import numpy as np\nx = np.zer", "os"),
        ("import sys\nsys.std", ("out", "in", "err")),
        ("for i in ran", "ge"),
        ("import os\nimport sys\n\nif __name__ == '__ma", "in__"),
    ],
)
def test_healing_completes_words(model, prefix, begins):
    tokens, forced = heal(model.tokenize(prefix), model.token_bytes, model.index, prefix.encode())
    assert forced and prefix.encode().endswith(forced)
    text = generate(model, tokens, max_tokens=4, forced=forced).text.decode()
    assert text.startswith(begins)


def test_choices_share_the_prompt(model):
    prompt = "x = 1\n" * 60
    request = CompletionRequest(prompt, n=3, temperature=0.8, seed=4, max_tokens=4)
    chunks: list[CompletionChunk] = []
    model.logits([5], never)
    before = model.computed_tokens
    Completer(model, None, []).run(request, chunks.append, never)
    outcomes = [chunk.outcome for chunk in chunks if chunk.outcome is not None]
    assert [outcome.reused_tokens for outcome in outcomes[1:]] == [
        outcomes[0].prompt_tokens - 1
    ] * 2
    assert model.computed_tokens - before <= outcomes[0].prompt_tokens + 3 * 5


def test_the_context_is_never_exceeded(model):
    request = CompletionRequest("y = 2\n" * 2000, max_tokens=8)
    chunks: list[CompletionChunk] = []
    Completer(model, None, []).run(request, chunks.append, never)
    assert 700 < chunks[-1].outcome.prompt_tokens <= 1024 - 8
    with pytest.raises(ModelError, match="do not fit"):
        model.logits([5] * 1025, never)


def test_unconstrained_lines_end_at_the_line_end(model):
    maze = MazeRequest("python", "import os\nimport ", constrain=False)
    chunks: list[CompletionChunk] = []
    Completer(model, None, []).run(
        CompletionRequest("import os\nimport ", maze), chunks.append, never
    )
    text = "".join(chunk.text for chunk in chunks)[: chunks[-1].outcome.keep]
    assert text and "\n" not in text


def test_a_damaged_file_is_one_sentence(tmp_path):
    damaged = tmp_path / "model.gguf"
    damaged.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelError, match=r"could not load model\.gguf"):
        LlamaModel(damaged)
    for path, message in [
        (tmp_path / "none.gguf", "there is no model file"),
        (Path(__file__), "not a GGUF"),
    ]:
        with pytest.raises(EngineMissing, match=message):
            find_model(path)


def test_llama_cpp_keeps_quiet():
    script = (
        "from maze.engine.llama import LlamaModel; from maze.engine.models import find_model\n"
        "LlamaModel(find_model(None), 256).logits([5], lambda: False)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
