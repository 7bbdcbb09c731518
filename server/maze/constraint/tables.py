"""The factored vocabulary of one language and model, ready for masks: built, cached, loaded.

Rows are stored per lexer state by token id: as a list of tokens where few may come (inside a UTF-8
character, say), else densely, where tokens that no row tells apart share a column.

Each row asks one *sequence vocabulary*; rows with much the same class strings share one,
because XGrammar's work grows with the vocabulary. For the same reason it holds only one of all strings
that no place tells apart (see `grammar.behaviour`). A row whose pending lexeme can end as only a
few classes is *split*: XGrammar reads the class and then answers for what may come after it, so all
words, whatever keyword they may yet become, share the vocabulary of what follows a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maze.grammar import Syntax
from maze.grammar.behaviour import Behaviours
from maze.grammar.lexer import ClassString
from maze.grammar.productions import encode
from maze.grammar.store import Entry, Store, code_fingerprint, key_of

from .columns import folded
from .factoring import ANYTHING, Factoring, Groups, Row, Sequences
from .questions import BitNumbers, is_always, is_late, questions
from .trie import Trie
from .variants import Variants
from .vocabulary import Vocabulary

Progress = Callable[[float, str], None]

# A row joins a vocabulary of which it needs at least this share; otherwise it gets its own …
_SHARED = 0.5
# … unless it needs so few strings that a matcher of its own costs more than the larger vocabulary.
_FEW_STRINGS = 100
# A row is split where its longer strings begin with at most this many different classes.
_MAX_FIRSTS = 4
# Rows where fewer than this share of the tokens may come are stored as lists.
_SPARSE = 0.05


@dataclass(frozen=True)
class StoredRow:
    """A row by token id, with its questions.

    Attributes:
        group_of: uint16, the group of each column (see `Tables.column_of`), or of each of `tokens`
            where that is not None.
        tokens: int32, the ids that have a group; None for a dense row.
        groups: how many groups there are; group 0 is never allowed.
        deferred: int32, ids of the tokens that leave the lexer's mode.
        asked: int32 [n], per question the group it decides, ascending.
        lead: int32 [n], per question its lead, an index into `Tables.leads`.
        bit: int32 [n], per question its bit within the section of its lead.
        always: int32, groups that are always allowed.
        late: groups whose questions depend on the layout, as (group, what it emits, tail).
    """

    group_of: np.ndarray
    tokens: np.ndarray | None
    groups: int
    deferred: np.ndarray
    asked: np.ndarray
    lead: np.ndarray
    bit: np.ndarray
    always: np.ndarray
    late: list[tuple[int, ClassString, int]]


_ROW_ARRAYS = {
    "sparse": np.uint16, "sparse_tokens": np.int32, "deferred": np.int32, "asked": np.int32,
    "lead": np.int32, "bit": np.int32, "always": np.int32, "late": np.int32,
}  # fmt: skip


class Tables:
    """Loaded tables.

    Attributes:
        sequences: what groups emit, as lexer items.
        tails: the tail sets, by tail number.
        tail_of_state: per lexer state, its tail number.
        leads: the leads of questions.
        vocabulary_of: lexer state → the number of the sequence vocabulary that its row asks.
        split: the lexer states whose rows are split.
        strings: per sequence vocabulary, its class strings; string i is token i + 1.
        representatives: class string → the one that is asked in its place; None: it never comes.
        string_numbers: per sequence vocabulary, class string → token.
        column_of: intp [V], per token its column in dense rows.
        switching: mode → int32, ids of the tokens that hold a character which leaves it; for modes that
            share another's DFA.
        possible: a cache for views: whether every two neighbours in a class string may be.
        decided: another: per vocabulary, and whether the row is split, what decides a class string.
    """

    def __init__(self, entry: Entry) -> None:
        meta, self._arrays = entry.meta, entry.arrays
        self.sequences: list[ClassString] = [tuple(s) for s in meta["sequences"]]
        self.tails: list[list[ClassString]] = [[tuple(s) for s in t] for t in meta["tails"]]
        self.tail_of_state: list[int] = meta["tail_of_state"]
        self.leads: list[ClassString] = [tuple(s) for s in meta["leads"]]
        self.vocabulary_of: dict[int, int] = {int(k): v for k, v in meta["vocabulary_of"].items()}
        self.split = frozenset(meta["split"])
        self.strings: list[list[ClassString]] = [[tuple(s) for s in v] for v in meta["strings"]]
        self.representatives: dict[ClassString, ClassString | None] = {
            tuple(string): tuple(asked) if asked else None
            for string, asked in meta["representatives"]
        }
        self.string_numbers = [{s: i + 1 for i, s in enumerate(v)} for v in self.strings]
        self.column_of: np.ndarray = self._arrays["column_of"].astype(np.intp)
        self.switching = {mode: self._arrays[f"switching_{mode}"] for mode in meta["switching"]}
        self.possible: dict[ClassString, bool] = {}
        self.decided: dict[tuple[int, bool], dict[ClassString, Any]] = {}
        self._place = {state: i for i, state in enumerate(self._arrays["states"].tolist())}

    def compile(self, syntax: Syntax) -> list[Any]:
        """XGrammar's compiled grammar of each sequence vocabulary."""
        return [syntax.compile([encode(s) for s in strings]) for strings in self.strings]

    def row(self, state: int) -> StoredRow:
        """The row of a lexer state (of a mode with its own DFA)."""
        arrays, place = self._arrays, self._place[state]
        part = {
            name: arrays[name][slice(*arrays["offsets"][place : place + 2, i])]
            for i, name in enumerate(_ROW_ARRAYS)
        }
        dense = int(arrays["dense_index"][place])
        late = part["late"].reshape(-1, 3).tolist()
        return StoredRow(
            group_of=arrays["dense"][dense] if dense >= 0 else part["sparse"],
            tokens=None if dense >= 0 else part["sparse_tokens"],
            groups=int(arrays["groups"][place]),
            deferred=part["deferred"],
            asked=part["asked"],
            lead=part["lead"],
            bit=part["bit"],
            always=part["always"],
            late=[(group, self.sequences[sequence], tail) for group, sequence, tail in late],
        )


