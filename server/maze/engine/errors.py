"""What can go wrong between the language server and an engine.

    EngineError
    ├── EngineMissing       the `local` extra is not installed, or the engine did not start
    ├── EngineUnreachable   nothing answers at the address
    │   └── EngineMisaddressed  there is no such machine, or not the one that was meant (TLS)
    ├── EngineTimeout       it answered too slowly
    ├── EngineRefused       401, 403: the key is missing or wrong
    ├── EngineRejected      other 4xx: the engine understood and said no, in one sentence
    ├── EngineBusy          429: it has too much to do; try again later
    │   └── EngineStarting  503: it is loading, or a GPU for it is on its way
    └── EngineBroken        5xx, or an answer that makes no sense
        └── EngineLost      the connection ended before an answer did

Each message is one sentence with the next step, fit to be shown to a person. None holds a key.
"""

from __future__ import annotations

import os
import socket


class EngineError(Exception):
    """The base of all; catch this where a request was made only in passing."""


class EngineMissing(EngineError):
    """The embedded engine is not installed here, or its process did not start."""


class EngineUnreachable(EngineError):
    """Nothing answers at the engine's address."""


class EngineMisaddressed(EngineUnreachable):
    """The address is wrong, or whoever is there cannot prove to be meant; waiting does not help."""


class EngineTimeout(EngineError):
    """The engine did not answer in time."""


class EngineRefused(EngineError):
    """The engine does not accept the key (401 or 403)."""


class EngineRejected(EngineError):
    """The engine says the request is wrong (another 4xx)."""


class EngineBusy(EngineError):
    """The engine cannot take a request now (429, or 503 for one that is starting)."""


class EngineStarting(EngineBusy):
    """The engine is not there yet (503); nothing has been done with the request."""


class EngineBroken(EngineError):
    """The engine failed (5xx), answered nonsense, or stopped in the middle of an answer."""


class EngineLost(EngineBroken):
    """The engine stopped in the middle of an answer; its process may have ended."""


def system_words(error: Exception) -> str:
    """Why an address can not be listened on, in the system's words alone.

    asyncio and `socket.create_server` put the address into `strerror` once more.
    """
    number = getattr(error, "errno", None) or 0
    if number > 0 and not isinstance(error, socket.gaierror):  # whose numbers are of another kind
        return os.strerror(number).lower()
    return (getattr(error, "strerror", None) or str(error)).lower()
