"""What a person can set, and where: one class for the server, the commands and the benchmarks.

Later sources win over earlier ones:

    defaults  <  config.toml  <  the editor's initializationOptions  <  environment (MAZE_...)

`config.toml` lies in the user's configuration directory (or where ``MAZE_CONFIG`` says). The
editor's options are the user's too. What a workspace says (`with_workspace`) counts only where
it can do no harm: it can not send text to another engine, nor start another program or model.
The key is taken from ``MAZE_API_KEY`` or the system's keyring (`maze.keys`), so that it never
stands in a file that is shared.

A value that makes no sense is left out, with one sentence that says so; the rest counts.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

import attrs
import cattrs
import platformdirs
from attrs import field, validators

from maze.document.detect import Detection
from maze.document.languages import LANGUAGES

_PREFIX = "MAZE_"
ENVIRONMENT = "environment"
_A_URL = "must look like http://127.0.0.1:8000"
_BLANKS = frozenset(" \t\r\n")


def _between(low: float, high: float) -> Any:
    def check(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
        if not low <= value <= high:
            raise ValueError(f"must be from {low:g} to {high:g}, not {value:g}")

    return check


def _is_url(_: object, attribute: attrs.Attribute[Any], value: str) -> None:
    try:
        parts = urlsplit(value)
    except ValueError:  # a bracket too few
        raise ValueError(_A_URL) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or set(value) & _BLANKS:
        raise ValueError(_A_URL)
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("must have a port from 0 to 65535, if any") from None
    if parts.username or parts.password:
        raise ValueError("must not hold a name or password; set the key in MAZE_API_KEY")


def _are_languages(_: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    for name in value:
        if name not in LANGUAGES:
            raise ValueError(f"knows {', '.join(LANGUAGES)}, not {name!r}")


@attrs.frozen
class Settings:
    """All settings.

    Attributes:
        engine_url: address of an engine; None starts the embedded one on demand.
        api_key: sent to that engine; None lets the keyring be asked.
        model: a GGUF file for the embedded engine; None takes the one that is installed.
        threads: of the embedded engine; None takes one per physical core.
        idle_minutes: without a request, after which the embedded engine stops; 0 never stops.
        languages: in which suggestions are made.
        max_tokens: the most that one suggestion may have.
        multiline: False ends each suggestion with its line.
        generate_max_tokens: the most that a text may have which is generated into a document.
        suggestions: how many to offer to who asks for them; in passing it is always one.
        temperature: 0 always takes the likeliest token.
        debounce_ms: the longest wait for more typing before an automatic request is answered.
        context_chars: how much of the document the model is shown, in characters.
        timeout_s: how long an engine may be silent, in seconds.
        constrain: False switches the constraint off, for comparison; the last check stays.
        fallback: the embedded engine answers while the one at ``engine_url`` can not.
        start_timeout_s: how long an engine elsewhere may take to start, in seconds.
        allow_plain_http: source code and key may travel unencrypted to another machine.
    """

    engine_url: str | None = field(default=None, validator=validators.optional(_is_url))
    api_key: str | None = field(default=None, repr=False)
    model: Path | None = None
    threads: int | None = field(default=None, validator=validators.optional(_between(1, 1024)))
    idle_minutes: float = field(default=15.0, validator=_between(0, 100_000))
    languages: tuple[str, ...] = field(default=tuple(LANGUAGES), validator=_are_languages)
    max_tokens: int = field(default=48, validator=_between(1, 1024))
    multiline: bool = True
    generate_max_tokens: int = field(default=400, validator=_between(1, 1024))
    suggestions: int = field(default=3, validator=_between(1, 8))
    temperature: float = field(default=0.0, validator=_between(0, 2))
    debounce_ms: float = field(default=150.0, validator=_between(0, 5_000))
    context_chars: int = field(default=2_000, validator=_between(200, 200_000))
    timeout_s: float = field(default=30.0, validator=_between(0.1, 600))
    constrain: bool = True
    fallback: bool = False
    start_timeout_s: float = field(default=600.0, validator=_between(1, 3600))
    allow_plain_http: bool = False

    def why_not(self, detection: Detection) -> str:
        """Why nothing is generated in a document, in one sentence; empty where something is."""
        language = detection.language
        if language is None:
            return detection.reason
        if language.name not in self.languages:
            return f"{language.title} is not among the languages in your settings; add it there"
        return ""

    def with_workspace(self, values: Mapping[str, Any]) -> Loaded:
        """These settings with what a workspace may change of them."""
        values = _flat(values)
        forbidden = [key for key in values if means(key) in _USERS_OWN]
        allowed = {key: value for key, value in values.items() if key not in forbidden}
        loaded = _with(self, allowed, "workspace settings")
        refused = tuple(
            f"workspace settings: {key} can only be set in your own settings; it is ignored"
            for key in forbidden
        )
        return Loaded(loaded.settings, refused + loaded.problems)


_USERS_OWN = frozenset(
    {
        "engine_url",
        "api_key",
        "model",
        "threads",
        "idle_minutes",
        "fallback",
        "start_timeout_s",
        "allow_plain_http",
    }
)


@attrs.frozen
class Loaded:
    """Settings, and what was wrong with their sources: one sentence each, with the next step.

    Attributes:
        settings: as they are in force.
        problems: what was wrong.
        sources: by the name of a setting where its value comes from: `ENVIRONMENT`, or the config
            file's path; a default comes from nowhere.
    """

    settings: Settings
    problems: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(factory=dict)


def config_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the user's config file is, or would be."""
    if path := environment.get(f"{_PREFIX}CONFIG"):
        return Path(path).expanduser()
    return platformdirs.user_config_path("maze", appauthor=False) / "config.toml"


