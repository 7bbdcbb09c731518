"""Keys: made, compared in constant time, and proven without being told.

A launcher that finds a state file from earlier cannot know who listens on that port today. Before
it sends a key, or anyone's source code, it asks `/health` to answer a random challenge; only a
process that holds the key can.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_key() -> str:
    """A fresh bearer key of 256 random bits."""
    return secrets.token_urlsafe(32)


def new_challenge() -> str:
    """A fresh random challenge, in hexadecimal."""
    return secrets.token_hex(16)


def prove(key: str, challenge: str) -> str:
    """The answer to `challenge` by one who holds `key`: HMAC-SHA-256, in hexadecimal."""
    return hmac.new(key.encode(), challenge.encode(), hashlib.sha256).hexdigest()


def proves(key: str, challenge: str, proof: str) -> bool:
    """Whether `proof` answers `challenge` with `key`."""
    return hmac.compare_digest(prove(key, challenge).encode(), proof.encode())


def bearer_matches(header: str | None, key: str) -> bool:
    """Whether an Authorization header carries `key`; takes the same time wherever it differs."""
    scheme, _, sent = (header or "").partition(" ")
    return hmac.compare_digest(sent.strip().encode(), key.encode()) and scheme.lower() == "bearer"
