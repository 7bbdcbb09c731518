"""llguidance on the same Lark text as XGrammar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llguidance import LLMatcher, LLTokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

from benchmarks.peers.protocol import Peer, Refused, Stopped, serve


class LLGuidancePeer(Peer):
    """One tokenizer and a matcher per place."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._tokenizer = LLTokenizer(Path(job["tokenizer"]).read_text(encoding="utf-8"))
        self._grammar = LLMatcher.grammar_from_lark(job["lark"])
        self._mask = allocate_token_bitmask(1, self._tokenizer.vocab_size)
        matcher = LLMatcher(self._tokenizer, self._grammar)
        if matcher.is_error():
            raise Stopped(f"the grammar does not compile: {_one_line(matcher.get_error())}")

    def begin(self, prefix: list[int]) -> None:
        self._matcher = LLMatcher(self._tokenizer, self._grammar)
        for token in prefix:
            self.accept(token)

    def fill(self) -> None:
        fill_next_token_bitmask(self._matcher, self._mask)
        self._check()

    def allows(self, token: int) -> bool:
        return bool(self._mask[0, token // 32] >> (token % 32) & 1)

    def accept(self, token: int) -> None:
        taken = self._matcher.try_consume_tokens([token])
        self._check()
        if not taken:
            raise Refused

    def _check(self) -> None:
        if self._matcher.is_error():
            raise Stopped(_one_line(self._matcher.get_error()))


def _one_line(error: str) -> str:
    return " ".join(error.split())[:200]


if __name__ == "__main__":
    serve(LLGuidancePeer)
