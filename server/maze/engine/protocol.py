"""The wire protocol: OpenAI completions plus a `maze` object, as plain classes.

Every engine speaks it, so the language server does not know where the model runs. This
module is the only one that turns JSON into these classes and back; it needs nothing but attrs
and cattrs. What breaks a rule raises `ProtocolError`, whose message is one sentence for a person.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from attrs import Attribute, define, field
from cattrs import BaseValidationError, Converter
from cattrs.errors import AttributeValidationNote, IterableValidationNote

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
MAX_TOKENS: Final = 1024
MAX_CHOICES: Final = 8
MAX_STOPS: Final = 16
MAX_SCOPES: Final = 16
MAX_TEMPERATURE: Final = 2.0

MODES: Final = ("line", "block", "free")
LEVELS: Final = ("file", "scope", "block", "line")
ENTRIES: Final = ("file", "items", "block")
UNCONSTRAINED: Final = "unconstrained"
DONE: Final = "[DONE]"

T = TypeVar("T")


class ProtocolError(ValueError):
    """A request or an answer that breaks the protocol.

    Attributes:
        status: the HTTP status an engine answers with (400 or 413).
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def _within(low: float, high: float) -> Any:
    def check(_: object, attribute: Attribute[Any], value: float) -> None:
        if not (math.isfinite(value) and low <= value <= high):
            raise ValueError(f"{attribute.name} must be from {low:g} to {high:g}, not {value:g}")

    return check


def _one_of(*names: str) -> Any:
    def check(_: object, attribute: Attribute[Any], value: str) -> None:
        if value not in names:
            raise ValueError(f"{attribute.name} must be one of {', '.join(names)}, not {value!r}")

    return check


def _at_most(count: int) -> Any:
    def check(_: object, attribute: Attribute[Any], value: tuple[Any, ...]) -> None:
        if len(value) > count:
            raise ValueError(f"{attribute.name} may hold at most {count} entries")

    return check


@define(frozen=True)
class Scope:
    """One link of the fallback chain: the text `prefix[prefix_start:] │ suffix[:suffix_end]`.

    Attributes:
        level: how wide the scope is: file, scope, block or line.
        entry: the grammar's entry point it is parsed from: file, items or block.
        prefix_start: where it starts in the prefix, in characters.
        suffix_end: where it ends in the suffix, in characters.
    """

    level: str = field(validator=_one_of(*LEVELS))
    entry: str = field(validator=_one_of(*ENTRIES))
    prefix_start: int
    suffix_end: int


@define(frozen=True)
class MazeRequest:
    """The `maze` object of a request: the hole, its scopes and where to stop.

    Attributes:
        language: a language the engine has a grammar for, as in `python`.
        prefix: the text before the cursor.
        suffix: the text after the cursor.
        scopes: the fallback chain, widest first; empty means the engine's own choice.
        mode: `line`, `block` or `free`: where generation stops by itself.
        constrain: False generates freely, for comparison.
        joins: pieces with which the text so far joins with the suffix say so (`maze.keep`), for who
            may have to end it there. An engine need not.
    """

    language: str
    prefix: str
    suffix: str = ""
    scopes: tuple[Scope, ...] = field(default=(), validator=_at_most(MAX_SCOPES))
    mode: str = field(default="line", validator=_one_of(*MODES))
    constrain: bool = True
    joins: bool = False

    def __attrs_post_init__(self) -> None:
        for scope in self.scopes:
            if not 0 <= scope.prefix_start <= len(self.prefix):
                raise ValueError(
                    f"prefix_start {scope.prefix_start} of the {scope.level} scope lies outside "
                    f"the prefix, which has {len(self.prefix)} characters"
                )
            if not 0 <= scope.suffix_end <= len(self.suffix):
                raise ValueError(
                    f"suffix_end {scope.suffix_end} of the {scope.level} scope lies outside "
                    f"the suffix, which has {len(self.suffix)} characters"
                )