def load(
    syntax: Syntax, vocabulary: Vocabulary, store: Store, progress: Progress | None = None
) -> Tables:
    """Load the tables of a language and vocabulary, building them where they are not cached."""
    code = code_fingerprint(Path(__file__).parent)
    key = key_of(["tables", code, syntax.fingerprint, vocabulary.fingerprint])
    entry = store.load(key)
    if entry is None:
        entry = _build(syntax, vocabulary, progress or (lambda share, text: None))
        store.save(key, entry.meta, entry.arrays)
    return Tables(entry)


def _build(syntax: Syntax, vocabulary: Vocabulary, progress: Progress) -> Entry:
    what = f"Preparing {syntax.language.name}"
    trie = Trie.of(vocabulary)
    factoring = Factoring(syntax, trie)
    variants = Variants(syntax, factoring.sequences)
    states = [state for state, twin in enumerate(syntax.lexer.tables.twins) if state == twin]
    writer = _Writer(len(vocabulary), trie, factoring.sequences)
    groups_of: dict[int, Groups] = {}
    needed: dict[Groups, set[ClassString]] = {}
    split: set[Groups] = set()
    for done, state in enumerate(states):
        if done % 20 == 0:
            progress(done / len(states), what)
        row = factoring.row(state)
        writer.add(row)
        groups = groups_of[state] = row.groups
        if groups in needed:
            continue
        wanted = {
            string
            for sequence, tail in groups
            for string in variants.strings(sequence, tail)
            if len(string) > 1
        }
        if len({string[0] for string in wanted}) <= _MAX_FIRSTS:
            split.add(groups)
            wanted = {string[1:] for string in wanted if len(string) > 2}
        needed[groups] = wanted
    representatives = Behaviours(syntax.productions).representatives(set().union(*needed.values()))
    for groups, wanted in needed.items():
        asked = {representatives[string] for string in wanted}
        needed[groups] = {string for string in asked if string is not None and len(string) > 1}
    shared_by, strings = _share_vocabularies(needed)
    ordered = [sorted(s) for s in strings]
    class_words = (len(syntax.lexer.classes) + 31) // 32
    bits = [
        BitNumbers(class_words, {s: i + 1 for i, s in enumerate(v)}, representatives)
        for v in ordered
    ]
    for groups in groups_of.values():
        writer.ask(groups, bits[shared_by[groups]], split=groups in split)
    progress(1.0, what)
    switching = _switching(syntax, vocabulary)
    meta = {
        "switching": list(switching),
        "sequences": factoring.sequences.items,
        "tails": [sorted(t) for t in factoring.sequences.tails],
        "tail_of_state": factoring.tail_of_state,
        "leads": list(writer.leads),
        "vocabulary_of": {state: shared_by[groups] for state, groups in groups_of.items()},
        "split": [state for state, groups in groups_of.items() if groups in split],
        "strings": ordered,
        "representatives": sorted(
            (string, asked or ()) for string, asked in representatives.items() if asked != string
        ),
    }
    arrays = writer.arrays(states)
    return Entry(meta, {**arrays, **{f"switching_{m}": ids for m, ids in switching.items()}})


def _switching(syntax: Syntax, vocabulary: Vocabulary) -> dict[int, np.ndarray]:
    """`Tables.switching`."""
    lexer = syntax.lexer.tables
    tokens = [token or b"" for token in vocabulary.tokens]
    text, ends = np.frombuffer(b"".join(tokens), dtype=np.uint8), np.cumsum([*map(len, tokens)])

    def holding(characters: Sequence[str]) -> np.ndarray:
        places = np.flatnonzero(np.isin(text, [ord(c) for c in characters]))
        return np.unique(np.searchsorted(ends, places, side="right")).astype(np.int32)

    twins = enumerate(lexer.twins)
    modes = sorted({lexer.modes[state] for state, twin in twins if state != twin})
    return {mode: holding(lexer.leaving_characters[mode]) for mode in modes}