def read(file: Path) -> str:
    """The text of a config file.

    Raises:
        OSError, UnicodeDecodeError: it can not be read.
    """
    return file.read_text(encoding="utf-8-sig")  # as some editors on Windows write it


def shown(value: Any) -> str:
    """A setting's value as a person would type it."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def name_of(written: str) -> str:
    """The setting that a person means by `engine.url`, `engine_url` or `engineUrl`.

    Raises:
        ValueError: there is none, in one sentence.
    """
    name = _snake(written)
    if name.startswith("engine."):
        member = name.removeprefix("engine.")
        name = {"url": "engine_url", "key": "api_key"}.get(member, member)
    if name not in _FIELDS:
        raise ValueError(_no_setting(written))
    return name


def means(written: str) -> str:
    """The setting that is meant, or what was written where there is none."""
    try:
        return name_of(written)
    except ValueError:
        return written


def from_text(name: str, text: str) -> Any:
    """What `text` stands for as a value of the setting ``name``, in the shape a file holds it.

    Raises:
        ValueError: it makes no sense there, in one sentence.
    """
    value = _parsed(text, _FIELDS[name])
    try:
        attrs.evolve(Settings(), **{name: _converter.structure(value, _FIELDS[name])})
    except (ValueError, TypeError, cattrs.BaseValidationError) as error:
        raise ValueError(f"{name} {_reason(error)}") from None
    return value


def load(
    options: object = None,
    environment: Mapping[str, str] = os.environ,
    file: Path | None = None,
) -> Loaded:
    """The settings from all sources.

    Args:
        options: the editor's ``initializationOptions``, as they came.
        environment: where ``MAZE_...`` variables are looked for.
        file: the config file; None takes `config_file`.
    """
    settings = Settings()
    problems: list[str] = []
    sources: dict[str, str] = {}
    for values, source in (
        _file_values(file or config_file(environment), problems),
        _option_values(options, problems),
    ):
        secret = [key for key in values if means(key) == "api_key"]
        if secret:
            values = {key: value for key, value in values.items() if key not in secret}
            problems.append(
                f"{source}: the key does not belong there; use `maze config set engine.key`, or "
                "MAZE_API_KEY in the environment; ignored"
            )
        loaded = _with(settings, values, source)
        settings, problems = loaded.settings, [*problems, *loaded.problems]
        sources |= loaded.sources
    loaded = _with(settings, _environment_values(environment), ENVIRONMENT)
    return Loaded(loaded.settings, (*problems, *loaded.problems), sources | dict(loaded.sources))


def _file_values(path: Path, problems: list[str]) -> tuple[dict[str, Any], str]:
    source = str(path)
    try:
        return _flat(tomllib.loads(read(path))), source
    except FileNotFoundError:
        return {}, source
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason: object = error.strerror if isinstance(error, OSError) else error
        if isinstance(error, UnicodeDecodeError):
            reason = "it is not UTF-8"
        problems.append(f"{source} can not be read ({reason}); mend it or remove it")
        return {}, source


def _flat(values: Mapping[Any, Any]) -> dict[str, Any]:
    """``{"engine": {"url": …}}``, as a TOML table or an editor has it, as ``engine.url``."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if key == "engine" and isinstance(value, Mapping):
            flat |= {f"engine.{member}": inner for member, inner in value.items()}
        else:
            flat[str(key)] = value
    return flat


