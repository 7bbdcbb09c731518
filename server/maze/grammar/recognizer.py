"""What the lexemes of each lexer mode look like: one DFA per mode, and which terminal wins.

Terminals are numbered in the order of their names; a *winner set* is what one lexeme may be.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import automaton
from .automaton import DEAD, Condition
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
        outcomes: per mode and DFA state, the winner sets that the lexeme may still end as.
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
        self.representatives = self._representatives()
        known = {dfa: self._outcomes_by_state(dfa) for dfa in dict.fromkeys(self.dfas)}
        self.outcomes = [known[dfa] for dfa in self.dfas]
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

    def winners(self, mode: int, state: int, byte: int | None) -> Winners:
        """The terminals a lexeme is, if it ends in a DFA state before `byte` (None: the end)."""
        return self._winners(self.dfas[mode].accepts[state], byte)

    def is_final(self, mode: int, state: int) -> bool:
        """Whether a lexeme may end in a DFA state whatever follows it."""
        accepts = self.dfas[mode].accepts[state]
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
        columns.append(np.array([byte if byte in special else -1 for byte in range(256)]))
        _, first, inverse = np.unique(
            np.stack(columns), axis=1, return_index=True, return_inverse=True
        )
        return [int(first[i]) for i in inverse.reshape(-1)]

    def _outcomes_by_state(self, dfa: automaton.Dfa) -> list[frozenset[frozenset[int]]]:
        """Per DFA state, the winning lexeme sets that it may still end as."""
        count = len(dfa.accepts)
        found: list[set[frozenset[int]]] = [set() for _ in range(count)]
        predecessors: list[set[int]] = [set() for _ in range(count)]
        for state, row in enumerate(dfa.transitions.tolist()):
            for target in set(row):
                if target != DEAD:
                    predecessors[target].add(state)
        for state, accepts in enumerate(dfa.accepts):
            outcomes = self._outcomes(accepts)
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

    def _outcomes(self, accepts: tuple[Condition, ...]) -> set[frozenset[int]]:
        """The lexeme sets that a state's conditions can let win, over all next bytes."""
        if not accepts:
            return set()
        results = {self._winners(accepts, None)}
        if any(condition.blocked for condition in accepts):
            results |= {self._winners(accepts, byte) for byte in range(256)}
        return {r for r in results if r}

    def _winners(self, accepts: Sequence[Condition], byte: int | None) -> frozenset[int]:
        """Of the terminals complete before `byte` (None: the end), those that win.

        The highest priority wins, then literals over regular expressions; what ties then is kept.
        """
        alive = [
            c.terminal for c in accepts if (c.at_end if byte is None else not c.blocked >> byte & 1)
        ]
        if len(alive) <= 1:
            return frozenset(alive)
        rank = {t: self._rank(t) for t in alive}
        best = max(rank.values())
        return frozenset(t for t in alive if rank[t] == best)

    def _rank(self, terminal: int) -> tuple[int, bool]:
        definition = self._definition.terminals[self._names[terminal]]
        return definition.priority, definition.literal
