"""What the lexemes of each lexer mode look like: one DFA per mode, and which terminal wins.

Terminals are numbered in the order of their names; a *winner set* is what one lexeme may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from . import automaton
from .automaton import ANYTHING, DEAD, Condition
from .dialect import Definition, GrammarError
from .layout import INDENTATION_MARKS, Layout
from .modes import Mode, parser_terminal

Winners = frozenset[int]

# Text inside quotes and comments goes on with almost any byte; numbers, dots and operators with
# few.
_NARROW = 64


class Recognizer:
    """The DFAs of a lexer.

    Args:
        definition: the terminals.
        layout: names the terminals that are line breaks.
        modes: the modes, by number.

    Attributes:
        dfas: per mode, its DFA; modes with the same terminals share one.
        rows: per mode, the DFA's transitions as lists.
        before: for each of what may stand before a lexeme, the lowest that no terminal tells apart from it.
        narrow: per mode and DFA state, whether few bytes go on from it.
        representatives: per byte, the lowest byte that nothing in this lexer tells apart from it.
    """

    def __init__(self, definition: Definition, layout: Layout, modes: Sequence[Mode]) -> None:
        self._definition = definition
        self._breaks = layout.breaks
        self._modes = modes
        self._names = sorted(self._lexical())
        self.dfas = self._build_dfas()
        self.rows = [dfa.transitions.tolist() for dfa in self.dfas]
        distinct = dict.fromkeys(self.dfas)
        self.before = _told_apart(c for dfa in distinct for accepts in dfa.accepts for c in accepts)
        self.representatives = self._representatives()
        known = {
            dfa: {before: self._outcomes_by_state(dfa, before) for before in set(self.before)}
            for dfa in distinct
        }
        self._outcomes = [known[dfa] for dfa in self.dfas]
        self.narrow = [((d.transitions != DEAD).sum(axis=1) <= _NARROW).tolist() for d in self.dfas]

    def _lexical(self) -> set[str]:
        """Names of the terminals that are lexed at all, and not only parts of others."""
        definition = self._definition
        used = definition.used_terminals()
        return {
            name
            for name, terminal in definition.terminals.items()
            if terminal.source is not None
            and (
                name in used
                or name in definition.ignored
                or name in self._breaks
                or (name != parser_terminal(name) and parser_terminal(name) in used)
            )
        }

    def _build_dfas(self) -> list[automaton.Dfa]:
        special = {name for mode in self._modes for name in mode.terminals}
        numbers = {name: number for number, name in enumerate(self._names)}
        main = numbers.keys() - special
        built: dict[frozenset[str], automaton.Dfa] = {}
        dfas = []
        for mode in self._modes:
            names = frozenset(mode.terminals or main)
            if names not in built:
                if unknown := names - numbers.keys():
                    raise GrammarError(f"mode terminals without a pattern: {sorted(unknown)}")
                built[names] = automaton.build(
                    {numbers[n]: self._definition.terminals[n].pattern for n in sorted(names)}
                )
            dfas.append(built[names])
        return dfas

    def names(self, winners: Winners) -> frozenset[str]:
        """The names of lexical terminals."""
        return frozenset(self._names[terminal] for terminal in winners)

    def is_ignored(self, winners: Winners) -> bool:
        """Whether a lexeme is a blank, a comment or a line break."""
        return bool(self.names(winners) & (self._definition.ignored | self._breaks))

    def outcomes(self, mode: int, state: int, before: int) -> frozenset[Winners]:
        """The winner sets that a lexeme may still end as, given what stands before it."""
        return self._outcomes[mode][before][state]

    def looks_behind(self, mode: int, state: int) -> bool:
        """Whether it matters in a DFA state what stands before the lexeme."""
        return len({outcomes[state] for outcomes in self._outcomes[mode].values()}) > 1

    def winners(self, mode: int, state: int, byte: int | None, before: int) -> Winners:
        """The terminals a lexeme is, if it ends in a DFA state before `byte` (None: the end)."""
        return self._winners(self.dfas[mode].accepts[state], byte, before)

    def is_final(self, mode: int, state: int, before: int) -> bool:
        """Whether a lexeme may end in a DFA state whatever follows it."""
        accepts = [c for c in self.dfas[mode].accepts[state] if before in c.after]
        return bool(accepts) and not any(c.blocked or not c.at_end for c in accepts)

    def goes_on(self, mode: int, state: int) -> bool:
        """Whether a lexeme may be longer than it is in a DFA state."""
        return any(target != DEAD for target in self.rows[mode][state])

    def restarts(self, mode: int, state: int) -> bool:
        """Whether a lexeme that goes on from `state` could as well begin anew (a run of blanks)."""
        rows = self.rows[mode]
        return all(t in (DEAD, rows[0][byte]) for byte, t in enumerate(rows[state]))

    def _representatives(self) -> list[int]:
        columns = [np.arange(256) // 128]  # ASCII backs up, the rest does not
        for dfa in dict.fromkeys(self.dfas):
            columns.extend(np.unique(dfa.transitions, axis=0))
            for condition in {c for accepts in dfa.accepts for c in accepts if c.blocked}:
                columns.append(np.array([condition.blocked >> byte & 1 for byte in range(256)]))
        special = {*INDENTATION_MARKS, *(ord(c) for mode in self._modes for c in mode.eager)}
        if len(set(self.before)) > 1:
            special.add(ord("\n"))
        columns.append(np.array([byte if byte in special else -1 for byte in range(256)]))
        _, first, inverse = np.unique(
            np.stack(columns), axis=1, return_index=True, return_inverse=True
        )
        return [int(first[i]) for i in inverse.reshape(-1)]

    def _outcomes_by_state(self, dfa: automaton.Dfa, before: int) -> list[frozenset[Winners]]:
        """Per DFA state, the winner sets that a lexeme may still end as."""
        count = len(dfa.accepts)
        found: list[set[frozenset[int]]] = [set() for _ in range(count)]
        predecessors: list[set[int]] = [set() for _ in range(count)]
        for state, row in enumerate(dfa.transitions.tolist()):
            for target in set(row):
                if target != DEAD:
                    predecessors[target].add(state)
        for state, accepts in enumerate(dfa.accepts):
            outcomes = self._complete(accepts, before)
            stack = [state]
            seen = {state}
            while stack and outcomes:
                current = stack.pop()
                found[current] |= outcomes
                for previous in predecessors[current]:
                    if previous not in seen:
                        seen.add(previous)
                        stack.append(previous)
        return [frozenset(f) for f in found]

    def _complete(self, accepts: tuple[Condition, ...], before: int) -> set[Winners]:
        """The winner sets that a state's conditions can let win, over all next bytes."""
        if not accepts:
            return set()
        results = {self._winners(accepts, None, before)}
        if any(condition.blocked for condition in accepts):
            results |= {self._winners(accepts, byte, before) for byte in range(256)}
        return {r for r in results if r}

    def _winners(self, accepts: Sequence[Condition], byte: int | None, before: int) -> Winners:
        """Of the terminals complete before `byte` (None: the end), those that win.

        The highest priority wins, then literals over regular expressions; what ties then is kept.
        """
        alive = [
            c.terminal
            for c in accepts
            if before in c.after and (c.at_end if byte is None else not c.blocked >> byte & 1)
        ]
        if len(alive) <= 1:
            return frozenset(alive)
        rank = {t: self._rank(t) for t in alive}
        best = max(rank.values())
        return frozenset(t for t in alive if rank[t] == best)

    def _rank(self, terminal: int) -> tuple[int, bool]:
        definition = self._definition.terminals[self._names[terminal]]
        return definition.priority, definition.literal


def _told_apart(conditions: Iterable[Condition]) -> tuple[int, ...]:
    """For each of what may stand before a lexeme, the lowest that no condition tells apart from it."""
    sets = {condition.after for condition in conditions}
    seen: dict[tuple[bool, ...], int] = {}
    return tuple(
        seen.setdefault(tuple(before in after for after in sets), before)
        for before in sorted(ANYTHING)
    )
