"""A GGUF model on this machine, through llama.cpp's C interface.

What makes it fit for completions as one types is its memory of the prompt. Reading a prompt costs
some 3 ms a token on a CPU even for the smallest model, and from one keystroke to the next nearly
all of it stays the same: so only what differs from the last request is computed
(`llama_memory_seq_rm` cuts the KV cache back to the common beginning). The high-level
`llama_cpp.Llama` cannot be cancelled while it reads a prompt, so this module talks to the C
functions.
"""

from __future__ import annotations

import ctypes
import logging
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama
import numpy as np

from maze.engine.generation import Cancelled, GenerationCancelled, ModelError
from maze.engine.healing import TokenIndex
from maze.engine.sampling import Scores
from maze.engine.threads import ThreadChoice, candidates

log = logging.getLogger(__name__)

_MAX_CHUNK = 256
_MIN_CHUNK = 8
_TRIAL_CHUNK = 2
_CHUNK_S = 0.1
"""A prompt is read in pieces of about this many seconds: cancellation waits for no more."""

_MARK = re.compile(rb"<[^<>\s]+>|\[[A-Z_/]+\]")
"""How tokens that mark something are written, as opposed to user-defined runs of white space."""


class LlamaModel:
    """A `maze.engine.generation.Model` (see there for the methods).

    Args:
        path: a GGUF file.
        context: the most tokens of prompt and answer together; less if the model was trained on
            less.
        threads: None takes whatever is fastest, up to one per physical core.
        progress: called with the share loaded, 0 to 1.

    Attributes:
        computed_tokens: how many tokens the model has been run on since it was loaded.

    Raises:
        ModelError: when the file cannot be loaded.
    """

    tries = 32

    def __init__(
        self,
        path: Path,
        context: int = 4096,
        threads: int | None = None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> None:
        self.id = path.stem
        self.computed_tokens = 0
        self._memory: list[int] = []
        numbers = candidates(threads)
        self._reading_threads = ThreadChoice(numbers)
        self._writing_threads = ThreadChoice(numbers)
        llama.llama_log_set(_to_logging, ctypes.c_void_p(0))
        llama.llama_backend_init()
        self._model = _load(path, progress)
        self.context = min(context, llama.llama_model_n_ctx_train(self._model))
        self._context = self._new_context()
        self._batch = llama.llama_batch_init(_MAX_CHUNK, 0, 1)
        self._vocab = llama.llama_model_get_vocab(self._model)
        size = llama.llama_vocab_n_tokens(self._vocab)
        self.token_bytes: Sequence[bytes | None] = [self._text_of(token) for token in range(size)]
        self.stop_token_ids = frozenset(
            token for token in range(size) if llama.llama_vocab_is_eog(self._vocab, token)
        )
        self.index = TokenIndex(self.token_bytes)

    def close(self) -> None:
        """Free the model; nothing else may be called afterwards."""
        llama.llama_batch_free(self._batch)
        llama.llama_free(self._context)
        llama.llama_model_free(self._model)

    def tokenize(self, text: str) -> list[int]:
        """The tokens of a prompt, with the token that begins a text where the model wants one."""
        data = text.encode()
        room = len(data) + 8  # a token has at least one byte; a few more begin and end the text
        buffer = (llama.llama_token * room)()
        count = llama.llama_tokenize(self._vocab, data, len(data), buffer, room, True, True)
        if count < 0:
            raise ModelError(f"llama.cpp could not tokenize a prompt of {len(data)} bytes")
        return list(buffer[:count])

    def remembers(self, tokens: Sequence[int]) -> int:
        """How many tokens at the beginning of `tokens` are in the KV cache."""
        # The last one is computed in any case, because its output is what is asked for.
        return max(min(_common_prefix(self._memory, tokens), len(tokens) - 1), 0)

    def logits(self, tokens: Sequence[int], cancelled: Cancelled) -> Scores:
        """float32[V], a view of llama.cpp's own buffer: valid until the next call."""
        if not tokens:
            raise ModelError("the prompt is empty")
        if len(tokens) > self.context:
            raise ModelError(f"{len(tokens)} tokens do not fit the context of {self.context}")
        self._forget_after(self.remembers(tokens))
        while len(self._memory) < len(tokens):
            if cancelled():
                raise GenerationCancelled
            self._compute_some(tokens)
        pointer = llama.llama_get_logits_ith(self._context, -1)
        if not pointer:
            raise ModelError("llama.cpp gave no output; restart the engine")
        return np.ctypeslib.as_array(pointer, shape=(len(self.token_bytes),))

    def _compute_some(self, tokens: Sequence[int]) -> None:
        """Run the model on the next of `tokens`: the more of them, the faster that is."""
        done = len(self._memory)
        left = len(tokens) - done
        choice = self._writing_threads if left == 1 else self._reading_threads
        threads = choice.choose()
        cost_s = choice.cost_s(threads)
        if cost_s is None:
            chunk = _TRIAL_CHUNK  # it may turn out to be a very slow way
        else:
            chunk = max(_MIN_CHUNK, min(_MAX_CHUNK, int(_CHUNK_S / cost_s)))
        llama.llama_set_n_threads(self._context, threads, threads)
        began = time.perf_counter()
        computed = self._compute(tokens[done : done + chunk], last=len(tokens) - 1)
        if left == 1 or computed >= _MIN_CHUNK or cost_s is None:
            choice.record(threads, (time.perf_counter() - began) / computed)

    def _forget_after(self, count: int) -> None:
        if count == len(self._memory):
            return
        memory = llama.llama_get_memory(self._context)
        if llama.llama_memory_seq_rm(memory, 0, count, -1):
            del self._memory[count:]
        else:  # some architectures can only forget everything
            llama.llama_memory_clear(memory, False)
            self._memory.clear()

    def _compute(self, tokens: Sequence[int], last: int) -> int:
        """Run the model on `tokens`, which follow what it remembers; outputs only at `last`."""
        start = len(self._memory)
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = start + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = start + i == last
        status = llama.llama_decode(self._context, batch)
        if status != 0:
            llama.llama_memory_clear(llama.llama_get_memory(self._context), True)
            self._memory.clear()
            raise ModelError(
                f"llama.cpp could not compute (status {status}); try a smaller context"
            )
        self._memory.extend(tokens)
        self.computed_tokens += len(tokens)
        return len(tokens)

    def _new_context(self) -> Any:
        params = llama.llama_context_default_params()
        params.n_ctx = self.context
        params.n_batch = params.n_ubatch = _MAX_CHUNK
        params.n_outputs_max = 1
        params.n_seq_max = 1
        params.no_perf = True
        context = llama.llama_init_from_model(self._model, params)
        if context is None:
            raise ModelError(
                f"not enough memory for a context of {self.context} tokens; choose a smaller one"
            )
        return context

    def _text_of(self, token: int) -> bytes | None:
        """The bytes of `token`, or None if it marks something and is no text."""
        attributes = llama.llama_vocab_get_attr(self._vocab, token)
        text_kinds = (
            llama.LLAMA_TOKEN_ATTR_NORMAL
            | llama.LLAMA_TOKEN_ATTR_BYTE
            | llama.LLAMA_TOKEN_ATTR_USER_DEFINED
        )
        if not attributes & text_kinds or attributes & llama.LLAMA_TOKEN_ATTR_CONTROL:
            return None
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = llama.llama_token_to_piece(self._vocab, token, buffer, size, 0, True)
            if count >= 0:
                break
            size = -count
        text = buffer.raw[:count]
        if attributes & llama.LLAMA_TOKEN_ATTR_USER_DEFINED and _MARK.fullmatch(text):
            return None
        return text or None


def _common_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    shorter = min(len(left), len(right))
    if list(left[:shorter]) == list(right[:shorter]):
        return shorter
    return next(i for i in range(shorter) if left[i] != right[i])


def _load(path: Path, progress: Callable[[float], None]) -> Any:
    def on_progress(share: float, _: object) -> bool:
        progress(share)
        return True

    params = llama.llama_model_default_params()
    callback = llama.llama_progress_callback(on_progress)  # must outlive the call below
    params.progress_callback = callback
    model = llama.llama_model_load_from_file(str(path).encode(), params)
    if model is None:
        raise ModelError(
            f"llama.cpp could not load {path.name}; the file may be damaged or too new"
        )
    return model


_ERROR = 4  # GGML_LOG_LEVEL_ERROR


@llama.llama_log_callback  # type: ignore[untyped-decorator]
def _to_logging(level: int, text: bytes, _: object) -> None:
    """llama.cpp writes pages to stderr while it loads: into the log with them, at debug level."""
    log.log(
        logging.WARNING if level == _ERROR else logging.DEBUG,
        "llama.cpp: %s",
        text.decode(errors="replace").rstrip(),
    )
