"""XGrammar as it comes: the grammar on characters through `Grammar.from_lark`."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from benchmarks.peers.protocol import Peer, Refused, Stopped, serve
from maze.grammar.xgr import xgrammar


class XGrammarPeer(Peer):
    """One compiled grammar and a matcher per place."""

    def __init__(self, job: dict[str, Any]) -> None:
        tokens, size = _byte_level_tokens(job["tokenizer"])
        info = xgrammar.TokenizerInfo(
            tokens, xgrammar.VocabType.BYTE_LEVEL, vocab_size=size, stop_token_ids=[size - 1]
        )
        try:
            grammar = xgrammar.Grammar.from_lark(job["lark"])
            self._compiled = xgrammar.GrammarCompiler(info, max_threads=2).compile_grammar(grammar)
        except RuntimeError as error:
            raise Stopped(f"the grammar does not compile: {str(error).splitlines()[-1]}") from None
        self._mask = np.zeros((1, (size + 31) // 32), dtype=np.int32)

    def begin(self, prefix: list[int]) -> None:
        self._matcher = xgrammar.GrammarMatcher(self._compiled)
        for token in prefix:
            self._take(token)

    def fill(self) -> None:
        self._matcher.fill_next_token_bitmask(self._mask)

    def allows(self, token: int) -> bool:
        return bool(self._mask[0, token // 32] >> (token % 32) & 1)

    def accept(self, token: int) -> None:
        self._take(token)

    def _take(self, token: int) -> None:
        if not self._matcher.accept_token(token):
            raise Refused


def _byte_level_tokens(path: str) -> tuple[list[str], int]:
    """The vocabulary of a tokenizer.json in id order, in its own byte-level spelling."""
    with open(path, encoding="utf-8") as file:
        read = json.load(file)
    ids = dict(read["model"]["vocab"])
    ids.update({added["content"]: added["id"] for added in read.get("added_tokens", ())})
    size = max(ids.values()) + 1
    tokens = [""] * size
    for token, number in ids.items():
        tokens[number] = token
    return tokens, size


if __name__ == "__main__":
    serve(XGrammarPeer)
