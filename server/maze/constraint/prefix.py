"""Prefixes already read, so that a keystroke costs only its own text."""

from __future__ import annotations

from collections.abc import Callable

from .reading import Place, Reading

# A step of the kept reading; going back to an edit loses at most this much.
_STEP_BYTES = 512


class PrefixCache:
    """Readings of the prefixes asked about last. Not thread-safe.

    Args:
        begin: makes a new reading from an entry point.
        kept: how many prefixes.
    """

    def __init__(self, begin: Callable[[str], Reading], kept: int) -> None:
        self._begin = begin
        self._kept = kept
        self._tracks: list[_Track] = []

    def reading(self, entry: str, prefix: bytes) -> Reading | None:
        """A reading at the end of the prefix, the caller's own; None if it does not parse."""
        track = self._closest(entry, prefix)
        self._tracks.append(track)
        del self._tracks[: -self._kept]
        if not track.move_to(prefix):
            return None
        return track.reading.fork()

    def _closest(self, entry: str, prefix: bytes) -> _Track:
        """Take out the track that shares most with the prefix, or begin one."""
        best, most = None, 0
        for track in self._tracks:
            if track.entry == entry:
                shared = common_prefix(track.text, prefix)
                # Rather a new track than undoing most of one that another document still needs.
                if shared > most and 2 * shared >= len(track.text):
                    best, most = track, shared
        if best is None:
            return _Track(entry, self._begin(entry))
        self._tracks.remove(best)
        return best


class _Track:
    def __init__(self, entry: str, reading: Reading) -> None:
        self.entry = entry
        self.reading = reading
        self.text = b""
        self._places: list[Place] = [reading.place]

    def move_to(self, text: bytes) -> bool:
        """Read exactly `text`, back and forth from what was read; False if it does not parse."""
        shared = common_prefix(self.text, text)
        while self._places[-1].length > shared:
            self._places.pop()
        self.reading.go_back(self._places[-1])
        at = self.reading.place.length
        while at < len(text):
            end, begins_item = _step_end(text, at)
            if not self.reading.read(text[at:end]):
                self.text = text[:at]
                return False
            at = end
            self._places.append(self.reading.place)
            if begins_item:
                self.reading.parser.mark_restart()
        self.text = text
        return self.reading.can_go_on()


def _step_end(text: bytes, start: int) -> tuple[int, bool]:
    """Where a step ends: one byte into an unindented line, if there is one at a good distance.

    Returns:
        The offset, and whether it is such a place: there everything about the lines above, dedents
        too, has reached the parser, and a top-level item may have just begun.
    """
    limit = min(start + _STEP_BYTES, len(text))
    at = text.find(b"\n", start + _STEP_BYTES // 2, limit - 1)
    while at >= 0:
        if text[at + 1 : at + 2].strip():
            return at + 2, True
        at = text.find(b"\n", at + 1, limit - 1)
    return limit, False


def common_prefix(left: bytes, right: bytes) -> int:
    """Length of what two texts begin with alike."""
    low, high = 0, min(len(left), len(right))
    if left[:high] == right[:high]:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
