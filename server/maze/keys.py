"""The keys of engines: from the environment, or from the operating system's keyring; never a file.

A key belongs to one address. It is not sent to another, so a changed `engine_url` can not carry
it away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from attrs import field, frozen

VARIABLE = "MAZE_API_KEY"
_SERVICE = "maze"


class NoKeyring(Exception):
    """There is no keyring to be used here; one sentence with the next step."""


@frozen
class Key:
    """A key, and where it comes from.

    Attributes:
        value: the key.
        source: for a person, as in "the keyring".
    """

    value: str = field(repr=False)
    source: str


def find(url: str, environment: Mapping[str, str] = os.environ) -> Key | None:
    """The key for the engine at `url`; the environment's wins. A keyring that fails has none."""
    if value := environment.get(VARIABLE, "").strip():
        return Key(value, VARIABLE)
    try:
        value = stored(url)
    except NoKeyring:
        return None
    return Key(value, "the keyring") if value else None


def stored(url: str) -> str:
    """The key for `url` in the keyring; empty when there is none.

    Raises:
        NoKeyring: there is no keyring.
    """
    with _keyring() as keyring:
        return keyring.get_password(_SERVICE, _name(url)) or ""


def store(url: str, key: str) -> None:
    """Put `key` into the keyring as the one for `url`.

    Raises:
        NoKeyring: there is none, or it is locked.
    """
    with _keyring() as keyring:
        keyring.set_password(_SERVICE, _name(url), key)


def forget(url: str) -> bool:
    """Take the key for `url` out of the keyring; false when there was none.

    Raises:
        NoKeyring: there is none, or it is locked.
    """
    with _keyring() as keyring:
        if not keyring.get_password(_SERVICE, _name(url)):
            return False
        keyring.delete_password(_SERVICE, _name(url))
        return True


def keyring_name() -> str:
    """What the keyring is here, for a person.

    Raises:
        NoKeyring: there is none.
    """
    with _keyring() as keyring:
        backend = keyring.get_keyring()
        if backend.priority < 1:
            raise _none()
        return str(backend.name)


def _name(url: str) -> str:
    """The address as the keyring's user name: what decides who listens, and no path."""
    parts = urlsplit(url.strip().lower())
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def _keyring() -> Iterator[Any]:
    try:
        # Imported late: most people need no key, and it takes a while.
        import keyring

        yield keyring
    except Exception:
        # Not only `KeyringError`: one that is set up wrongly fails as its parts do, on import too.
        raise _none() from None


def _none() -> NoKeyring:
    return NoKeyring(
        f"there is no keyring on this machine, or it is locked; set the key as {VARIABLE} in the "
        "environment of your editor instead"
    )
