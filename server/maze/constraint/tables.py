"""The factored vocabulary of one language and model, ready for masks: built, cached, loaded.

Rows are stored per lexer state by token id: densely where most tokens may come, as a list of tokens where
few may (inside a UTF-8 character, say).

Each row is decided by one *sequence vocabulary*; rows with much the same class strings share one,
because XGrammar's work grows with the vocabulary. A row whose pending lexeme can end as only a few classes is
*split*: XGrammar reads the class and then fills the bitmask over what may come after it, so all
words, whatever keyword they may yet become, share the vocabulary of what follows a word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from maze.grammar import Syntax
from maze.grammar.productions import encode
from maze.grammar.store import Entry, Store, code_fingerprint, key_of

from .factoring import Factoring, Row
from .trie import Trie
from .variants import ClassString, Variants
from .vocabulary import Vocabulary

Progress = Callable[[float, str], None]

# A row joins a vocabulary of which it needs at least this share; otherwise it gets its own.
_SHARED = 0.5
# A row is split where its longer strings begin with at most this many different classes.
_MAX_FIRSTS = 4
_SPARSE = 0.05


@dataclass(frozen=True)
class StoredRow:
    """A row by token id.

    Attributes:
        group_of: uint16, each token's group: of all tokens, or of `tokens` where that is not None.
        tokens: int32, the ids that have a group; None for a dense row.
        sequence, tail: int32 [groups], as in `Row`; group 0 (never) has -1.
        deferred: int32, ids of the tokens that leave the lexer's mode.
    """

    group_of: np.ndarray
    tokens: np.ndarray | None
    sequence: np.ndarray
    tail: np.ndarray
    deferred: np.ndarray


class Tables:
    """Loaded tables.

    Attributes:
        sequences: what groups emit, as lexer items.
        tails: the tail sets, by tail number.
        tail_of_state: per lexer state, its tail number.
        vocabulary_of: lexer state → the number of the sequence vocabulary that decides its row.
        split: the lexer states whose rows are split.
        strings: per sequence vocabulary, its class strings; string i is token i + 1.
    """

    def __init__(self, entry: Entry) -> None:
        meta, self._arrays = entry.meta, entry.arrays
        self.sequences: list[tuple[int, ...]] = [tuple(s) for s in meta["sequences"]]
        self.tails: list[frozenset[int]] = [frozenset(t) for t in meta["tails"]]
        self.tail_of_state: list[int] = meta["tail_of_state"]
        self.vocabulary_of: dict[int, int] = {int(k): v for k, v in meta["vocabulary_of"].items()}
        self.split = frozenset(meta["split"])
        self.strings: list[list[ClassString]] = [[tuple(s) for s in v] for v in meta["strings"]]
        self._place = {state: i for i, state in enumerate(self._arrays["states"].tolist())}

    @cached_property
    def string_numbers(self) -> list[dict[ClassString, int]]:
        """Per sequence vocabulary, class string → its token there."""
        return [{s: i + 1 for i, s in enumerate(strings)} for strings in self.strings]

    def compile(self, syntax: Syntax) -> list[Any]:
        """XGrammar's compiled grammar of each sequence vocabulary."""
        return [syntax.compile([encode(s) for s in strings]) for strings in self.strings]

    def row(self, state: int) -> StoredRow:
        """The row of a lexer state (of a mode with its own DFA)."""
        arrays, place = self._arrays, self._place[state]
        first, last = arrays["group_offsets"][place : place + 2]
        moved, moved_end = arrays["deferred_offsets"][place : place + 2]
        dense = int(arrays["dense_index"][place])
        tokens = None
        if dense >= 0:
            group_of = arrays["dense"][dense]
        else:
            start, end = arrays["sparse_offsets"][place : place + 2]
            tokens, group_of = arrays["sparse_tokens"][start:end], arrays["sparse"][start:end]
        return StoredRow(
            group_of,
            tokens,
            arrays["sequence"][first:last],
            arrays["tail"][first:last],
            arrays["deferred"][moved:moved_end],
        )


def load(
    syntax: Syntax, vocabulary: Vocabulary, store: Store, progress: Progress | None = None
) -> Tables:
    """Load the tables of a language and vocabulary, building them where they are not cached."""
    key = key_of(
        ["tables", syntax.fingerprint, vocabulary.fingerprint, code_fingerprint(Path(__file__).parent)]
    )
    entry = store.load(key)
    if entry is not None:
        return Tables(entry)
    entry = _build(syntax, vocabulary, progress or (lambda share, text: None))
    store.save(key, entry.meta, entry.arrays)
    return Tables(entry)