@define(frozen=True)
class CompletionRequest:
    """`POST /v1/completions`.

    Attributes:
        prompt: what the model reads, special marks included (see `maze.engine.fim`).
        max_tokens: the most tokens a choice may have, 1 to 1024.
        temperature: 0 is greedy; at most 2.
        seed: makes sampling repeatable; None takes a fresh one.
        n: how many choices, 1 to 8; more than one needs a temperature above 0.
        stop: texts at which unconstrained generation stops.
        maze: None asks for a plain completion.
    """

    prompt: str
    maze: MazeRequest | None = None
    model: str = ""
    max_tokens: int = field(default=48, validator=_within(1, MAX_TOKENS))
    temperature: float = field(default=0.0, validator=_within(0.0, MAX_TEMPERATURE))
    seed: int | None = None
    stream: bool = True
    n: int = field(default=1, validator=_within(1, MAX_CHOICES))
    stop: tuple[str, ...] = field(default=(), validator=_at_most(MAX_STOPS))

    def __attrs_post_init__(self) -> None:
        if self.n > 1 and self.temperature == 0:
            raise ValueError(
                "n must be 1 at temperature 0, where every choice would be the same text"
            )
        if self.seed is not None and not 0 <= self.seed < 2**63:
            raise ValueError("seed must be from 0 to 2**63 - 1")


@define(frozen=True)
class Outcome:
    """The `maze` object that comes with a choice's `finish_reason`, or with a piece of its text.

    Attributes:
        level: the scope that was used; `unconstrained` when no scope's prefix parsed.
        keep: characters of the generated text that join with the suffix; 0 offers nothing.
        tokens: tokens generated.
        joined: whether what is to be taken is known to parse in place.
        closed: where nothing but blanks can be kept, a beginning of the text with what closes all
            that it leaves open: known to parse in place, to be taken instead. Empty otherwise.
        constraint_us_per_token: mean time in the constraint, in microseconds.
        prompt_tokens: tokens of the prompt, after truncation.
        reused_tokens: of those, how many were still in the model's memory.
    """

    level: str = field(validator=_one_of(*LEVELS, UNCONSTRAINED))
    keep: int
    tokens: int = 0
    joined: bool = False
    closed: str = ""
    constraint_us_per_token: float = 0.0
    prompt_tokens: int = 0
    reused_tokens: int = 0


@define(frozen=True)
class CompletionChunk:
    """A piece of one choice; the last piece of a choice has `finish_reason` and `outcome`.

    Attributes:
        index: which choice, 0 to n - 1.
        text: the characters this piece adds.
        finish_reason: `stop`, `length`, or None while more is coming.
        outcome: of the whole choice; with `finish_reason` None, of the text so far.
    """

    index: int
    text: str
    finish_reason: str | None = None
    outcome: Outcome | None = None
    model: str = ""


@define(frozen=True)
class Suggestion:
    """One finished choice, cut to what joins with the suffix.

    Attributes:
        text: the text to insert; empty when there is nothing to offer.
        uncut: all that was written.
    """

    text: str
    outcome: Outcome
    index: int = 0
    finish_reason: str = "stop"
    uncut: str = ""


def request_from_json(body: bytes) -> CompletionRequest:
    """The request in an HTTP body.

    Raises:
        ProtocolError: saying in one sentence what is wrong with it.
    """
    if len(body) > MAX_BODY_BYTES:
        raise too_large()
    return _structure(_object(body), CompletionRequest, "request")


def request_to_json(request: CompletionRequest) -> bytes:
    """The HTTP body for `request`.

    Raises:
        ProtocolError: when the request is larger than an engine accepts.
    """
    data = _converter.unstructure(request)
    if request.maze is None:
        del data["maze"]
    body = json.dumps(data, ensure_ascii=False).encode("utf-8", errors="replace")
    if len(body) > MAX_BODY_BYTES:
        raise too_large()
    return body


def chunk_to_json(chunk: CompletionChunk, completion_id: str, created: int) -> str:
    """One OpenAI `text_completion` object, as it stands after `data: `."""
    return json.dumps(_completion([chunk], chunk.model, completion_id, created))


def completion_to_json(choices: list[CompletionChunk], completion_id: str, created: int) -> bytes:
    """The whole answer to a request with `stream: false`."""
    model = choices[0].model if choices else ""
    return json.dumps(_completion(choices, model, completion_id, created)).encode()


def chunks_from_json(text: str | bytes) -> list[CompletionChunk]:
    """The choices in one OpenAI `text_completion` object (a streamed piece or a whole answer).

    Raises:
        ProtocolError: when it is not one, with the engine's own message if it sent one.
    """
    data = _object(text)
    error = error_message(data)
    if error is not None:
        raise ProtocolError(error, status=500)
    choices = data.get("choices")
    if not isinstance(choices, list):
        raise ProtocolError("the answer holds no choices")
    chunks = []
    for choice in choices:
        if not isinstance(choice, dict):
            raise ProtocolError("a choice of the answer is not an object")
        fields = {"index": 0, **choice, "outcome": choice.get("maze"), "model": data.get("model")}
        known = {name: fields[name] for name in _CHUNK_FIELDS if fields.get(name) is not None}
        chunks.append(_structure(known, CompletionChunk, "answer"))
    return chunks


