"""A language ready to use: its lexer, its layout resolved, and its rules compiled by XGrammar."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from . import dialect, languages, transducer
from .balance import Balance
from .dialect import ENTRIES, REST
from .inlining import inlined
from .languages import Language
from .layout import Indentation, LayoutError, LineResolver, Lines
from .lexer import Lexer, LexerTables, Position
from .minimisation import minimised
from .pairing import Names
from .productions import Productions, encode
from .store import Store, code_fingerprint, key_of
from .xgr import xgrammar

# How much text is lexed before the parser sees it, when checking a whole text.
_CHUNK_BYTES = 2048

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Failure:
    """The first place that a grammar does not accept.

    Attributes:
        offset: in bytes, of the first byte past what was accepted.
        line: counted from 1.
        near: the text from there to the end of its line, shortened.
        expected: terminals that could have come instead.
        reason: "lexer", "layout", "parser", "names" or "end".
    """

    offset: int
    line: int
    near: str
    expected: tuple[str, ...]
    reason: str


class Syntax:
    """One language: the pieces that checking and constraining share.

    Args:
        language: its registry entry.
        store: where its lexer is cached; None: the user's cache folder.

    Attributes:
        entries: the entry points, that of what may follow an item included if it has one.
        lexer: bytes → lexeme classes and layout marks.
        resolver: layout marks → classes; None for languages whose layout is all in the lexer.
        productions: the rules over classes.
        names: sees to it that names which must come twice do; None for languages without such.
    """

    def __init__(self, language: Language, store: Store | None = None) -> None:
        self.language = language
        self.fingerprint = key_of(
            [language.id, language.path.read_bytes(), code_fingerprint(Path(__file__).parent)]
        )
        self.definition = dialect.read(language.path).without(language.absent)
        self.entries = (*ENTRIES, *({REST} & self.definition.rules.keys()))
        rules = inlined(self.definition.rules, self.entries)
        self.lexer = Lexer(self._lexer_tables(rules, store or Store()), language.layout.start)
        self.productions = Productions(rules, self.lexer.classes)
        self.resolver = _resolver(language, self.lexer.classes)
        self.names = Names(language.pairing, self.lexer) if language.pairing else None

    def _lexer_tables(self, rules: Mapping[str, dialect.Expression], store: Store) -> LexerTables:
        key = key_of(["lexer", self.fingerprint])
        entry = store.load(key)
        if entry is not None:
            # Code that is replaced while it runs saves its own shape under the new code's key.
            with contextlib.suppress(KeyError, TypeError):
                return LexerTables.restore(entry.meta, entry.arrays)
        language = self.language
        built = transducer.build(
            self.definition, language.layout, language.modes, language.never_generated
        )
        tables = built.merged(Productions(rules, built.classes).interchangeable())
        tables = minimised(tables)
        store.save(key, *tables.dump())
        return tables

    def compile(self, vocabulary: Sequence[bytes]):  # type: ignore[no-untyped-def]
        """The rules compiled by XGrammar for a vocabulary of class strings.

        Token 0 is the end of the text, token i + 1 is `vocabulary[i]`. The first thing a
        matcher must accept is `start(entry)`.
        """
        tokens = xgrammar.TokenizerInfo(
            [b"\0<end>", *vocabulary], vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[0]
        )
        compiler = xgrammar.GrammarCompiler(tokens, max_threads=1, cache_enabled=False)
        return compiler.compile_grammar(self._grammar)

    @cached_property
    def _grammar(self):  # type: ignore[no-untyped-def]
        return xgrammar.Grammar.from_ebnf(self.productions.ebnf(self.entries))

    def start(self, entry: str) -> bytes:
        """What a matcher accepts first, to parse from an entry point."""
        return self.productions.entry_symbol(self.entries, entry)

    def continuations(self, run: str) -> tuple[str, ...]:
        """The entry points that may be where a run, of `items` or of `block`, goes on."""
        return ("items", *self.entries[len(ENTRIES) :]) if run == "items" else (run,)

    @cached_property
    def class_matcher(self):  # type: ignore[no-untyped-def]
        """XGrammar's matcher over single classes, not yet started; class n is token n. Fork it."""
        names = [encode([n]) for n in range(1, len(self.lexer.classes))]
        return xgrammar.GrammarMatcher(self.compile(names))._handle

    @cached_property
    def balance(self) -> Balance:
        """What the sentences of all entry points balance."""
        return Balance(self.productions, self.entries)

    def end_classes(self, control: int) -> list[int]:
        """What a layout without lines adds at the end of the text."""
        names = self.language.layout.end(control)
        return [self.productions.by_terminal[name][0] for name in names]

    def first_lines(self, entry: str) -> Lines:
        """The layout's state where a text begins: at the top level, the first line is not indented."""
        return Lines() if entry == "block" else Lines(stack=((0, 0),))

    def resolve(self, state: Lines, items: list[int], out: list[int]) -> Lines:
        """Turn lexer output into classes (see `LineResolver.resolve`)."""
        if self.resolver is None:
            out += items
            return state
        return self.resolver.resolve(state, items, out)

    def resolve_end(self, state: Lines, control: int, out: list[int]) -> None:
        """Append what the end of the text stands for, given the layout's states there."""
        if self.resolver is None:
            out += self.end_classes(control)
        else:
            self.resolver.end(state, control, out)

    def check(self, text: bytes, entry: str = "file") -> Failure | None:
        """Parse a text from an entry point; None if the grammar accepts it.

        A byte order mark at the start is skipped.
        """
        return _Check(self, text, entry).run()