def _share_vocabularies(
    needed: dict[Groups, set[ClassString]],
) -> tuple[dict[Groups, int], list[set[ClassString]]]:
    """Assign the rows with the same groups to a sequence vocabulary, greedily from the largest."""
    strings: list[set[ClassString]] = []
    shared_by: dict[Groups, int] = {}
    for groups, wanted in sorted(needed.items(), key=lambda item: -len(item[1])):
        unions = [(len(shared | wanted), number) for number, shared in enumerate(strings)]
        close = [(size, number) for size, number in unions if len(wanted) >= _SHARED * size]
        if not close and len(wanted) <= _FEW_STRINGS:
            close = unions
        if close:
            _, number = min(close)
            strings[number] |= wanted
        else:
            number = len(strings)
            strings.append(set(wanted))
        shared_by[groups] = number
    return shared_by, strings


class _Writer:
    """Collects rows into the arrays of an entry."""

    def __init__(self, size: int, trie: Trie, sequences: Sequences) -> None:
        self._size = size
        self._ids = trie.token_ids
        self._sequences = sequences
        self.leads: dict[ClassString, int] = {}
        self._dense: list[np.ndarray] = []
        self._dense_index: list[int] = []
        self._groups: list[int] = []
        self._questions: dict[Groups, dict[str, np.ndarray]] = {}
        self._parts: dict[str, list[np.ndarray]] = {name: [] for name in _ROW_ARRAYS}

    def add(self, row: Row) -> None:
        """Add the tokens of the next row."""
        self._groups.append(len(row.groups) + 1)
        self._add_tokens(row)
        self._part("deferred", np.sort(self._ids[row.deferred]))

    def ask(self, groups: Groups, bits: BitNumbers, *, split: bool) -> None:
        """Add the questions of the next row, in the order of `add`."""
        known = self._questions.get(groups)
        if known is None:
            known = self._questions[groups] = self._questions_of(groups, bits, split=split)
        for name, values in known.items():
            self._parts[name].append(values)

    def _part(self, name: str, values: np.ndarray | Sequence[int]) -> None:
        self._parts[name].append(np.asarray(values, dtype=_ROW_ARRAYS[name]))

    def _add_tokens(self, row: Row) -> None:
        tokens = self._ids[row.tokens]
        if len(tokens) < _SPARSE * len(self._ids):
            order = np.argsort(tokens)
            self._part("sparse_tokens", tokens[order])
            self._part("sparse", row.group_of[order])
            self._dense_index.append(-1)
            return
        self._part("sparse_tokens", [])
        self._part("sparse", [])
        by_id = np.zeros(self._size, dtype=np.uint16)
        by_id[tokens] = row.group_of
        self._dense_index.append(len(self._dense))
        self._dense.append(by_id)

    def _questions_of(
        self, groups: Groups, bits: BitNumbers, *, split: bool
    ) -> dict[str, np.ndarray]:
        asked, leads, numbers, always, late = [], [], [], [], []
        for group, (sequence, tail) in enumerate(groups, start=1):
            items = self._sequences.items[sequence]
            if is_always(items, tail):
                always.append(group)
            elif is_late(items, tail):
                late += [group, sequence, tail]
            else:
                tails = () if tail == ANYTHING else self._sequences.tails[tail]
                for question in questions(items, tails, split=split):
                    number = bits.number(question.string)
                    if number is None:
                        continue  # no sentence holds this string
                    asked.append(group)
                    leads.append(self.leads.setdefault(question.lead, len(self.leads)))
                    numbers.append(number)
        found = {"asked": asked, "lead": leads, "bit": numbers, "always": always, "late": late}
        return {name: np.array(found[name], dtype=_ROW_ARRAYS[name]) for name in found}

    def arrays(self, states: Sequence[int]) -> dict[str, np.ndarray]:
        """Everything added, as arrays."""
        counts = np.array(
            [[len(part) for part in parts] for parts in self._parts.values()], dtype=np.int64
        ).T
        start = np.zeros((1, counts.shape[1]), dtype=np.int64)
        dense, column_of = folded(self._dense)
        return {
            **{name: np.concatenate(parts) for name, parts in self._parts.items()},
            "offsets": np.concatenate([start, np.cumsum(counts, axis=0)]),
            "dense": dense,
            "column_of": column_of,
            "dense_index": np.array(self._dense_index, dtype=np.int32),
            "groups": np.array(self._groups, dtype=np.int32),
            "states": np.array(states, dtype=np.int32),
        }
