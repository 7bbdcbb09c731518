"""`maze config`: the user's settings, read and written.

The file is edited with tomlkit, which keeps its comments and order; what is written is validated as
it will be when it is read. The key goes into the keyring and into no file.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import attrs
import tomlkit
from filelock import FileLock, Timeout
from rich.table import Table
from tomlkit.exceptions import ParseError

from maze import keys
from maze import settings as user_settings
from maze.cli.errors import CliError
from maze.cli.in_force import in_force
from maze.cli.say import say
from maze.engine.state import make_private, state_directory
from maze.settings import Settings

_OTHERS_S = 10.0
"""How long another command may take to write the file."""


def get(written: str) -> None:
    """Print a setting as it is in force; of the key only whether there is one.

    Raises:
        CliError: there is no such setting.
    """
    name = _name(written)
    settings = in_force().settings
    if name == "api_key":
        key = keys.find(settings.engine_url or "")
        print(f"set, in {key.source}" if key else "not set")
        return
    print(user_settings.shown(getattr(settings, name)))


def set_(written: str, text: str | None) -> None:
    """Write a setting.

    Raises:
        CliError: there is no such setting, the value makes no sense, or nothing can be written.
    """
    name = _name(written)
    if name == "api_key":
        _set_key(text)
        return
    if text is None:
        raise CliError(f"give a value, as in `maze config set {written} VALUE`")
    try:
        value = user_settings.from_text(name, text)
    except ValueError as error:
        raise CliError(str(error)) from None
    if name == "model":
        value = _found_from_anywhere(value)
    write({name: value})
    say(f"{name} is {user_settings.shown(value)}, in {user_settings.config_file()}")
    if os.environ.get(f"MAZE_{name.upper()}"):
        _warn(f"MAZE_{name.upper()} in the environment wins over it; unset that")
    if name == "model" and not Path(value).expanduser().is_file():
        _warn(f"there is no file {value}; give the path of a GGUF file")
    if name == "engine_url" and keys.find(value) is None:
        say("If it asks for a key: maze config set engine.key")


def _found_from_anywhere(path: str) -> str:
    """A path as it was typed here, for an editor that is started somewhere else."""
    if not path:
        raise CliError("give the path of a GGUF file, or run `maze config unset model`")
    return path if path.startswith("~") else str(Path(path).absolute())


def unset(written: str) -> None:
    """Take a setting out of the file, or the key out of the keyring.

    Raises:
        CliError: there is no such setting, or nothing can be written.
    """
    name = _name(written)
    if name == "api_key":
        try:
            there = keys.forget(_url())
        except keys.NoKeyring as error:
            raise CliError(str(error)) from None
        print("the key is out of the keyring" if there else "there was no key in the keyring")
        return
    if write({name: None}):
        print(f"{name} is out of {user_settings.config_file()}")
    else:
        print(f"{name} was not set in {user_settings.config_file()}")


def list_(as_json: bool) -> None:
    """Print all settings: what each is, and where that comes from."""
    loaded = in_force()
    settings, rows = loaded.settings, []
    for attribute in attrs.fields(Settings):
        name, value = attribute.name, getattr(settings, attribute.name)
        if name == "api_key":
            key = keys.find(settings.engine_url or "") if settings.engine_url else None
            value, source = ("set" if key else None), (key.source if key else "default")
        elif (source := loaded.sources.get(name, "default")) == user_settings.ENVIRONMENT:
            source = f"MAZE_{name.upper()}"
        elif source != "default":
            source = "file"
        rows.append((name, value, source))
    if as_json:
        print(json.dumps({name: _plain(value) for name, value, _ in rows}))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("setting", "value", "from"):
        table.add_column(title, overflow="fold")
    for name, value, source in rows:
        table.add_row(name, user_settings.shown(value), source)
    say(table)


def path() -> None:
    """Print where the file is, or would be."""
    print(user_settings.config_file())


def write(values: dict[str, Any]) -> bool:
    """Put `values` into the config file; None takes a setting out.

    Returns:
        Whether the file is another one now.

    Raises:
        CliError: the file can not be read or written, or is no TOML.
    """
    file = user_settings.config_file()
    try:
        make_private(state_directory())
        # Of two that write at once, the second reads what the first has written.
        with FileLock(state_directory() / "config.lock", timeout=_OTHERS_S):
            return _write(file, values)
    except Timeout:
        raise CliError(f"another command is writing {file}; try again when it has ended") from None
    except ParseError as error:
        raise CliError(f"{file} is no TOML ({error}); mend it or remove it") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "").lower() or "it is not UTF-8"
        raise CliError(f"{file} can not be changed: {reason}") from None


def _write(file: Path, values: dict[str, Any]) -> bool:
    before = user_settings.read(file) if file.exists() else ""
    document = tomlkit.parse(before)
    for name, value in values.items():
        _put(document, name, value)
    after = tomlkit.dumps(document)
    if after == before:
        return False
    _replace(file, after)
    return True


def _put(document: tomlkit.TOMLDocument, name: str, value: Any) -> None:
    """Set or remove `name`, under whichever of its spellings the file has it."""
    places = [document, document.get("engine")]
    done = value is None
    for table in places:
        if not isinstance(table, dict):
            continue
        prefix = "" if table is document else "engine."
        for key in list(table):
            if user_settings.means(f"{prefix}{key}") == name and not isinstance(table[key], dict):
                if done:  # another spelling of it would win
                    del table[key]
                else:
                    table[key], done = value, True
    if not done:
        document[name] = value


def _replace(file: Path, text: str) -> None:
    """Replace the file in one step, so that nobody reads half."""
    file.parent.mkdir(parents=True, exist_ok=True)
    target = file.resolve()  # who links the file to their dotfiles keeps the link
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    with os.fdopen(descriptor, "w", encoding="utf-8") as new:
        new.write(text)
    os.chmod(name, mode)
    os.replace(name, target)


def _set_key(text: str | None) -> None:
    if text is not None:
        raise CliError(
            "a key on the command line ends up in your shell's history; leave it out, and it is "
            "asked for (or read from standard input)"
        )
    url = _url()
    store_key(url, ask_for_key(url))
    say(f"The key for {url} is in the keyring.")


def ask_for_key(url: str) -> str:
    """The key, typed without being shown, or from standard input where nobody types.

    Raises:
        CliError: it can not be a key.
    """
    if sys.stdin.isatty():
        key = getpass.getpass(f"Key for {url} (not shown): ").strip()
    else:
        key = sys.stdin.readline().strip()
    if not key or not key.isascii() or not key.isprintable():
        raise CliError("a key has printable ASCII characters only, and at least one")
    return key


def store_key(url: str, key: str) -> None:
    """Put the key into the keyring.

    Raises:
        CliError: there is none.
    """
    try:
        keys.store(url, key)
    except keys.NoKeyring as error:
        raise CliError(str(error)) from None


def _url() -> str:
    url = in_force().settings.engine_url
    if url is None:
        raise CliError("a key belongs to an address; run `maze config set engine.url URL` first")
    return url


def _name(written: str) -> str:
    try:
        return user_settings.name_of(written)
    except ValueError as error:
        raise CliError(str(error)) from None


def _warn(problem: str) -> None:
    print(f"maze: {problem}", file=sys.stderr)


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str | None) else _listed(value)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | list) else str(value)
