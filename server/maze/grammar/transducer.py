"""Builds a lexer's tables: the finite-state transducer behind `maze.grammar.lexer`.

Longest match over one DFA per mode, with the layout's control state and (at most two bytes of)
backing up compiled in, explored from the start state until no new state turns up.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .automaton import BLANK, DEAD, LINE_BREAK, NOTHING
from .dialect import Definition, GrammarError
from .layout import INDENTATION_MARKS, LINE_START, Layout
from .lexer import EFFECT_SHIFT, STATE_MASK, Effect, LexerTables, Tail
from .modes import MAIN, Mode, Pop, Push, parser_terminal
from .neighbours import follow_pairs
from .recognizer import Recognizer, Winners

# A lexeme that got stuck backs up to where it last was complete, by at most this many bytes …
_MAX_BACKUP = 2
# … and only out of narrow states: text inside quotes never backs up.

_BACKSLASH = ord("\\")
_NEWLINE = ord("\n")


def build(
    definition: Definition,
    layout: Layout,
    modes: Mapping[str, Mode],
    never_generated: frozenset[str] = frozenset(),
) -> LexerTables:
    """Build the tables of a language's lexer.

    Args:
        definition: its terminals, and the rules, which say what may stand side by side.
        layout: how line breaks become terminals.
        modes: its modes; `MAIN` is added where it has nothing special.
        never_generated: terminals that suggestions do not begin.

    Raises:
        GrammarError: where the terminals cannot be made into a lexer.
    """
    builder = _Builder(definition, layout, modes)
    builder.run()
    return LexerTables(
        classes=builder.classes,
        table=builder.table,
        generating=builder.without_entering(never_generated),
        effects=builder.effects,
        first_states=builder.first_states,
        start_states=builder.start_states,
        tails=builder.tails,
        ends=builder.ends,
        between=[key.dfa_state == 0 for key in builder.keys],
        modes=[key.mode for key in builder.keys],
        mode_names=builder.mode_names,
        line_start=[
            layout.tracks_lines and key.dfa_state == 0 and key.control == 1 for key in builder.keys
        ],
        twins=builder.twins(),
        leaving_characters=builder.leaving_characters(),
    )


@dataclass(frozen=True)
class _Key:
    """A transducer state before it gets its number."""

    mode: int
    dfa_state: int
    control: int
    backup: tuple[Winners, bytes] | None  # (terminals to fall back to, bytes after them)
    before: int = NOTHING  # what stands before the lexeme, as far as it matters


class _Builder:
    """Explores the transducer's states from the start."""

    def __init__(self, definition: Definition, layout: Layout, modes: Mapping[str, Mode]) -> None:
        self.layout = layout
        self.definition = definition
        self.classes: list[frozenset[str]] = [frozenset()]
        self.class_numbers: dict[frozenset[str], int] = {}
        self.effects: list[Effect] = [Effect(())]
        self.effect_numbers: dict[Effect, int] = {}
        self.mode_names = [MAIN, *(name for name in modes if name != MAIN)]
        self.modes = [modes.get(name, Mode()) for name in self.mode_names]
        self.mode_numbers = {name: i for i, name in enumerate(self.mode_names)}
        self.recognizer = Recognizer(definition, layout, self.modes)
        self.keys: list[_Key] = []
        self.numbers: dict[_Key, int] = {}
        self.table: list[list[int]] = []
        self.tails: list[Tail | None] = []
        self.ends: list[tuple[int, ...] | None] = []
        self.first_states: list[int] = []
        self.start_states: list[list[int]] = []
        for name in layout.terminals:
            self._class_of(frozenset({name}))
        names = sorted(definition.used_terminals())
        pairs = follow_pairs(definition.rules, {name: [i] for i, name in enumerate(names)})
        self.neighbours = {(names[a], names[b]) for a, b in pairs}

    def _class_of(self, terminals: frozenset[str]) -> int:
        number = self.class_numbers.get(terminals)
        if number is None:
            number = self.class_numbers[terminals] = len(self.classes)
            self.classes.append(terminals)
        return number

    def _number(self, key: _Key) -> int:
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.keys)
            self.keys.append(key)
        return number

    def run(self) -> None:
        """Number every reachable state and fill the table."""
        controls = range(self.layout.controls)
        self.start_states = [
            [self._number(_Key(mode, 0, control, None)) for control in controls]
            for mode in range(len(self.modes))
        ]
        first = self.recognizer.before[LINE_BREAK]
        self.first_states = [self._number(_Key(0, 0, control, None, first)) for control in controls]
        at = 0
        while at < len(self.keys):
            key = self.keys[at]
            self.table.append(self._row(key))
            self.tails.append(self._tail(key))
            self.ends.append(self._end(key))
            at += 1
        if len(self.keys) > STATE_MASK:
            raise GrammarError("the lexer has too many states")

    def _row(self, key: _Key) -> list[int]:
        cells = {byte: self._cell(key, byte) for byte in set(self.recognizer.representatives)}
        return [cells[byte] for byte in self.recognizer.representatives]

    def _cell(self, key: _Key, byte: int) -> int:
        step = _Step(self, key)
        if not step.read(byte):
            return DEAD
        effect = step.effect()
        number = 0
        if effect != self.effects[0]:
            number = self.effect_numbers.setdefault(effect, len(self.effects))
            if number == len(self.effects):
                self.effects.append(effect)
        state = 0 if effect.pop else self._number(step.key)
        return number << EFFECT_SHIFT | state

    def _tail(self, key: _Key) -> Tail | None:
        if key.dfa_state == 0:
            return None
        outcomes = self.possible(key, self.recognizer.outcomes(key.mode, key.dfa_state, key.before))
        if any(map(self.recognizer.is_ignored, outcomes)):
            return None
        tail = set()
        for winners in outcomes:
            before, terminals = self.layout.lexeme(key.control, self.terminals(winners))
            tail.add(
                (*(self._class_of(frozenset({name})) for name in before), self._class_of(terminals))
            )
        return frozenset(tail | self._backed_up(key))

    def _backed_up(self, key: _Key) -> Tail:
        """What a lexeme that gets stuck comes to: what it is backed up to, and the bytes after that."""
        step = _Step(self, key)
        if key.backup is None or not step.back_up(key.backup):
            return frozenset()
        items = tuple(itertools.takewhile(lambda item: item > 0, step.items))
        rest = None if step.popped or len(items) < len(step.items) else self._tail(step.key)
        return frozenset({items}) if rest is None else frozenset({items + more for more in rest})

    def may_back_up(self, key: _Key) -> bool:
        """Whether some sentence could go on with what a lexeme comes to that gets stuck."""
        return any(
            all(self._are_neighbours(a, b) for a, b in itertools.pairwise(string))
            for string in self._backed_up(key)
        )

    def _are_neighbours(self, left: int, right: int) -> bool:
        pairs = itertools.product(self.classes[left], self.classes[right])
        return any(pair in self.neighbours for pair in pairs)

    def possible(self, key: _Key, outcomes: Iterable[Winners]) -> list[Winners]:
        """Those of a lexeme's outcomes that the layout's control state leaves."""
        excluded = self.layout.excluded(key.control)
        if not excluded:
            return list(outcomes)
        return [w for w in outcomes if not self.recognizer.names(w) <= excluded]

    def terminals(self, winners: Winners) -> frozenset[str]:
        """The terminals of the parser that a lexeme is."""
        return frozenset(map(parser_terminal, self.recognizer.names(winners)))

    def _end(self, key: _Key) -> tuple[int, ...] | None:
        step = _Step(self, key)
        if not step.finish():
            return None
        effect = step.effect()
        if effect.pop or effect.pushes:
            return None
        return (*effect.items, step.key.control)

    def twins(self) -> list[int]:
        """Per state, the same state in the first mode that shares its DFA."""
        dfas = self.recognizer.dfas
        first = {id(dfa): mode for mode, dfa in reversed(list(enumerate(dfas)))}
        found = []
        for number, key in enumerate(self.keys):
            mode = first[id(dfas[key.mode])]
            twin = replace(key, mode=mode)
            found.append(self.numbers.get(twin, number))
        return found

    def without_entering(self, terminals: frozenset[str]) -> list[list[int]]:
        """The table less the steps that begin, or make, a lexeme that can only be one of `terminals`."""
        unwanted = {c for c, names in enumerate(self.classes) if names and names <= terminals}
        avoided = {
            state
            for state, tail in enumerate(self.tails)
            if tail and all(unwanted.intersection(string) for string in tail)
        }
        making = {n for n, effect in enumerate(self.effects) if unwanted.intersection(effect.items)}

        def unwelcome(cell: int) -> bool:
            return cell & STATE_MASK in avoided or cell >> EFFECT_SHIFT in making

        return [
            row
            if state in avoided
            else [DEAD if cell >= 0 and unwelcome(cell) else cell for cell in row]
            for state, row in enumerate(self.table)
        ]

    def leaving_characters(self) -> list[tuple[str, ...]]:
        """Per mode, the characters that leave it or are eager in it."""
        found = []
        for mode in self.modes:
            literals = [n for n, switch in mode.switches.items() if not isinstance(switch, Push)]
            characters = {*mode.eager, *(n[1:-1] for n in literals if n.startswith('"'))}
            found.append(tuple(sorted(characters)))
        return found


