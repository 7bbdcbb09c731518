"""What may stand beside what in the sentences of a grammar: FIRST sets and all that follows from them.

Aho, Lam, Sethi, Ullman: Compilers, 2nd ed., section 4.4, for rules in EBNF. Everything is told in
lexeme classes, the parser's input symbols.
"""

from __future__ import annotations

from collections.abc import Mapping

from .dialect import ENTRIES, REST, Choice, Expression, Repeat, Rule, Sequence, Terminal

_Sets = tuple[bool, frozenset[int], frozenset[int]]  # nullable, first, last


def next_classes(
    rules: Mapping[str, Expression], by_terminal: Mapping[str, list[int]]
) -> list[frozenset[int]]:
    """Behind each symbol of each rule, and at the entry points, the classes that the rule goes on with."""
    known = _first_sets(rules, by_terminal)
    found = {known[name][1]: None for name in (*ENTRIES, REST) if name in rules}

    def visit(expression: Expression, after: frozenset[int]) -> frozenset[int]:
        """What may come where `expression` begins, if `after` may come behind it."""
        match expression:
            case Terminal(name):
                found[after] = None
                return frozenset(by_terminal.get(name, ()))
            case Rule(name):
                found[after] = None
                nullable, first, _ = known[name]
                return first | after if nullable else first
            case Choice(parts):
                return frozenset().union(*(visit(part, after) for part in parts))
            case Repeat(part, low, high):
                again = after if high == 1 else after | first_of(part)
                first = visit(part, again)
                return first | after if low == 0 else first
            case Sequence(parts):
                for part in reversed(parts):
                    after = visit(part, after)
                return after

    def first_of(expression: Expression) -> frozenset[int]:
        return _sets_of(expression, known, by_terminal, None)[1]

    for body in rules.values():
        visit(body, frozenset())
    return list(found)


def last_classes(
    rule: str, rules: Mapping[str, Expression], by_terminal: Mapping[str, list[int]]
) -> frozenset[int]:
    """The classes that a rule may end with."""
    return _first_sets(rules, by_terminal)[rule][2]


def nullable(rules: Mapping[str, Expression]) -> frozenset[str]:
    """The rules that may be empty."""
    return frozenset(name for name, (empty, _, _) in _first_sets(rules, {}).items() if empty)


def _first_sets(
    rules: Mapping[str, Expression], by_terminal: Mapping[str, list[int]]
) -> dict[str, _Sets]:
    """NULLABLE, FIRST and LAST of every rule, by fixpoint."""
    known: dict[str, _Sets] = dict.fromkeys(rules, (False, frozenset(), frozenset()))
    changed = True
    while changed:
        changed = False
        for name, expression in rules.items():
            sets = _sets_of(expression, known, by_terminal, None)
            if sets != known[name]:
                known[name] = sets
                changed = True
    return known


def follow_pairs(
    rules: Mapping[str, Expression], by_terminal: Mapping[str, list[int]]
) -> frozenset[tuple[int, int]]:
    """Which classes may stand side by side."""
    known = _first_sets(rules, by_terminal)
    pairs: set[tuple[int, int]] = set()
    for expression in rules.values():
        _sets_of(expression, known, by_terminal, pairs)
    return frozenset(pairs)


def _sets_of(
    expression: Expression,
    known: Mapping[str, _Sets],
    by_terminal: Mapping[str, list[int]],
    pairs: set[tuple[int, int]] | None,
) -> _Sets:
    """NULLABLE, FIRST and LAST of an expression; its neighbours are added to `pairs`."""
    match expression:
        case Terminal(name):
            numbers = frozenset(by_terminal.get(name, ()))
            return False, numbers, numbers
        case Rule(name):
            return known[name]
        case Choice(parts):
            sets = [_sets_of(part, known, by_terminal, pairs) for part in parts]
            return (
                any(s[0] for s in sets),
                frozenset().union(*(s[1] for s in sets)),
                frozenset().union(*(s[2] for s in sets)),
            )
        case Repeat(part, low, high):
            nullable, first, last = _sets_of(part, known, by_terminal, pairs)
            if pairs is not None and high != 1:
                pairs.update((a, b) for a in last for b in first)
            return nullable or low == 0, first, last
        case Sequence(parts):
            nullable, first, last = True, frozenset[int](), frozenset[int]()
            for part in parts:
                part_nullable, part_first, part_last = _sets_of(part, known, by_terminal, pairs)
                if pairs is not None:
                    pairs.update((a, b) for a in last for b in part_first)
                if nullable:
                    first |= part_first
                last = last | part_last if part_nullable else part_last
                nullable = nullable and part_nullable
            return nullable, first, last
