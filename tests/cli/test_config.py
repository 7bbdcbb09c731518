"""`maze config`: names, values, the file and its comments, and a key that is in no file."""

from __future__ import annotations

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from maze import settings
from maze.cli import config
from maze.settings import load
from tests.cli.conftest import KEY, Maze

URL = "https://gpu.example"


@pytest.fixture(autouse=True)
def keyring_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A keyring for the test alone."""
    import keyring

    before = keyring.get_keyring()

    from tests.keyring_in_a_file import Keyring

    file = tmp_path / "keyring.json"
    monkeypatch.setenv("KEYRING_FILE", str(file))
    keyring.set_keyring(Keyring())
    yield file
    keyring.set_keyring(before)


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The config file, not there yet."""
    path = tmp_path / "maze" / "config.toml"
    monkeypatch.setenv("MAZE_CONFIG", str(path))
    return path


WRITTEN = [
    # name, value, what the file says, what `get` says
    ("engine.url", URL, f'engine_url = "{URL}"', URL),
    ("engine_url", URL, f'engine_url = "{URL}"', URL),
    ("engineUrl", URL, f'engine_url = "{URL}"', URL),
    ("engine.fallback", "true", "fallback = true", "true"),
    ("max_tokens", "64", "max_tokens = 64", "64"),
    ("maxTokens", "64", "max_tokens = 64", "64"),
    ("temperature", "0.5", "temperature = 0.5", "0.5"),
    ("languages", "python,go", 'languages = ["python", "go"]', "python,go"),
    ("engine.model", "/m.gguf", 'model = "/m.gguf"', "/m.gguf"),
    ("constrain", "False", "constrain = false", "false"),
]


@pytest.mark.parametrize(("name", "value", "line", "shown"), WRITTEN)
def test_set_and_get(maze: Maze, file: Path, name: str, value: str, line: str, shown: str) -> None:
    assert maze("config", "set", name, value).status == 0
    assert file.read_text() == f"{line}\n"
    assert maze("config", "get", name).out == f"{shown}\n"
    assert load(file=file).problems == ()
    assert maze("config", "unset", name).status == 0
    assert file.read_text() == ""


EDITED = [
    # the file, set or unset, the file afterwards
    ("# mine\nmax_tokens = 1 # few\n", ("max_tokens", "2"), "# mine\nmax_tokens = 2 # few\n"),
    ("# mine\nmaxTokens = 1\n", ("max_tokens", "2"), "# mine\nmaxTokens = 2\n"),
    ("# mine\n[engine]\nurl = 'http://localhost'\n", ("engine.url", URL), None),
    ("max_tokens = 1\nmaxTokens = 3\n", ("max_tokens", "2"), "max_tokens = 2\n"),
    ("threads = 1\n[engine]\nthreads = 3\n", ("threads", "2"), "threads = 2\n[engine]\n"),
    ("\ufeffmax_tokens = 1\n", ("max_tokens", "2"), "max_tokens = 2\n"),
    ("threads = 2\n\n# end\n", ("threads", None), "\n# end\n"),
    ("[engine]\nthreads = 2\n", ("engine.threads", None), "[engine]\n"),
    ("[engine]\nthreads = 2\n", ("max_tokens", "2"), "max_tokens = 2\n\n[engine]\nthreads = 2\n"),
]


@pytest.mark.parametrize(("before", "change", "after"), EDITED)
def test_the_rest_of_the_file_stays(maze: Maze, file: Path, before, change, after) -> None:
    file.parent.mkdir()
    file.write_text(before)
    name, value = change
    command = ("set", name, value) if value else ("unset", name)
    assert maze("config", *command).status == 0
    assert file.read_text() == after or (after is None and URL in file.read_text())
    assert load(file=file).problems == ()


REFUSED = [
    (("set", "engine.uri", "x"), "did you mean engine_url?"),
    (("set", "engine.url", "gpu.example"), "must look like http://127.0.0.1:8000"),
    (("set", "engine.url", "https://me:secret@gpu.example"), "MAZE_API_KEY"),
    (("set", "engine.url", "http://[::1"), "must look like http://127.0.0.1:8000"),
    (("set", "engine.url", "http://my machine:8000"), "must look like http://127.0.0.1:8000"),
    (("set", "model", ""), "give the path of a GGUF file"),
    (("set", "max_tokens", "many"), "max_tokens must be a whole number"),
    (("set", "max_tokens", "0"), "must be from 1 to 1024"),
    (("set", "max_tokens"), "give a value"),
    (("set", "languages", "cobol"), "not 'cobol'"),
    (("get", "nothing"), "there is no setting nothing"),
    (("set", "engine.key", "abc"), "shell's history"),
    (("set", "engine.key"), "config set engine.url URL` first"),
]


@pytest.mark.parametrize(("command", "said"), REFUSED)
def test_what_makes_no_sense_changes_nothing(maze: Maze, file: Path, command, said: str) -> None:
    ran = maze("config", *command)
    assert ran.status == 1
    assert said in ran.err
    assert not file.exists()


def test_a_file_that_is_broken_is_left_alone(maze: Maze, file: Path) -> None:
    file.parent.mkdir()
    file.write_text("max_tokens = = 1\n")
    ran = maze("config", "set", "threads", "2")
    assert ran.status == 1 and "mend it or remove it" in ran.err
    assert file.read_text() == "max_tokens = = 1\n"