class _Step:
    """One byte's worth of lexing from a state: what is emitted and where it leads."""

    def __init__(self, builder: _Builder, key: _Key) -> None:
        self.builder = builder
        self.recognizer = builder.recognizer
        self.key = key
        self.items: list[int] = []
        self.pushes: list[int] = []
        self.popped = False

    def effect(self) -> Effect:
        control = self.key.control if self.popped else 0
        return Effect(tuple(self.items), tuple(self.pushes), self.popped, control)

    def read(self, byte: int) -> bool:
        """Read a byte; False where no lexeme goes on with it."""
        if self.popped:
            raise GrammarError("a terminal that pops a mode must end where it is complete")
        builder, key = self.builder, self.key
        if key.dfa_state == 0 and (name := builder.modes[key.mode].eager.get(chr(byte))):
            self._begin_lexeme(ignored=False)
            self._emit(frozenset({name}), frozenset({name}))
            return True
        winners = self._winners(byte) if key.dfa_state != 0 else frozenset()
        target = self._target(byte)
        if target != DEAD:
            return self._go_on(byte, target, winners)
        if winners:
            self._complete(winners)
            return self.read(byte)
        if key.backup is not None:
            return self.back_up(key.backup) and self.read(byte)
        return False

    def finish(self) -> bool:
        """End the text here; False where it may not end."""
        key = self.key
        if key.dfa_state == 0:
            return True
        winners = self._winners(None)
        if winners:
            self._complete(winners)
            return not self.popped
        if key.backup is not None:
            return self.back_up(key.backup) and not self.popped and self.finish()
        return False

    def _winners(self, byte: int | None) -> Winners:
        """What the lexeme is if it ends before `byte`."""
        key = self.key
        winners = self.recognizer.winners(key.mode, key.dfa_state, byte, key.before)
        return winners if self.builder.possible(key, [winners]) else frozenset()

    def _target(self, byte: int) -> int:
        """The DFA state that `byte` leads to, unless the layout leaves nothing that may come of it."""
        key = self.key
        target = self.recognizer.rows[key.mode][key.dfa_state][byte]
        if target == DEAD:
            return DEAD
        outcomes = self.recognizer.outcomes(key.mode, target, key.before)
        return DEAD if outcomes and not self.builder.possible(key, outcomes) else target

    def _go_on(self, byte: int, target: int, winners: Winners) -> bool:
        builder, recognizer, key = self.builder, self.recognizer, self.key
        mode, control, backup = key.mode, key.control, key.backup
        outcomes = builder.possible(key, recognizer.outcomes(mode, target, key.before))
        if not outcomes:
            return False
        ignored = [recognizer.is_ignored(w) for w in outcomes]
        if key.dfa_state == 0:
            if builder.layout.tracks_lines and control == 1:
                if any(ignored) != all(ignored):
                    raise GrammarError("a line may not begin with what may or may not be ignored")
                if byte in INDENTATION_MARKS and all(ignored):
                    self.items.append(INDENTATION_MARKS[byte])
                elif byte == _BACKSLASH:
                    return False  # what a continued indentation means is nobody's guess
            if not any(ignored):
                self._begin_lexeme(ignored=False)
        final = recognizer.is_final(mode, target, key.before)
        if final or byte >= 0x80 or not recognizer.narrow[mode][target]:
            backup = None
        elif winners:
            backup = None if self.recognizer.is_ignored(winners) else (winners, bytes([byte]))
        elif backup is not None:
            kept = backup[1] + bytes([byte])
            backup = (backup[0], kept) if len(kept) <= _MAX_BACKUP else None
        if not any(ignored):
            possible = [*outcomes, backup[0]] if backup else outcomes
            emitted, control = builder.layout.begin(control, map(builder.terminals, possible))
            self._emit_layout(emitted)
        before = NOTHING
        if all(ignored):
            before = recognizer.before[LINE_BREAK if byte == _NEWLINE else max(key.before, BLANK)]
        elif recognizer.looks_behind(mode, target):
            before = key.before
        self.key = _Key(mode, target, control, backup, before)
        if backup is not None and not builder.may_back_up(self.key):
            self.key = replace(self.key, backup=None)
        if final and (
            not recognizer.goes_on(mode, target)
            or (all(ignored) and recognizer.restarts(mode, target))
        ):
            self._complete(self._winners(None))
        return True

    def _begin_lexeme(self, *, ignored: bool) -> None:
        if self.builder.layout.tracks_lines and self.key.control == 1 and not ignored:
            self.items.append(LINE_START)
            self.key = replace(self.key, control=0)

    def _complete(self, winners: Winners) -> None:
        builder = self.builder
        names = self.recognizer.names(winners)
        if self.recognizer.is_ignored(winners):
            control = self.key.control
            if names & builder.layout.breaks:
                emitted, control = builder.layout.line_break(control)
                self._emit_layout(emitted)
            before = builder.recognizer.before[max(self.key.before, BLANK)]
            self._switch(names, control, before)
            return
        self._emit(names, frozenset(parser_terminal(n) for n in names))

    def _emit_layout(self, items: Iterable[int | str]) -> None:
        """Emit marks, or terminals that the layout makes."""
        for item in items:
            self.items.append(
                item if isinstance(item, int) else self.builder._class_of(frozenset({item}))
            )

    def _emit(self, lexical: frozenset[str], terminals: frozenset[str]) -> None:
        builder = self.builder
        before, terminals = builder.layout.lexeme(self.key.control, terminals)
        self._emit_layout(before)
        self.items.append(builder._class_of(terminals))
        control = builder.layout.after(self.key.control, terminals)
        # What a lexeme is by its pattern says more than what it is to the parser.
        self._switch((*lexical, *terminals), control)

    def _switch(self, names: Iterable[str], control: int, before: int = NOTHING) -> None:
        builder = self.builder
        mode = self.key.mode
        switches = builder.modes[mode].switches
        for name in names:
            switch = switches.get(name)
            if switch is None:
                continue
            if isinstance(switch, Pop):
                if self.pushes:
                    mode = self.pushes.pop()
                else:
                    self.popped = True
                break
            if isinstance(switch, Push):
                self.pushes.append(mode)
            mode = builder.mode_numbers[switch.mode]
            break
        self.key = _Key(mode, 0, control, None, before)

    def back_up(self, backup: tuple[Winners, bytes]) -> bool:
        self._complete(backup[0])
        return all(self.read(byte) for byte in backup[1])