def error_to_json(message: str, kind: str) -> bytes:
    """`{"error": {"message", "type"}}`."""
    return json.dumps({"error": {"message": message, "type": kind}}).encode()


def error_message(data: Mapping[str, Any]) -> str | None:
    """The sentence in an error body (OpenAI's shape or a bare string), or None."""
    error = data.get("error")
    if isinstance(error, str):
        return error
    if isinstance(error, dict):
        return str(error.get("message") or "the engine reported an error without a message")
    return None


def too_large() -> ProtocolError:
    """The error for a body over the limit."""
    limit = MAX_BODY_BYTES // (1024 * 1024)
    return ProtocolError(f"the request is larger than {limit} MB; send less context", status=413)


_CHUNK_FIELDS = ("index", "text", "finish_reason", "outcome", "model")


def _completion(
    choices: list[CompletionChunk], model: str, completion_id: str, created: int
) -> dict[str, Any]:
    return {
        "id": completion_id,
        "object": "text_completion",
        "created": created,
        "model": model,
        "choices": [_choice(chunk) for chunk in choices],
    }


def _choice(chunk: CompletionChunk) -> dict[str, Any]:
    choice: dict[str, Any] = {
        "index": chunk.index,
        "text": chunk.text,
        "finish_reason": chunk.finish_reason,
    }
    if chunk.outcome is not None:
        choice["maze"] = _converter.unstructure(chunk.outcome)
    return choice


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolError("the body is not valid JSON") from None
    if not isinstance(data, dict):
        raise ProtocolError("the body must be a JSON object")
    return data


# Structuring. cattrs converts leniently by default ("5" becomes 5): a protocol should not.


def _text(value: object, _: type) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which no text file can hold") from None
    return value


def _whole(value: object, _: type) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


def _number(value: object, _: type) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    return float(value)


def _truth(value: object, _: type) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _stops(value: object, _: type) -> tuple[str, ...]:
    """OpenAI's `stop` is one string or a list of them; null means none."""
    if value is None:
        return ()
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        raise ValueError("must be a string or a list of strings")
    return tuple(_text(item, str) for item in value)


_converter = Converter()
for _type, _hook in ((str, _text), (int, _whole), (float, _number), (bool, _truth)):
    _converter.register_structure_hook(_type, _hook)
_converter.register_structure_hook_func(lambda type_: type_ == tuple[str, ...], _stops)


def _expect(json_type: type, name: str, type_: Any) -> None:
    """Refuse what is not a `json_type` before cattrs looks for members in it."""
    inner = _converter.get_structure_hook(type_)

    def hook(value: object, _: Any) -> Any:
        if not isinstance(value, json_type):
            raise ValueError(f"must be {name}")
        return inner(value, type_)

    _converter.register_structure_hook_func(lambda other: other == type_, hook)


_expect(dict, "an object", Scope)
_expect(list, "a list", tuple[Scope, ...])
_expect(dict, "an object", MazeRequest)
_expect(dict, "an object", Outcome)


def _structure(data: Mapping[str, Any], cls: type[T], what: str) -> T:
    try:
        return _converter.structure(data, cls)
    except (BaseValidationError, ValueError, TypeError, KeyError) as error:
        raise ProtocolError(_sentence(error, what)) from None


def _sentence(error: BaseException, what: str, path: str = "") -> str:
    """The first leaf of cattrs' tree of errors, with the path that leads to it."""
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            path = f"{path}.{note.name}" if path else note.name
        elif isinstance(note, IterableValidationNote):
            path = f"{path}[{note.index}]"
    if isinstance(error, BaseValidationError):
        return _sentence(error.exceptions[0], what, path)
    if isinstance(error, KeyError):
        return f"the {what} lacks {path!r}"
    if isinstance(error, ValueError) and str(error).startswith(("must ", "holds ")):
        return f"{path} {error}"
    if isinstance(error, ValueError):
        return str(error)
    return f"{path or 'the ' + what} has the wrong shape"