def test_a_file_that_is_not_utf8_is_left_alone(maze: Maze, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"# \xe9\n")
    assert "it is not UTF-8" in maze("config", "list").err
    ran = maze("config", "set", "threads", "2")
    assert ran.status == 1 and "it is not UTF-8" in ran.err
    assert file.read_bytes() == b"# \xe9\n"


def test_what_others_write_at_the_same_time_stays(
    maze: Maze, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads_at_once = settings.read

    def read(file: Path) -> str:
        text = reads_at_once(file)
        time.sleep(0.05)  # long enough that all would read the same
        return text

    monkeypatch.setattr(settings, "read", read)
    assert maze("config", "set", "threads", "1").status == 0
    written = [{"threads": 2}, {"max_tokens": 3}, {"suggestions": 4}]
    with ThreadPoolExecutor(len(written)) as pool:
        assert all(pool.map(config.write, written))
    assert sorted(file.read_text().split("\n")) == [
        "",
        "max_tokens = 3",
        "suggestions = 4",
        "threads = 2",
    ]


def test_a_model_is_found_from_every_folder(
    maze: Maze, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    ran = maze("config", "set", "model", "small.gguf")
    assert (ran.status, ran.err) == (0, "")
    assert load(file=file).settings.model == tmp_path / "small.gguf"
    ran = maze("config", "set", "model", "~/no.gguf")
    assert ran.status == 0 and "there is no file ~/no.gguf" in ran.err
    assert file.read_text() == 'model = "~/no.gguf"\n'


def test_a_linked_file_stays_a_link(maze: Maze, file: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("# dots\n")
    real.chmod(0o600)
    file.parent.mkdir()
    file.symlink_to(real)
    assert maze("config", "set", "threads", "2").status == 0
    assert file.is_symlink() and real.read_text() == "# dots\nthreads = 2\n"
    assert real.stat().st_mode & 0o777 == 0o600


def test_the_key_goes_into_the_keyring_alone(
    maze: Maze, file: Path, keyring_in_a_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maze("config", "set", "engine.url", f"{URL}/v1")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    ran = maze("config", "set", "engine.key")
    assert ran.status == 0, ran.err
    assert KEY not in ran.out + ran.err + file.read_text()
    assert KEY in keyring_in_a_file.read_text()
    assert maze("config", "get", "engine.key").out == "set, in the keyring\n"
    assert KEY not in maze("config", "list").out
    # It belongs to that address, and goes to no other.
    maze("config", "set", "engine.url", "https://elsewhere.example")
    assert maze("config", "get", "engine.key").out == "not set\n"
    maze("config", "set", "engine.url", URL)
    monkeypatch.setenv("MAZE_API_KEY", "another")
    assert maze("config", "get", "engine.key").out == "set, in MAZE_API_KEY\n"
    assert maze("config", "unset", "engine.key").status == 0
    assert KEY not in keyring_in_a_file.read_text()


def test_without_a_keyring(maze: Maze, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends.fail import Keyring

    maze("config", "set", "engine.url", URL)
    keyring.set_keyring(Keyring())
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    ran = maze("config", "set", "engine.key")
    assert ran.status == 1 and "set the key as MAZE_API_KEY" in ran.err


def test_brackets_are_shown_as_they_are(
    maze: Maze, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maze.cli.service.asked.missing_client", lambda: "no client")
    url = "https://[fe80::1]:8000"
    maze("config", "set", "engine.url", url)
    maze("config", "set", "model", "/[red]/m.gguf")
    assert f"the engine at {url};" in maze("status").out
    listed = maze("config", "list").out
    assert url in listed and "/[red]/m.gguf" in listed


def test_list_and_path(maze: Maze, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert maze("config", "path").out == f"{file}\n"
    maze("config", "set", "threads", "2")
    monkeypatch.setenv("MAZE_MAX_TOKENS", "7")
    listed = json.loads(maze("config", "list", "--json").out)
    assert (listed["threads"], listed["max_tokens"], listed["engine_url"]) == (2, 7, None)
    lines = {line.split()[0]: line.split()[-1] for line in maze("config", "list").out.splitlines()}
    assert (lines["threads"], lines["max_tokens"], lines["constrain"]) == (
        "file",
        "MAZE_MAX_TOKENS",
        "default",
    )
    ran = maze("config", "set", "max_tokens", "9")
    assert "MAZE_MAX_TOKENS in the environment wins" in ran.err


def test_list_says_where_a_value_comes_from_that_is_the_default_or_none(
    maze: Maze, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.mkdir()
    file.write_text("multiline = true\nthreads = 'all'\nlanguages = []\n")
    monkeypatch.setenv("MAZE_MAX_TOKENS", "many")
    ran = maze("config", "list")
    lines = {line.split()[0]: line.split()[1:] for line in ran.out.splitlines()}
    assert lines["multiline"] == ["true", "file"]
    assert lines["languages"] == ["none", "file"]
    assert lines["threads"] == ["not", "set", "default"]
    assert lines["max_tokens"] == ["48", "default"]
