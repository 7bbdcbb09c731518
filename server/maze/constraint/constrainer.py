"""Where engines get constraints from: one `Constrainer` per model."""

from __future__ import annotations

import gc
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maze import grammar
from maze.grammar import Syntax
from maze.grammar.store import Store

from . import tables
from .constraint import Constraint
from .forced import Forced
from .masks import Masks
from .parser import Parser, Vocabularies
from .prefix import PrefixCache
from .reading import Reading
from .spellings import Spellings
from .stopping import Mode
from .suffix import Suffix
from .surroundings import Surroundings
from .unconstrained import Unconstrained
from .vocabulary import Vocabulary

_BYTE_ORDER_MARK = "\ufeff"

_KEPT_TEXTS = 8

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Scope:
    """One link of the fallback chain: a stretch of text around the cursor, and where to parse it
    from.

    Attributes:
        level: its name in answers: "file", "scope", "block", "line".
        entry: the grammar's entry point, one of `maze.grammar.ENTRIES`.
        prefix_start: where it begins, in characters of the prefix.
        suffix_end: where it ends, in characters of the suffix.
    """

    level: str
    entry: str
    prefix_start: int
    suffix_end: int


class Constrainer:
    """Makes constraints for one vocabulary. Thread-safe; what it makes is not.

    Args:
        vocabulary: the model's tokens.
        cache_dir: where tables are cached; None: the user's cache folder.
        kept_texts: how many texts per language stay read, so that the next keystroke costs only
            itself: as many as are edited at once. Each takes some 0.5 MB, a long one more.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        cache_dir: Path | None = None,
        *,
        kept_texts: int = _KEPT_TEXTS,
    ) -> None:
        self.vocabulary = vocabulary
        self._kept_texts = kept_texts
        self._store = Store(cache_dir)
        self._languages: dict[str, _Prepared] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._spellings = Spellings(vocabulary.tokens)

    def prepare(self, language: str, progress: Progress | None = None) -> None:
        """Build or load a language's tables now rather than at its first request.

        What the first requests would compute once is computed too, in some 0.3 s.

        Args:
            language: a language id.
            progress: called with a share from 0 to 1 and a text.

        Raises:
            UnknownLanguage: naming the languages there are.
        """
        self._prepared(language, progress).warm_up()
        _keep()

    def _prepared(self, language: str, progress: Progress | None = None) -> _Prepared:
        with self._guard:
            lock = self._locks.setdefault(language, threading.Lock())
        with lock:
            found = self._languages.get(language)
            if found is None:
                syntax = grammar.load(language)
                loaded = tables.load(syntax, self.vocabulary, self._store, progress)
                masks = Masks(syntax, loaded, self.vocabulary.tokens, self._spellings)
                found = _Prepared(syntax, masks, loaded, self._kept_texts)
                self._languages[language] = found
                _keep()
            return found

    def begin(
        self,
        language: str,
        prefix: str,
        suffix: str,
        scopes: Sequence[Scope] = (),
        mode: str = "line",
        forced: bytes = b"",
    ) -> Constraint | Unconstrained:
        """A constraint for text between `prefix` and `suffix`.

        Args:
            language: a language id.
            prefix: the text before the cursor.
            suffix: the text after it.
            scopes: the fallback chain; the first whose prefix parses is used. Empty: the whole
                text, as a file.
            mode: see `Mode`.
            forced: bytes that end the prefix and that the first tokens must reproduce.

        Returns:
            A constraint; an `Unconstrained` one where no scope's prefix parses.

        Raises:
            UnknownLanguage: naming the languages there are.
            ValueError: if `forced` does not end the prefix, or `mode` or an entry point is unknown.
        """
        prepared = self._prepared(language)
        chosen_mode = Mode(mode)
        whole = _encode(prefix)
        if not whole.endswith(forced):
            raise ValueError("the forced bytes must end the prefix")
        chain = scopes or (Scope("file", "file", 0, len(suffix)),)
        started = time.perf_counter()
        refused: list[Scope] = []
        for scope in prepared.usable(prefix, suffix, chain, refused):
            if scope.entry not in grammar.ENTRIES:
                raise ValueError(f"unknown entry point {scope.entry!r}")
            text = _encode(prefix[scope.prefix_start :].removeprefix(_BYTE_ORDER_MARK))
            if len(text) < len(forced):
                continue
            reading = prepared.reading(scope.entry, text[: len(text) - len(forced)])
            if reading is None or not _goes_on(reading, forced):
                refused.append(scope)
                continue
            constraint = Constraint(
                self.vocabulary,
                prepared.masks,
                reading,
                prepared.suffix(suffix[: scope.suffix_end]),
                level=scope.level,
                mode=chosen_mode,
                before=whole,
                forced=Forced(forced, self._spellings),
            )
            constraint.stats.prefix_us = (time.perf_counter() - started) * 1e6
            return constraint
        return self.free(forced)

    def free(self, forced: bytes = b"") -> Unconstrained:
        """What constrains nothing but the first tokens, which must reproduce `forced`."""
        return Unconstrained(self.vocabulary, Forced(forced, self._spellings))


def _goes_on(reading: Reading, forced: bytes) -> bool:
    """Whether the forced bytes, which are text already there, may follow the rest of the prefix."""
    if not forced:
        return True
    place = reading.place
    goes_on = reading.read(forced) and reading.can_go_on()
    reading.go_back(place)
    return goes_on


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


class _Prepared:
    """A language loaded for a vocabulary."""

    def __init__(
        self, syntax: Syntax, masks: Masks, loaded: tables.Tables, kept_texts: int
    ) -> None:
        self.syntax = syntax
        self.masks = masks
        self._vocabularies = Vocabularies(loaded.compile(syntax))
        self._suffixes: OrderedDict[str, Suffix] = OrderedDict()
        self._kept_texts = kept_texts
        self._prefixes = PrefixCache(self._begin, kept_texts)
        self._surroundings = Surroundings(syntax, kept_texts)
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Compute what the first requests would."""
        self._begin("file").parser.mark_restart()
        self.masks.warm_up()

    def usable(
        self, prefix: str, suffix: str, chain: Sequence[Scope], refused: Sequence[Scope]
    ) -> Iterator[Scope]:
        """The scopes of a chain that a guarantee can be given for, in the order to try them.

        The whole text comes first, unless it is broken away from the cursor: then nothing joins
        with all of it, and it comes last.

        Args:
            refused: grows with the scopes whose prefix turned out not to parse.
        """
        last: list[Scope] = []
        for scope in chain:
            before, after = (
                _encode(prefix[: scope.prefix_start]),
                _encode(suffix[scope.suffix_end :]),
            )
            if not before and not after:
                if self._broken_elsewhere(suffix, chain):
                    last.append(scope)
                else:
                    yield scope
                continue
            with self._lock:
                alone = self._surroundings.may_stand_alone(
                    before, after, scope.entry, sound_so_far=not refused
                )
            if alone:
                yield scope
        yield from last

    def _broken_elsewhere(self, suffix: str, chain: Sequence[Scope]) -> bool:
        item = next((s for s in chain if s.entry == "items" and s.suffix_end < len(suffix)), None)
        if item is None:
            return False
        with self._lock:
            return self._surroundings.is_broken_elsewhere(_encode(suffix[item.suffix_end :]))

    def suffix(self, text: str) -> Suffix:
        """The suffix, kept: it stays the same while a person types before it."""
        with self._lock:
            found = self._suffixes.pop(text, None)
            if found is None:
                found = Suffix(self.syntax, _encode(text), self._surroundings.parses)
            self._suffixes[text] = found
            if len(self._suffixes) > self._kept_texts:
                self._suffixes.popitem(last=False)
            return found

    def _begin(self, entry: str) -> Reading:
        return Reading(self.syntax, Parser(self.syntax, self._vocabularies, entry), entry)

    def reading(self, entry: str, prefix: bytes) -> Reading | None:
        with self._lock:
            return self._prefixes.reading(entry, prefix)


def _keep() -> None:
    """Take all that there is out of the garbage collector's sight.

    What was loaded are millions of objects that stay. Looking through them would hold up some mask by
    as much as 0.1 s, and with it every request of a batch.
    """
    gc.freeze()
