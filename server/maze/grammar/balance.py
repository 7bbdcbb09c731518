"""What every sentence balances: most texts that do not join are seen from that, without parsing.

A sentence holds as many closing brackets as opening ones. That and all else of its kind is read off
the rules: numbers for the classes, such that the classes of any sentence add up to 0. They are the
solutions of linear equations, with an unknown for each class and for each rule (what its sentences
add up to): alternatives add up to the same, and what may be repeated adds up to 0.

The equations are solved modulo a prime. What adds up to 0 does so there as well, so no sentence is
missed; and of all solutions one is taken at random, which misses what is unbalanced only by chance.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from .dialect import Choice, Expression, Repeat, Rule, Terminal
from .dialect import Sequence as Parts
from .productions import Productions

_PRIME = (1 << 61) - 1

# Coefficients by unknown: a class's number or a rule's name.
_Form = dict[int | str, int]


class Balance:
    """Adds up what is balanced in the sentences of one language.

    Args:
        productions: the language's rules.
        entries: the entry points; what any of them derives adds up to 0.
    """

    def __init__(self, productions: Productions, entries: Sequence[str]) -> None:
        numbers = _solution(_equations(productions, entries))
        self._numbers = {chr(c): n for c, n in numbers.items() if isinstance(c, int) and n}
        counted = "".join(map(re.escape, self._numbers))
        self._counted = re.compile(f"[{counted}]" if counted else "(?!)")

    def of(self, symbols: bytes) -> int:
        """What encoded classes add up to.

        That of a text is the sum over its parts; of a sentence it is a multiple of the prime, see
        `is_even`.
        """
        return sum(map(self._numbers.__getitem__, self._counted.findall(symbols.decode())))


def is_even(total: int) -> bool:
    """Whether classes that add up to this may be a sentence."""
    return total % _PRIME == 0


def _equations(productions: Productions, entries: Sequence[str]) -> list[_Form]:
    """What must be 0."""
    found: list[_Form] = [{name: 1} for name in entries]
    for name, body in productions.rules.items():
        found.append(_less(_form(body, productions.by_terminal, found), {name: 1}))
    return found


def _form(
    expression: Expression, by_terminal: Mapping[str, Sequence[int]], found: list[_Form]
) -> _Form:
    """What an expression's sentences add up to; what this takes to be 0 is added to `found`."""
    match expression:
        case Terminal(name):
            return _same([{number: 1} for number in by_terminal[name]], found)
        case Rule(name):
            return {name: 1}
        case Choice(parts):
            return _same([_form(part, by_terminal, found) for part in parts], found)
        case Repeat(part, low, high):
            once = _form(part, by_terminal, found)
            if low != high:
                found.append(once)
                return {}
            return {unknown: low * n for unknown, n in once.items()}
        case Parts(parts):
            total: _Form = {}
            for part in parts:
                total = _less(total, _form(part, by_terminal, found), -1)
            return total


def _same(forms: Sequence[_Form], found: list[_Form]) -> _Form:
    first, *others = forms
    found += [_less(other, first) for other in others if other != first]
    return first


def _less(left: _Form, right: _Form, times: int = 1) -> _Form:
    """`left` less so many times `right`."""
    result = dict(left)
    for unknown, n in right.items():
        value = (result.get(unknown, 0) - times * n) % _PRIME
        if value:
            result[unknown] = value
        else:
            result.pop(unknown, None)
    return result


def _solution(equations: Sequence[_Form]) -> _Form:
    """Numbers for the unknowns that make all the forms 0, at random among all such (Gauss-Jordan)."""
    solved: dict[int | str, _Form] = {}  # by unknown: the form whose 0 gives it, with factor 1
    for equation in sorted(equations, key=len):
        rest = equation
        for unknown in equation:
            if unknown in solved:
                rest = _less(rest, solved[unknown], rest[unknown])
        if not rest:
            continue
        chosen, factor = next(iter(rest.items()))
        inverse = pow(factor, -1, _PRIME)
        form = {unknown: n * inverse % _PRIME for unknown, n in rest.items()}
        for other, known in solved.items():
            if chosen in known:
                solved[other] = _less(known, form, known[chosen])
        solved[chosen] = form
    chance = random.Random(0)
    unknowns = dict.fromkeys(unknown for equation in equations for unknown in equation)
    numbers = {u: chance.randrange(_PRIME) for u in unknowns if u not in solved}
    for unknown, form in solved.items():
        numbers[unknown] = -sum(n * numbers[u] for u, n in form.items() if u != unknown) % _PRIME
    return numbers
