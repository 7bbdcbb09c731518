"""The server's log: to stderr or a file, never to stdout, and without a word of anybody's code.

pygls logs whole messages, with the documents and settings in them. Of other libraries' records
only the fixed part is written, and of their exceptions the kind and the place.
"""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

_OURS = "maze"


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


def configure(level: str = "WARNING", file: Path | None = None) -> None:
    """Log to ``file``, or to stderr.

    Raises:
        ValueError: there is no such level.
        OSError: the file can not be written.
    """
    handler = logging.FileHandler(file, encoding="utf-8") if file else None
    chosen = handler or logging.StreamHandler(sys.stderr)
    chosen.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [chosen]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level.upper())
