"""Merges the states of a lexer that nothing tells apart.

Every state costs a row of the factored vocabulary. A lexer as built has one for each way a lexeme
may have begun, also where that makes no difference any more.

Moore's algorithm: partition the states by what is known of them, then by where their bytes lead, until no
part is split any more.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from .automaton import DEAD
from .lexer import EFFECT_SHIFT, STATE_MASK, LexerTables


def minimised(tables: LexerTables) -> LexerTables:
    """The same lexer with the fewest states."""
    steps = np.stack([np.array(tables.table), np.array(tables.generating)], axis=2)
    steps = steps.reshape(len(tables.table), -1)
    steps = np.unique(steps, axis=1)  # bytes that all states treat alike
    popping = np.array([effect.pop for effect in tables.effects])
    effect, target = steps >> EFFECT_SHIFT, steps & STATE_MASK
    # Classes that rules do not tell apart were merged, so that effects with different numbers may be the same.
    does = np.where(steps == DEAD, DEAD, _numbered(tables.effects)[np.maximum(effect, 0)])
    leads_on = (steps != DEAD) & ~popping[np.where(steps == DEAD, 0, effect)]
    twins = np.array(tables.twins)
    known = list(
        zip(
            *(tables.modes, tables.tails, tables.ends, tables.line_start, tables.between),
            strict=True,
        )
    )
    part = _numbered(known)
    count = 0
    while (now := int(part.max()) + 1) != count:
        count = now
        seen = np.where(leads_on, part[np.where(leads_on, target, 0)], -1)
        rows = np.column_stack([part, part[twins], does, seen])
        part = np.unique(_hashes(rows), return_inverse=True)[1].reshape(-1)
    return _merged(tables, part)


def _numbered(values: Sequence[Hashable]) -> np.ndarray:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values])


def _hashes(rows: np.ndarray) -> np.ndarray:
    """One value a row, equal where rows are: the row's bytes."""
    rows = np.ascontiguousarray(rows.astype(np.int32))
    return rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize))).reshape(-1)


def _merged(tables: LexerTables, part: np.ndarray) -> LexerTables:
    """The tables with one state a part, in the order of their first states."""
    _, first, inverse = np.unique(part, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    new = place[inverse.reshape(-1)]
    kept = first[order].tolist()

    def renumbered(table: Sequence[Sequence[int]]) -> list[list[int]]:
        cells = np.array([table[state] for state in kept])
        target = np.where(cells == DEAD, 0, cells & STATE_MASK)
        moved = np.where(cells == DEAD, DEAD, (cells & ~STATE_MASK) | new[target])
        result: list[list[int]] = moved.tolist()
        return result

    return replace(
        tables,
        table=renumbered(tables.table),
        generating=renumbered(tables.generating),
        first_states=[int(new[state]) for state in tables.first_states],
        start_states=[[int(new[state]) for state in states] for states in tables.start_states],
        tails=[tables.tails[state] for state in kept],
        ends=[tables.ends[state] for state in kept],
        between=[tables.between[state] for state in kept],
        modes=[tables.modes[state] for state in kept],
        line_start=[tables.line_start[state] for state in kept],
        twins=[int(new[tables.twins[state]]) for state in kept],
    )
