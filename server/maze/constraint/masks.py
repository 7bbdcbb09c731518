"""From what the parser allows to a bitmask over the model's tokens.

For the lexer position and layout of the moment a *plan* says which questions to ask the parser and
which token groups the answers decide (see `questions`). The answer is spread over the groups, and
the row's table spreads the groups over the tokens. Equal answers recur, so spread masks are cached.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from maze.grammar import Syntax
from maze.grammar.layout import MAX_DEPTH, LayoutError, Lines
from maze.grammar.lexer import Position
from maze.grammar.pairing import NOTHING_OPEN, Open

from .closing_tags import ClosingTags
from .parser import Parser
from .plans import Plan, View
from .rows import Row
from .spellings import Spellings
from .tables import Tables

_CACHED_MASKS = 1024
# All that have no stack of modes, and some that have.
_CACHED_VIEWS = 4096
_KEPT_ANSWERS = 256
# No token opens more brackets than this.
_MANY_BRACKETS = 64


class Masks:
    """Answers for one language and vocabulary; shared by all requests.

    Args:
        syntax: the language.
        tables: its factored vocabulary.
        tokens: the model's tokens as bytes, by id.
        spellings: the same tokens in order.
    """

    def __init__(
        self,
        syntax: Syntax,
        tables: Tables,
        tokens: Sequence[bytes | None],
        spellings: Spellings,
    ) -> None:
        self._syntax = syntax
        self._tables = tables
        self._tokens = tokens
        self._class_words = (len(syntax.lexer.classes) + 31) // 32
        self._rows: dict[int, Row] = {}
        self._views: OrderedDict[Position, View] = OrderedDict()
        self._spread: OrderedDict[tuple[int, bytes], np.ndarray] = OrderedDict()
        self._closing = ClosingTags(syntax.names, tokens, spellings) if syntax.names else None
        self._answers: dict[tuple[int, int], np.ndarray] = {}

    def fill(
        self, parser: Parser, position: Position, lines: Lines, opened: Open = NOTHING_OPEN
    ) -> np.ndarray:
        """The bitmask over tokens, int32 [ceil(V / 32)]; not to be written to."""
        mask = self._parsing(parser, position, lines)
        if self._closing is None or not opened.names:
            return mask
        return self._closing.less_misnamed(mask, position, opened)

    def _parsing(self, parser: Parser, position: Position, lines: Lines) -> np.ndarray:
        """The mask as lexer, layout and parser have it."""
        view = self._view(position)
        plan = view.plan(lines)
        # Inside a name, a comment or a text in quotes, most tokens leave the parser where it is.
        asked = parser.moment, plan.number
        mask = self._answers.get(asked)
        if mask is None:
            mask = self._ask(parser, view, plan, position, lines)
            if len(self._answers) >= _KEPT_ANSWERS:
                self._answers.clear()
            self._answers[asked] = mask
        return mask

    def warm_up(self) -> None:
        """See all rows once, as a text begins, so that no request pays for the first time."""
        for state in sorted(set(self._syntax.lexer.tables.twins)):
            self._view(Position(state)).plan(Lines())

    def _ask(
        self, parser: Parser, view: View, plan: Plan, position: Position, lines: Lines
    ) -> np.ndarray:
        answer = self._answer(parser, view.row.vocabulary, plan)
        tried = parser.which_come([string for string, _ in plan.tried]) if plan.tried else b""
        key = (plan.number, answer.tobytes() + tried)
        # Taken out and put back: requests in other threads may be dropping the oldest meanwhile.
        mask = self._spread.pop(key, None)
        if mask is None:
            mask = view.spread(plan.allowed(answer, tried), len(self._tokens))
            if self._syntax.resolver is not None and lines.depth > MAX_DEPTH - _MANY_BRACKETS:
                mask = self._less_too_deep(mask, position, lines)
        self._spread[key] = mask
        if len(self._spread) > _CACHED_MASKS:
            self._spread.popitem(last=False)
        return mask

    def _less_too_deep(self, mask: np.ndarray, position: Position, lines: Lines) -> np.ndarray:
        """A mask less the tokens that open too many brackets, which plans do not count."""
        bits = np.unpackbits(mask.view(np.uint8), bitorder="little")
        for number in np.flatnonzero(bits).tolist():
            items: list[int] = []
            token = self._tokens[number] or b""
            self._syntax.lexer.read(position, token, items, generating=True)
            try:
                self._syntax.resolve(lines, items, [])
            except LayoutError:
                bits[number] = 0
        return np.packbits(bits, bitorder="little").view(np.int32)

    def _answer(self, parser: Parser, vocabulary: int, plan: Plan) -> np.ndarray:
        """Ask the parser everything a plan needs; int32 [sections, words]."""
        classes = self._class_words
        answer = np.zeros((len(plan.sections), plan.words), dtype=np.int32)
        for i, (lead, asks_strings) in enumerate(plan.sections):
            section = answer[i : i + 1]
            if parser.fill_classes(lead, section[:, :classes]) and asks_strings:
                parser.fill_strings(vocabulary, lead, section[:, classes:])
        return answer

    def _view(self, position: Position) -> View:
        view = self._views.get(position)
        if view is None:
            row, moved = self._row(position), self._moved(position)
            view = View(self._syntax, self._tables, row, self._tokens, position, moved)
            self._views[position] = view
            if len(self._views) > _CACHED_VIEWS:
                self._views.popitem(last=False)
        return view

    def _row(self, position: Position) -> Row:
        state = self._syntax.lexer.tables.twins[position.state]
        row = self._rows.get(state)
        if row is None:
            row = self._rows[state] = Row(self._syntax, self._tables, state)
        return row

    def _moved(self, position: Position) -> np.ndarray:
        """Ids of the tokens whose effect depends on the stack of modes, int32."""
        lexer = self._syntax.lexer.tables
        twin = lexer.twins[position.state]
        deferred = self._row(position).stored.deferred
        if twin == position.state:
            return deferred
        switching = self._tables.switching[lexer.modes[position.state]]
        return np.union1d(deferred, switching).astype(np.int32)
