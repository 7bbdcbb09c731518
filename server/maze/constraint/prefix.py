"""Prefixes already read, so that a keystroke costs only its own text."""

from __future__ import annotations

from collections.abc import Callable

from .reading import Place, Reading

# A step of the kept reading; going back to an edit loses at most this much.
_STEP_BYTES = 512
_KEPT = 6


class PrefixCache:
    """Readings of the prefixes asked about last. Not thread-safe.

    Args:
        begin: makes a new reading from an entry point.
    """

    def __init__(self, begin: Callable[[str], Reading]) -> None:
        self._begin = begin
        self._tracks: list[_Track] = []

    def reading(self, entry: str, prefix: bytes) -> Reading | None:
        """A reading at the end of the prefix, the caller's own; None if it does not parse."""
        track = self._closest(entry, prefix)
        self._tracks.append(track)
        del self._tracks[:-_KEPT]
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
            step = text[at : at + _STEP_BYTES]
            if not self.reading.read(step):
                self.text = text[:at]
                return False
            at += len(step)
            self._places.append(self.reading.place)
        self.text = text
        return self.reading.can_go_on()


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