def _option_values(options: object, problems: list[str]) -> tuple[dict[str, Any], str]:
    source = "initializationOptions"
    if options is None or isinstance(options, Mapping):
        return _flat(options or {}), source
    problems.append(f"{source} must be an object of settings; it is ignored")
    return {}, source


def _environment_values(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in _FIELDS:
        text = environment.get(_PREFIX + name.upper())
        if text:
            values[name] = text if name == "api_key" else _parsed(text, _FIELDS[name])
    return values


def _parsed(text: str, kind: Any) -> Any:
    """A variable's text as the value it stands for."""
    if kind == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind in (str | None, Path | None):
        return text
    try:
        return json.loads(text.lower())
    except ValueError:
        return text


def _with(settings: Settings, values: Mapping[str, Any], source: str) -> Loaded:
    """``settings`` with all ``values`` that make sense."""
    problems = []
    sources = {}
    for key, value in values.items():
        try:
            name = name_of(key)
        except ValueError as error:
            problems.append(f"{source}: {error}")
            continue
        if value is not None:
            try:
                structured = _converter.structure(value, _FIELDS[name])
                settings = attrs.evolve(settings, **{name: structured})
                sources[name] = source
            except (ValueError, TypeError, cattrs.BaseValidationError) as error:
                kept = getattr(settings, name)
                instead = "it stays unset" if kept is None else f"keeping {shown(kept)}"
                problems.append(f"{source}: {name} {_reason(error)}; {instead}")
    return Loaded(settings, tuple(problems), sources)


def _no_setting(key: str) -> str:
    near = difflib.get_close_matches(_snake(key.replace(".", "_")), _FIELDS, 1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(_FIELDS)}"
    return f"there is no setting {key}; {hint}"


def _reason(error: Exception) -> str:
    while isinstance(error, cattrs.BaseValidationError):
        error = error.exceptions[0]
    return str(error)


def _snake(key: str) -> str:
    """Editors write ``maxTokens``, files ``max_tokens``."""
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", key).lower()


# cattrs converts leniently by default ("5" becomes 5, 1 becomes True): settings should not.


def _strict(kind: type | tuple[type, ...], what: str) -> Any:
    def structure(value: object, _: type) -> Any:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"must be {what}, not {value!r}")
        return value

    return structure


def _structure_names(value: object, _: type) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise ValueError(f"must be a list of names, not {value!r}")
    if not all(isinstance(name, str) for name in value):
        raise ValueError("must be a list of names")
    return tuple(value)


def _structure_path(value: object, _: type) -> Path:
    if not isinstance(value, str):
        raise ValueError(f"must be a path, not {value!r}")
    return Path(value).expanduser()


_converter = cattrs.Converter()
_converter.register_structure_hook(str, _strict(str, "a text"))
_converter.register_structure_hook(int, _strict(int, "a whole number"))
_converter.register_structure_hook(float, _strict((int, float), "a number"))
_converter.register_structure_hook(bool, _strict(bool, "true or false"))
_converter.register_structure_hook(Path, _structure_path)
_converter.register_structure_hook_func(lambda kind: kind == tuple[str, ...], _structure_names)

_FIELDS: dict[str, Any] = {
    name: kind for name, kind in get_type_hints(Settings).items() if not name.startswith("_")
}