class _Check:
    def __init__(self, syntax: Syntax, text: bytes, entry: str) -> None:
        self.syntax = syntax
        self.text = text
        self.begin = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
        self.matcher = syntax.class_matcher.fork()
        self.matcher.accept_string(syntax.start(entry), False)
        self.lines = syntax.first_lines(entry)

    def run(self) -> Failure | None:
        lexer = self.syntax.lexer
        position = lexer.start
        start = self.begin
        while start < len(self.text):
            chunk = self.text[start : start + _CHUNK_BYTES]
            items: list[int] = []
            ahead = lexer.read(position, chunk, items)
            if ahead is None or not self._accept(items):
                return self._locate(position, start)
            position, start = ahead, start + len(chunk)
        items = []
        control = lexer.end(position, items)
        if control is None:
            return self._failure(len(self.text), "end")
        classes: list[int] = []
        try:
            self.lines = self.syntax.resolve(self.lines, items, classes)
            self.syntax.resolve_end(self.lines, control, classes)
        except LayoutError:
            return self._failure(len(self.text), "layout")
        if (
            not self.matcher.accept_string(encode(classes), False)
            or not self.matcher.is_completed()
        ):
            return self._failure(len(self.text), "end")
        return self._misnamed()

    def _misnamed(self) -> Failure | None:
        """A closing tag that names something else than what it closes."""
        names = self.syntax.names
        text = self.text[self.begin :]
        found = names.mismatch(self.syntax.lexer.start, text) if names else None
        if names is None or found is None:
            return None
        offset, right = found[0] + self.begin, found[1]
        expected = (names.pairing.closing_mark + right).decode("utf-8", "replace")
        return replace(self._failure(offset, "names"), expected=(f'"{expected}"',))

    def _accept(self, items: list[int]) -> bool:
        classes: list[int] = []
        try:
            lines = self.syntax.resolve(self.lines, items, classes)
        except LayoutError:
            return False
        if classes and not self.matcher.accept_string(encode(classes), False):
            return False
        self.lines = lines
        return True

    def _locate(self, position: Position, start: int) -> Failure:
        """Find the byte where a chunk fails by reading it one byte at a time."""
        for offset in range(start, len(self.text)):
            items: list[int] = []
            ahead = self.syntax.lexer.read(position, self.text[offset : offset + 1], items)
            if ahead is None:
                return self._failure(offset, "lexer")
            before = self.lines
            if not self._accept(items):
                reason = "parser" if self._resolves(before, items) else "layout"
                return self._failure(offset, reason)
            position = ahead
        return self._failure(len(self.text), "end")

    def _resolves(self, lines: Lines, items: list[int]) -> bool:
        try:
            self.syntax.resolve(lines, items, [])
        except LayoutError:
            return False
        return True

    def _failure(self, offset: int, reason: str) -> Failure:
        line_end = self.text.find(b"\n", offset)
        near = self.text[offset : line_end if line_end >= 0 else None][:60]
        return Failure(
            offset=offset,
            line=self.text.count(b"\n", 0, offset) + 1,
            near=near.decode("utf-8", "replace"),
            expected=self._expected(),
            reason=reason,
        )

    def _expected(self) -> tuple[str, ...]:
        classes = self.syntax.lexer.classes
        words = np.zeros((1, (len(classes) + 31) // 32), dtype=np.int32)
        self.matcher.fill_next_token_bitmask(words, 0, False)
        bits = np.unpackbits(words.view(np.uint8), bitorder="little")[: len(classes)]
        names = {name for number in np.flatnonzero(bits[1:]) + 1 for name in classes[number]}
        return tuple(sorted(names))


def _resolver(language: Language, classes: Sequence[frozenset[str]]) -> LineResolver | None:
    layout = language.layout
    if not isinstance(layout, Indentation):
        return None

    def numbers(names: frozenset[str]) -> frozenset[int]:
        return frozenset(n for n, terminals in enumerate(classes) if terminals & names)

    newline, indent, dedent = (min(numbers(frozenset({name}))) for name in layout.terminals)
    return LineResolver(newline, indent, dedent, numbers(layout.openers), numbers(layout.closers))


@cache
def load(language_id: str) -> Syntax:
    """The syntax of a language, built once per process.

    Raises:
        UnknownLanguage: naming the languages there are.
        GrammarError: where the grammar file is broken.
    """
    return Syntax(languages.get(language_id))
