"""Names that have to come twice: the tag that closes an element names it.

No context-free grammar can say so. Lexer and parser see to everything else; here the names of the elements that are
open are kept on a stack, and a closing tag with another name is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from .lexer import EFFECT_SHIFT, STATE_MASK, Lexer, Position


@dataclass(frozen=True)
class Pairing:
    """What opens and closes what has a name.

    Attributes:
        opens: terminals that a name's end makes: what stands between `mark` and them is a name to close.
        drops: terminals that say that the name opened last needs no closing.
        closes: terminals that end a closing tag.
        mark: what stands before a name.
        closing_mark: what stands before the name that closes.
        end_mark: what stands behind a name that closes.
        none_left: what ends a name's own brackets where nothing is to be closed.
        modes: lexer modes in which a name is under way.
        closing_mode: that in which it is one that closes.
    """

    opens: frozenset[str]
    drops: frozenset[str]
    closes: frozenset[str]
    mark: bytes
    closing_mark: bytes
    end_mark: bytes
    none_left: bytes
    modes: frozenset[str]
    closing_mode: str


@dataclass(frozen=True, slots=True)
class Open:
    """What is open at a place of a text.

    Attributes:
        names: of the elements, outermost first.
        begun: where a name is under way, the text from its mark on.
    """

    names: tuple[bytes, ...] = ()
    begun: bytes = b""


NOTHING_OPEN = Open()

_OPENS, _DROPS, _CLOSES = range(3)


class Names:
    """Follows the names of one language.

    Args:
        pairing: what has a name.
        lexer: the language's lexer.
    """

    def __init__(self, pairing: Pairing, lexer: Lexer) -> None:
        self.pairing = pairing
        tables = lexer.tables
        self._lexer = lexer
        self._tables = tables
        kinds = {
            number: kind
            for kind, terminals in enumerate((pairing.opens, pairing.drops, pairing.closes))
            for number, names in enumerate(tables.classes)
            if names & terminals
        }
        self._events = [
            tuple(kinds[item] for item in effect.items if item in kinds)
            for effect in tables.effects
        ]
        self._in_name = [tables.mode_names[mode] in pairing.modes for mode in tables.modes]
        self._closing = [tables.mode_names[mode] == pairing.closing_mode for mode in tables.modes]

    def closing(self, position: Position) -> bool:
        """Whether a name that closes is under way."""
        return self._closing[position.state]

    def closers(self, opened: Open) -> tuple[bytes, ...]:
        """What may close the name opened last, or one whose own brackets are still open."""
        pairing = self.pairing
        closing = (pairing.closing_mark + name + pairing.end_mark for name in opened.names[-1:])
        return (*closing, pairing.none_left)

    def closes(self, position: Position, text: bytes) -> bool:
        """Whether a suggestion's text makes what is under way a name that closes."""
        end = self._lexer.read(position, text, [], generating=True)
        return end is not None and self.closing(end)

    def read(
        self, opened: Open, position: Position, text: bytes, *, generating: bool = False
    ) -> Open | None:
        """What is open after more text; None where it closes what is not open, or does not lex.

        Args:
            opened: what is open before it.
            position: where the lexer stands before it.
            generating: the text is a suggestion, which closes elements without blanks in the tag, and begins no
                name that cannot become the right one.
        """
        mark = self.pairing.mark
        if not opened.names and not opened.begun and mark not in text:
            return opened
        return self._read(opened, position, text, generating)[0]

    def mismatch(self, position: Position, text: bytes) -> tuple[int, bytes] | None:
        """The first closing tag with the wrong name: its end in bytes, and the right name; None: there is none."""
        opened, at, names = self._read(NOTHING_OPEN, position, text, False)
        return None if opened is not None else (at, names[-1] if names else b"")

    def _read(
        self, opened: Open, position: Position, text: bytes, generating: bool
    ) -> tuple[Open | None, int, list[bytes]]:
        tables, events = self._tables, self._events
        table, effects = tables.table, tables.effects
        state, stack = position.state, position.stack
        names = list(opened.names)
        before = opened.begun
        shift = len(before)
        text = before + text
        closing_at = 0  # where the closing tag begins that is under way
        for at in range(shift, len(text)):
            cell = table[state][text[at]]
            if cell <= STATE_MASK:
                if cell < 0:
                    return None, at - shift, names
                state = cell
                continue
            number = cell >> EFFECT_SHIFT
            for event in events[number]:
                if event == _OPENS:
                    names.append(self._name(text, at))
                elif event == _DROPS:
                    names.pop()
                elif not names or names[-1] != self._closing_name(text, at, generating):
                    return None, at - shift, names
                else:
                    names.pop()
            effect = effects[number]
            closing = self._closing[state]
            if effect.pop:
                state = tables.start_states[stack[-1]][effect.control]
                stack = stack[:-1]
            else:
                state = cell & STATE_MASK
                stack += effect.pushes
            if self._closing[state] and not closing:
                closing_at = at + 1 - len(self.pairing.closing_mark)
        mark = self.pairing.mark
        under_way = self._in_name[state] or text.endswith(mark)
        begun = text[text.rfind(mark) :] if under_way else b""
        if generating and self._closing[state]:
            right = self.pairing.closing_mark + names[-1] if names else b""
            # A comment in the tag may hold a mark too.
            if not right.startswith(text[closing_at:]):
                return None, len(text) - shift, names
        return Open(tuple(names), begun), len(text) - shift, names

    def _name(self, text: bytes, end: int) -> bytes:
        mark = self.pairing.mark
        return text[text.rfind(mark, 0, end) + len(mark) : end].strip()

    def _closing_name(self, text: bytes, end: int, generating: bool) -> bytes:
        mark = self.pairing.closing_mark
        name = text[text.rfind(mark, 0, end) + len(mark) : end]
        return name if generating else name.strip()
