"""Small rules put in place of their names.

XGrammar knows beforehand what a string of symbols does as long as it stays within one rule; where
it leaves the rule, every candidate is parsed at run time. Fewer, larger rules therefore make masks
cheaper, if they are written so that one may stay within them (see `right_linear`); the language
stays the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from .dialect import Choice, Expression, Repeat, Rule, Sequence, Terminal, references, size

# A rule is copied where all its copies together add at most this many symbols. Measured: without
# any, masks take twice as long; three times as many gain little more, and cost memory.
_MAX_ADDED = 200


def inlined(rules: Mapping[str, Expression], keep: Collection[str]) -> dict[str, Expression]:
    """Inline rules, smallest first, that do not refer to themselves.

    Args:
        rules: right-hand sides by rule name.
        keep: rules that must stay.
    """
    left = dict(rules)
    uses = {name: Counter(references(body)) for name, body in left.items()}
    sizes = {name: size(body) for name, body in left.items()}
    while True:
        total: Counter[str] = sum(uses.values(), Counter())
        costs = [
            (sizes[name] * (total[name] - 1), name)
            for name in left
            if name not in keep and name not in uses[name]
        ]
        affordable = [cost for cost in costs if cost[0] <= _MAX_ADDED]
        if not affordable:
            return left
        _, chosen = min(affordable)
        body = left.pop(chosen)
        del uses[chosen], sizes[chosen]
        for name in [name for name in left if chosen in uses[name]]:
            left[name] = _replace(left[name], chosen, body)
            uses[name], sizes[name] = Counter(references(left[name])), size(left[name])


def _replace(expression: Expression, name: str, body: Expression) -> Expression:
    match expression:
        case Rule(found):
            return body if found == name else expression
        case Sequence(parts):
            return Sequence(tuple(_replace(part, name, body) for part in parts))
        case Choice(parts):
            flat: list[Expression] = []
            for part in parts:
                replaced = _replace(part, name, body)
                flat.extend(replaced.parts if isinstance(replaced, Choice) else [replaced])
            return Choice(tuple(dict.fromkeys(flat)))
        case Repeat(part, low, high):
            return Repeat(_replace(part, name, body), low, high)
        case Terminal():
            return expression
