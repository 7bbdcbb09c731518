"""The lexer: a finite-state transducer over bytes that can pause anywhere.

Reading a byte moves to the next state and may emit *items*: lexeme classes (positive) and layout
marks (negative). A *lexeme class* is the set of terminals that one lexeme may be (`match` is a NAME
and a soft keyword): the parser, which sees classes as its input symbols, decides.

States are small integers. What is not finite, the stack of modes, is a tuple beside the state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

EFFECT_SHIFT = 16
STATE_MASK = (1 << EFFECT_SHIFT) - 1


ClassString = tuple[int, ...]
Tail = frozenset[ClassString]


@dataclass(frozen=True)
class Effect:
    """What reading a byte does besides moving on.

    Attributes:
        items: emitted lexeme classes and layout marks.
        pushes: modes left behind, to come back to.
        pop: come back to the mode on top of the stack; the next state is its start state.
        control: the layout's control state after a pop.
    """

    items: tuple[int, ...]
    pushes: tuple[int, ...] = ()
    pop: bool = False
    control: int = 0


class Position(NamedTuple):
    """Where a lexer stands between two bytes: its state and the stack of modes.

    (A tuple is made and looked up several times faster than a dataclass, and every token needs some.)
    """

    state: int
    stack: tuple[int, ...] = ()


@dataclass(frozen=True)
class LexerTables:
    """A lexer as data.

    Attributes:
        classes: class number → the terminals it may be (number 0 is not used).
        table: per state 256 cells: negative where no lexeme goes on with the byte,
            otherwise the next state, plus the index of an `Effect` shifted left by `EFFECT_SHIFT`
            (0: none).
        generating: the table for suggestions, which may not begin lexemes that no grammar can vouch
            for.
        effects: the effects, index 0 unused.
        first_states: [layout control] → the state where a text begins.
        start_states: [mode][layout control] → the state right after a lexeme.
        tails: per state, what the unfinished lexeme may become, as strings of classes: mostly one, but a semicolon
            may have to come first, and a lexeme that got stuck may turn out to be several. None where
            anything may follow (nothing is pending, or what is pending may be ignored).
        ends: per state, what the end of the text emits there and then the layout's control state;
            None where the text may not end.
        between: per state, whether it stands between two lexemes.
        modes: per state, its mode.
        mode_names: names of the modes.
        line_start: per state, whether it stands at a line's start with indentation pending.
        twins: per state, the same state in the first mode that shares its DFA.
        leaving_characters: per mode, the characters that leave it.
    """

    classes: list[frozenset[str]]
    table: Sequence[Sequence[int]]
    generating: Sequence[Sequence[int]]
    effects: list[Effect]
    first_states: list[int]
    start_states: list[list[int]]
    tails: list[Tail | None]
    ends: list[tuple[int, ...] | None]
    between: list[bool]
    modes: list[int]
    mode_names: list[str]
    line_start: list[bool]
    twins: list[int]
    leaving_characters: list[tuple[str, ...]]

    def merged(self, into: Mapping[int, int]) -> LexerTables:
        """Tables that emit, for each class, the class it is merged into (see `Productions`)."""
        classes = list(self.classes)
        for number, target in into.items():
            if number != target:
                classes[target] |= classes[number]
                classes[number] = frozenset()

        def renumber(items: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(into[item] if item > 0 else item for item in items)

        return replace(
            self,
            classes=classes,
            effects=[replace(e, items=renumber(e.items)) for e in self.effects],
            tails=[t if t is None else frozenset(map(renumber, t)) for t in self.tails],
            ends=[e if e is None else (*renumber(e[:-1]), e[-1]) for e in self.ends],
        )

    def dump(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """As what a `Store` keeps: metadata and arrays."""
        meta: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "first_states", "start_states", "ends", "between", "modes", "mode_names", "line_start",
                "twins", "leaving_characters",
            )
        }  # fmt: skip
        meta["classes"] = [sorted(terminals) for terminals in self.classes]
        meta["effects"] = [asdict(effect) for effect in self.effects]
        meta["tails"] = [tail if tail is None else sorted(tail) for tail in self.tails]
        return meta, {
            "table": np.array(self.table, dtype=np.int32),
            "generating": np.array(self.generating, dtype=np.int32),
        }

    @classmethod
    def restore(cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> LexerTables:
        """The tables that `dump` was called on."""
        return cls(
            classes=[frozenset(terminals) for terminals in meta["classes"]],
            # Tuples of numbers are nothing that Python's garbage collection has to go through.
            table=[*map(tuple, arrays["table"].tolist())],
            generating=[*map(tuple, arrays["generating"].tolist())],
            effects=[
                Effect(tuple(e["items"]), tuple(e["pushes"]), e["pop"], e["control"])
                for e in meta["effects"]
            ],
            first_states=meta["first_states"],
            start_states=meta["start_states"],
            tails=[tail if tail is None else frozenset(map(tuple, tail)) for tail in meta["tails"]],
            ends=[end if end is None else tuple(end) for end in meta["ends"]],
            between=meta["between"],
            modes=meta["modes"],
            mode_names=meta["mode_names"],
            line_start=meta["line_start"],
            twins=meta["twins"],
            leaving_characters=[tuple(characters) for characters in meta["leaving_characters"]],
        )


class Lexer:
    """The lexer of one language.

    Args:
        tables: see `maze.grammar.transducer.build`.
        control: the layout's control state where a text begins.
    """

    def __init__(self, tables: LexerTables, control: int) -> None:
        self.tables = tables
        self.classes = tables.classes
        self.tails = tables.tails
        self.line_start = tables.line_start
        self.start = Position(tables.first_states[control])

    def read(
        self, position: Position, data: bytes, out: list[int], *, generating: bool = False
    ) -> Position | None:
        """Read bytes, appending emitted items to `out`; None where no lexeme goes on like that.

        Args:
            generating: whether the bytes are a suggestion, or text that is there already.
        """
        state, stack = position.state, position.stack
        tables = self.tables
        table, effects = tables.generating if generating else tables.table, tables.effects
        for byte in data:
            cell = table[state][byte]
            if cell <= STATE_MASK:
                if cell < 0:
                    return None
                state = cell
                continue
            effect = effects[cell >> EFFECT_SHIFT]
            out += effect.items
            if effect.pop:
                if not stack:
                    return None
                state = tables.start_states[stack[-1]][effect.control]
                stack = stack[:-1]
            else:
                state = cell & STATE_MASK
                if effect.pushes:
                    stack += effect.pushes
        return Position(state, stack)

    def end(self, position: Position, out: list[int]) -> int | None:
        """Finish the pending lexeme at the end of the text.

        Returns:
            The layout's control state there, or None where the text may not end.
        """
        ending = self.tables.ends[position.state]
        if ending is None or position.stack:
            return None
        *items, control = ending
        out += items
        return control
