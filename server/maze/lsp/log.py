"""The server's log: to stderr or a file, never to stdout, and without a word of anybody's code.

pygls logs whole messages, with the documents and settings in them. Of other libraries' records
only the fixed part is written, and of their exceptions the kind and the place.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections import deque
from pathlib import Path

_OURS = "maze"
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_MOST_LINES = 500

_recent: deque[str] = deque(maxlen=_MOST_LINES)
_file: Path | None = None


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        if record.name.partition(".")[0] == _OURS:
            return super().format(record)
        bare = logging.makeLogRecord(
            {**record.__dict__, "args": (), "exc_info": None, "exc_text": None}
        )
        bare.msg = str(record.msg) + _what(record)
        return super().format(bare)


def _what(record: logging.LogRecord) -> str:
    """Kind and place of the exception that ``record`` is about."""
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    frames = traceback.extract_tb(record.exc_info[2])
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f" ({record.exc_info[0].__name__}{place})"


class _Recent(logging.Handler):
    """Keeps the newest lines, for an editor that wants to show them."""

    def emit(self, record: logging.LogRecord) -> None:
        _recent.extend(self.format(record).splitlines())


def recent() -> list[str]:
    """The newest lines."""
    return list(_recent)


def path() -> Path | None:
    """The file that is written, if it is one."""
    return _file


def configure(level: str = "WARNING", file: Path | None = None) -> None:
    """Log to ``file``, or to stderr.

    Raises:
        ValueError: there is no such level.
        OSError: the file can not be written.
    """
    handler = logging.FileHandler(file, encoding="utf-8") if file else None
    chosen = handler or logging.StreamHandler(sys.stderr)
    global _file
    _file = file
    root = logging.getLogger()
    root.handlers[:] = [chosen, _Recent()]
    for one in root.handlers:
        one.setFormatter(_Formatter(_FORMAT))
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level.upper())
