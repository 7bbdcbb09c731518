"""Structured logs: one JSON object a line, which Modal's log search reads, and no source code.

vLLM logs no prompts unless it is asked to. What might still quote one is the message of an
exception, so of those only the type and the places in the program are kept.
"""

from __future__ import annotations

import json
import logging
import logging.config
import traceback
from typing import Any, Final

_MAX_CHARS = 2_000


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: `time`, `level`, `logger`, `message`, perhaps `error`."""

    def format(self, record: logging.LogRecord) -> str:
        data: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:_MAX_CHARS],
        }
        if record.exc_info and record.exc_info[0]:
            frames = traceback.extract_tb(record.exc_info[2])
            data["error"] = record.exc_info[0].__name__
            data["at"] = [f"{frame.filename}:{frame.lineno}" for frame in frames]
        return json.dumps(data)


CONFIGURATION: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"class": "modal_service.logs.JsonFormatter"}},
    "handlers": {
        "lines": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "stream": "ext://sys.stdout",
        }
    },
    "loggers": {
        name: {"handlers": ["lines"], "level": "INFO", "propagate": False}
        for name in ("vllm", "uvicorn", "maze")
    },
}
"""For `logging.config.dictConfig`, and as a file for vLLM's VLLM_LOGGING_CONFIG_PATH."""


def configure() -> None:
    """Log that way in this process."""
    logging.config.dictConfig(CONFIGURATION)