def _build(syntax: Syntax, vocabulary: Vocabulary, progress: Progress) -> Entry:
    what = f"Preparing {syntax.language.name}"
    progress(0.0, what)
    trie = Trie(vocabulary)
    factoring = Factoring(syntax, trie)
    lexer = syntax.lexer
    states = [state for state, twin in enumerate(lexer.twins) if state == twin]
    writer = _Writer(len(vocabulary), trie)
    variants = Variants(syntax, factoring.sequences)
    needed: dict[int, set[ClassString]] = {}
    split: list[int] = []
    for done, state in enumerate(states):
        row = factoring.row(state)
        writer.add(row)
        wanted = {
            string
            for sequence, tail in zip(row.sequence[1:].tolist(), row.tail[1:].tolist(), strict=True)
            for string in variants.strings(sequence, tail)
        }
        if len({string[0] for string in wanted if len(string) > 1}) <= _MAX_FIRSTS:
            split.append(state)
            wanted = {string[1:] for string in wanted if len(string) > 1}
        needed[state] = wanted
        if done % 20 == 0:
            progress(done / len(states), what)
    vocabulary_of, strings = _share_vocabularies(needed)
    progress(1.0, what)
    meta = {
        "sequences": factoring.sequences.items,
        "tails": [sorted(t) for t in factoring.sequences.tails],
        "tail_of_state": factoring.tail_of_state,
        "vocabulary_of": vocabulary_of,
        "split": split,
        "strings": [sorted(s) for s in strings],
    }
    return Entry(meta, writer.arrays(np.array(states, dtype=np.int32)))


def _share_vocabularies(
    needed: dict[int, set[ClassString]],
) -> tuple[dict[int, int], list[set[ClassString]]]:
    """Assign each row to a sequence vocabulary, greedily from the largest."""
    strings: list[set[ClassString]] = []
    vocabulary_of: dict[int, int] = {}
    for state, wanted in sorted(needed.items(), key=lambda item: -len(item[1])):
        best = None
        for number, shared in enumerate(strings):
            size = len(shared | wanted)
            if len(wanted) >= _SHARED * size and (best is None or size < best[0]):
                best = (size, number)
        if best is None and len(wanted) <= 100 and strings:
            # Too little to be worth a matcher of its own: the smallest union will do.
            best = min((len(shared | wanted), number) for number, shared in enumerate(strings))
        if best is None:
            vocabulary_of[state] = len(strings)
            strings.append(set(wanted))
        else:
            vocabulary_of[state] = best[1]
            strings[best[1]] |= wanted
    return vocabulary_of, strings


class _Writer:
    """Collects rows into the arrays of an entry."""

    def __init__(self, size: int, trie: Trie) -> None:
        self._size = size
        self._ids = trie.token_ids
        self._dense: list[np.ndarray] = []
        self._dense_index: list[int] = []
        self._parts: dict[str, list[np.ndarray]] = {
            name: [np.zeros(0, dtype=dtype)]
            for name, dtype in (
                ("sparse", np.uint16), ("sparse_tokens", np.int32), ("deferred", np.int32),
                ("sequence", np.int32), ("tail", np.int32),
            )
        }  # fmt: skip
        self._counts: list[tuple[int, int, int]] = []

    def add(self, row: Row) -> None:
        chosen = np.flatnonzero(row.group_of)
        sparse = len(chosen) < _SPARSE * len(row.group_of)
        if sparse:
            ids = self._ids[chosen]
            order = np.argsort(ids)
            self._parts["sparse_tokens"].append(ids[order])
            self._parts["sparse"].append(row.group_of[chosen][order])
            self._dense_index.append(-1)
        else:
            by_id = np.zeros(self._size, dtype=np.uint16)
            by_id[self._ids] = row.group_of
            self._dense_index.append(len(self._dense))
            self._dense.append(by_id)
        self._parts["deferred"].append(np.sort(self._ids[row.deferred]))
        self._parts["sequence"].append(row.sequence)
        self._parts["tail"].append(row.tail)
        self._counts.append((len(row.sequence), len(chosen) * sparse, len(row.deferred)))

    def arrays(self, states: np.ndarray) -> dict[str, np.ndarray]:
        counts = np.array(self._counts, dtype=np.int64).reshape(-1, 3)
        offsets = np.concatenate([np.zeros((1, 3), dtype=np.int64), np.cumsum(counts, axis=0)])
        return {
            **{name: np.concatenate(parts) for name, parts in self._parts.items()},
            "dense": np.stack(self._dense),
            "dense_index": np.array(self._dense_index, dtype=np.int32),
            "group_offsets": offsets[:, 0],
            "sparse_offsets": offsets[:, 1],
            "deferred_offsets": offsets[:, 2],
            "states": states,
        }
