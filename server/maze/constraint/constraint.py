"""The object an engine asks, token by token, what may come next."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .closing import bare, closed, opens
from .forced import Forced
from .masks import Masks
from .reading import Place, Reading
from .stopping import Mode, indentation, leaves_block, line_ends
from .suffix import Suffix
from .vocabulary import Vocabulary

UNCONSTRAINED = "unconstrained"

_CLOSED_AT_MOST = 16
"""So many places are tried, from the end backwards, to close a text that joins nowhere."""


@dataclass
class Stats:
    """What a constraint did.

    Attributes:
        tokens: tokens accepted.
        constraint_us: time spent in the constraint, in microseconds, prefix excluded.
        prefix_us: time spent reading the prefix.
    """

    tokens: int = 0
    constraint_us: float = 0.0
    prefix_us: float = 0.0


class _Before(NamedTuple):
    """What to come back to when a token is taken back."""

    place: Place
    text_length: int
    forced: Forced
    done: bool
    cut: int | None


class Constraint:
    """Constrains one generation. Not thread-safe.

    Args:
        vocabulary: the model's tokens.
        masks: the language's masks.
        reading: stands at the end of the prefix, less the forced text.
        suffix: what follows the cursor.
        level: which scope of the fallback chain `reading` reads.
        mode: when to stop.
        before: what stands before the cursor.
        forced: see `Forced`.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        masks: Masks,
        reading: Reading,
        suffix: Suffix,
        *,
        level: str,
        mode: Mode,
        before: bytes,
        forced: Forced,
    ) -> None:
        self.level = level
        self.stats = Stats()
        self._vocabulary = vocabulary
        self._masks = masks
        self._reading = reading
        self._suffix = suffix
        self._mode = mode
        self._before = before
        self._base = indentation(before[max(before.rfind(b"\n"), before.rfind(b"\r")) + 1 :])
        self._forced = forced
        self._text = bytearray()  # forced bytes included
        self._healed = len(forced.text)
        self._history: list[_Before] = []
        self._done = False
        self._cut: int | None = None
        self._stops: bool | None = None

    @property
    def text(self) -> bytes:
        """What was generated so far, forced bytes excluded."""
        return bytes(self._text[self._healed :])

    def fill_mask(self, out: np.ndarray) -> None:
        """Set the bit of every allowed token and clear the others.

        Args:
            out: int32 [≥ ceil(V / 32)], bit i % 32 of word i // 32 for token i; words past V are
                cleared.
        """
        started = time.perf_counter()
        words = self._vocabulary.words
        if self._done:
            out.fill(0)
        else:
            place = self._reading.place
            mask = self._masks.fill(self._reading.parser, place.position, place.lines, place.opened)
            out[:words] = mask
            out[words:] = 0
            if self._forced.text:
                out[:words] &= self._forced.mask()
        if self.can_stop():
            self._vocabulary.allow_stops(out)
        self.stats.constraint_us += (time.perf_counter() - started) * 1e6

    def allows(self, token_id: int) -> bool:
        """Whether one token may come next: the same answer as its bit in the mask."""
        started = time.perf_counter()
        is_stop = token_id in self._vocabulary.stop_token_ids
        allowed = self.can_stop() if is_stop else self._try(token_id)
        self.stats.constraint_us += (time.perf_counter() - started) * 1e6
        return allowed

    def _try(self, token_id: int) -> bool:
        before = self._reading.place
        if not self._read(token_id):
            return False
        self._reading.go_back(before)
        return True

    def _read(self, token_id: int) -> bool:
        """Read a token into the reading if it may come next."""
        if self._done or not 0 <= token_id < len(self._vocabulary):
            return False
        token = self._vocabulary.tokens[token_id]
        if token is None or (self._forced.text and not self._forced.allows(token)):
            return False
        reading = self._reading
        before = reading.place
        if not reading.read(token, generating=True):
            return False
        if not reading.can_go_on():
            reading.go_back(before)
            return False
        return True

    def accept(self, token_id: int) -> bool:
        """Append a token; False, and nothing changed, if it may not come next.

        A stop token ends the generation.
        """
        started = time.perf_counter()
        before = _Before(self._reading.place, len(self._text), self._forced, self._done, self._cut)
        if token_id in self._vocabulary.stop_token_ids:
            if not self.can_stop():
                return False
            self._done = True
        else:
            if not self._read(token_id):
                return False
            token = self._vocabulary.tokens[token_id]
            assert token is not None
            self._text += token
            self._forced = self._forced.less(token)
            self._stops = None
        self._history.append(before)
        if not self._done:
            self._check_done(before)
        self.stats.tokens += 1
        self.stats.constraint_us += (time.perf_counter() - started) * 1e6
        return True

    def rollback(self, count: int = 1) -> None:
        """Take back the last `count` tokens."""
        if count <= 0:
            return
        before = self._history[-count]
        del self._history[-count:]
        self._reading.go_back(before.place)
        del self._text[before.text_length :]
        self._forced = before.forced
        self._done, self._cut, self._stops = before.done, before.cut, None
        self.stats.tokens -= count

    def can_stop(self) -> bool:
        """Whether the text so far joins with the suffix."""
        if self._done:
            return True
        if self._stops is None:
            self._stops = not self._forced.text and self._suffix.joins(self._reading)
        return self._stops

    def is_done(self) -> bool:
        """Whether the mode's stopping place is reached, or a stop token came."""
        return self._done

    def _check_done(self, before: _Before) -> None:
        """Stop where the mode says so, if the text joins when cut there."""
        fresh = max(before.text_length, self._healed)
        if b"\n" not in self._text[fresh:] and self._mode != Mode.BLOCK:
            return
        cuts: list[int] = []
        if self._mode == Mode.LINE:
            ends = line_ends(self.text, fresh - self._healed)
            cuts = [end + self._healed for end in ends]
        elif self._mode == Mode.BLOCK:
            end = leaves_block(self.text, self._base)
            if end is not None:
                cuts = [end + self._healed]
        for cut in cuts:
            if self._joins_at(self._reading.fork(), cut):
                self._done, self._cut = True, cut
                return

    def joinable(self) -> int:
        """Bytes of `text` to offer: up to the last place where it joins with the suffix.

        A place at the end of a line is preferred to one inside a line; 0 if there is none.
        """
        if self._cut is not None:
            return self._cut - self._healed
        if self.can_stop():
            return len(self._text) - self._healed
        ends = [self._healed + end for end in line_ends(self.text, 0)]
        tokens = [before.text_length for before in self._history]
        probe = self._reading.fork()
        for cuts in (ends, tokens):
            for cut in reversed(cuts):
                if cut > self._healed and self._joins_at(probe, cut):
                    return cut - self._healed
            probe = self._reading.fork()
        return 0

    def closed(self) -> bytes:
        """A beginning of `text`, and what closes all that it leaves open: such a text joins.

        Cut at the end of a line, if that leads anywhere, else inside one. Empty where a few
        brackets do not help.
        """
        if self._forced.text:
            return b""
        healed = self._healed
        ends = [healed + end for end in line_ends(self.text, 0)][-_CLOSED_AT_MOST:]
        tokens = [before.text_length for before in self._history][-_CLOSED_AT_MOST:]
        # What is closed as soon as it is opened says little.
        opening = [end for end in ends if opens(bytes(self._text[:end]))]
        for cuts in (sorted({*ends} - {*opening}), [*tokens, len(self._text)], opening):
            probe = self._reading.fork()
            for cut in reversed(cuts):
                text = bare(bytes(self._text[healed:cut]))
                if not text or not self._go_to(probe, healed + len(text)):
                    continue
                found = closed(probe, self._before, text, self._suffix.joins)
                if found is not None:
                    return found
                self._go_to(probe, healed + len(text))
        return b""

    def _go_to(self, probe: Reading, cut: int) -> bool:
        """Move a fork of the reading back to an offset of the text; it may end up before that."""
        base = next((b for b in reversed(self._history) if b.text_length <= cut), None)
        if base is None:
            return False
        probe.go_back(base.place)
        rest = bytes(self._text[base.text_length : cut])
        return not rest or probe.read(rest)

    def _joins_at(self, probe: Reading, cut: int) -> bool:
        """Whether the text cut at an offset (forced bytes counted) joins with the suffix.

        Args:
            probe: a fork of the reading; it is left before `cut`, so ask from the end backwards.
        """
        return self._go_to(probe, cut) and self._suffix.joins(probe)
