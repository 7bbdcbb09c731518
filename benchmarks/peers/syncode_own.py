"""SynCode with the grammars it ships, in an environment of its own, because it needs torch.

To have it measured (a CPU build of torch is enough):

    python -m venv .cache/venvs/syncode
    .cache/venvs/syncode/bin/pip install torch==2.13.0 syncode==0.4.16
"""

from __future__ import annotations

import json
from typing import Any

import torch
from syncode import Grammar
from syncode.grammar_mask.logits_processor import SyncodeLogitsProcessor
from transformers import PreTrainedTokenizerFast

from benchmarks.peers.protocol import Peer, Refused, serve


class SynCodePeer(Peer):
    """A logits processor that parses all the text before each token, prefix included."""

    def __init__(self, job: dict[str, Any]) -> None:
        with open(job["tokenizer"], encoding="utf-8") as file:
            special = [added["content"] for added in json.load(file).get("added_tokens", ())]
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=job["tokenizer"], eos_token=special[0])
        self._processor = SyncodeLogitsProcessor(
            Grammar(job["language"]),
            tokenizer,
            use_cache=False,
            parse_output_only=False,
            dev_mode=True,
        )
        self._size = len(tokenizer)

    def begin(self, prefix: list[int]) -> None:
        self._processor.reset()
        self._tokens = list(prefix)

    def fill(self) -> None:
        scores = torch.zeros(1, self._size)
        try:
            self._scores = self._processor(torch.tensor([self._tokens], dtype=torch.long), scores)
        except Exception as error:
            raise Refused(str(error)) from None

    def allows(self, token: int) -> bool:
        return bool(self._scores[0, token] == 0)

    def accept(self, token: int) -> None:
        self._tokens.append(token)


if __name__ == "__main__":
    serve(SynCodePeer)
