"""What the API server tells the engine about one generation, as vLLM's `extra_args` carry it."""

from __future__ import annotations

import re
from typing import Any

from attrs import define

from maze import constraint
from maze.constraint import Constrainer, Constraint, Unconstrained
from maze.engine.protocol import MazeRequest, Scope

NAME = "maze"
"""The member of `SamplingParams.extra_args` (`vllm_xargs` on the wire) that holds it."""

_CHANNEL = re.compile(r"[0-9a-f]{16}")


class BadSpec(ValueError):
    """Not a specification of ours: somebody else's `vllm_xargs`."""


@define(frozen=True)
class Spec:
    """How to begin a constraint, and where to report what it cost.

    Attributes:
        language: None constrains nothing but the forced text.
        prefix, suffix, scopes, mode: as in `maze.engine.protocol.MazeRequest`.
        forced_bytes: how many bytes at the end of the prefix the first tokens must spell.
        channel: names the API server (see `reports`).
        tag: names the generation, within its API server.
    """

    language: str | None
    prefix: str
    suffix: str
    scopes: tuple[Scope, ...]
    mode: str
    forced_bytes: int
    channel: str
    tag: int

    @classmethod
    def of(cls, maze: MazeRequest, forced_bytes: int, channel: str, tag: int) -> Spec:
        """The specification for a request."""
        return cls(
            language=maze.language if maze.constrain else None,
            prefix=maze.prefix,
            suffix=maze.suffix,
            scopes=maze.scopes,
            mode=maze.mode,
            forced_bytes=forced_bytes,
            channel=channel,
            tag=tag,
        )

    @property
    def forced(self) -> bytes:
        """The bytes that the first tokens must spell."""
        text = self.prefix.encode()
        return text[len(text) - self.forced_bytes :]

    def begin(self, constrainer: Constrainer) -> Constraint | Unconstrained:
        """The constraint. Thread-safe; takes as long as the prefix is.

        Raises:
            UnknownLanguage, ValueError: see `Constrainer.begin`.
        """
        if self.language is None:
            return constrainer.free(self.forced)
        return constrainer.begin(
            self.language,
            self.prefix,
            self.suffix,
            scopes=[
                constraint.Scope(scope.level, scope.entry, scope.prefix_start, scope.suffix_end)
                for scope in self.scopes
            ],
            mode=self.mode,
            forced=self.forced,
        )

    def to_plain(self) -> dict[str, Any]:
        """Only strings, numbers, lists and dicts, which any of vLLM's transports carry."""
        return {
            "language": self.language,
            "prefix": self.prefix,
            "suffix": self.suffix,
            "scopes": [
                [scope.level, scope.entry, scope.prefix_start, scope.suffix_end]
                for scope in self.scopes
            ],
            "mode": self.mode,
            "forced_bytes": self.forced_bytes,
            "channel": self.channel,
            "tag": self.tag,
        }

    @classmethod
    def from_plain(cls, data: Any) -> Spec:
        """The inverse of `to_plain`.

        Raises:
            BadSpec: it was not made by `to_plain`.
        """
        try:
            spec = cls(**{**data, "scopes": tuple(Scope(*scope) for scope in data["scopes"])})
            if not _CHANNEL.fullmatch(spec.channel) or not 0 <= spec.tag < 2**63:
                raise ValueError
            if not 0 <= spec.forced_bytes <= len(spec.prefix.encode()):
                raise ValueError
        except (TypeError, ValueError, KeyError, AttributeError):
            raise BadSpec(f"{NAME} in vllm_xargs is for Maze's own use; use `maze`") from None
        return spec


def take_spec(parameters: Any) -> Spec | None:
    """The specification among a request's extra arguments, if there is one; it is taken out of them.

    vLLM writes the parameters of its requests to the log when a model fails, and hands them to each
    of its workers. It asks for a grammar once, before either.

    Args:
        parameters: vLLM's `SamplingParams`, or None for what is not generated.

    Raises:
        BadSpec: something else goes by its name.
    """
    extra: dict[str, Any] = getattr(parameters, "extra_args", None) or {}
    if extra.get(NAME) is None:
        return None
    spec = Spec.from_plain(extra[NAME])
    parameters.extra_args = {name: value for name, value in extra.items() if name != NAME} or None
    return spec
