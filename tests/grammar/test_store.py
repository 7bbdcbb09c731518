"""The cache on disk: damage, several writers, and folders that cannot be written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maze.grammar import LANGUAGES, Syntax
from maze.grammar.store import Store, default_directory, key_of

META = {"names": ["a", "b"], "number": 3}
ARRAYS = {"table": np.arange(12, dtype=np.int32).reshape(3, 4), "empty": np.zeros(0, np.uint16)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.save("key", META, ARRAYS)
    return made


def assert_whole(store: Store) -> None:
    entry = store.load("key")
    assert entry is not None
    assert entry.meta == META
    assert all(np.array_equal(entry.arrays[name], array) for name, array in ARRAYS.items())
    assert {name: array.dtype for name, array in entry.arrays.items()} == {
        name: array.dtype for name, array in ARRAYS.items()
    }


def test_what_is_saved_is_loaded(store: Store) -> None:
    assert_whole(store)
    assert store.load("another") is None


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


DAMAGE = {
    "a flipped bit": lambda folder: _flip(folder / "table.npy"),
    "a truncated array": lambda folder: (folder / "table.npy").write_bytes(
        (folder / "table.npy").read_bytes()[:-9]
    ),
    "an empty array file": lambda folder: (folder / "table.npy").write_bytes(b""),
    "a missing array": lambda folder: (folder / "table.npy").unlink(),
    "a missing description": lambda folder: (folder / "meta.json").unlink(),
    "an empty description": lambda folder: (folder / "meta.json").write_bytes(b""),
    "a description that is not JSON": lambda folder: (folder / "meta.json").write_bytes(b"{\xff"),
    "another description": lambda folder: (folder / "meta.json").write_text("[1]"),
    "a description of nothing": lambda folder: (folder / "meta.json").write_text("{}"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_counts_as_missing_and_can_be_rewritten(store: Store, damage: str) -> None:
    DAMAGE[damage](store.directory / "key")
    assert store.load("key") is None
    assert not (store.directory / "key").exists()
    store.save("key", META, ARRAYS)
    assert_whole(store)


def test_a_second_writer_does_no_harm(store: Store) -> None:
    store.save("key", {"other": 1}, {})
    assert_whole(store)
    assert [path.name for path in store.directory.iterdir()] == ["key"], "nothing is left behind"


def test_a_folder_that_cannot_be_written_caches_nothing(tmp_path: Path) -> None:
    (tmp_path / "tables").write_text("a file where the folder should be")
    unwritable = Store(tmp_path)
    unwritable.save("key", META, ARRAYS)
    assert unwritable.load("key") is None


def test_a_language_needs_no_cache(tmp_path: Path) -> None:
    (tmp_path / "tables").write_text("")
    assert Syntax(LANGUAGES["go"], Store(tmp_path)).check(b"package p\n") is None


def test_a_damaged_lexer_is_built_again(tmp_path: Path) -> None:
    texts = (b"package p\n", b"package p; var x = 1.5e3 // c\n", b"package p; var x = 0b2\n")

    def verdicts() -> list[bool]:
        syntax = Syntax(LANGUAGES["go"], Store(tmp_path))
        return [syntax.check(text) is None for text in texts]

    assert verdicts() == [True, True, False]
    [folder] = (tmp_path / "tables").iterdir()
    _flip(folder / "table.npy")
    assert verdicts() == [True, True, False]
    [again] = (tmp_path / "tables").iterdir()
    assert again.name == folder.name
    assert verdicts() == [True, True, False], "and loaded from there"


_CHECK = """
import sys
from pathlib import Path
from maze.grammar import LANGUAGES, Syntax
from maze.grammar.store import Store
failure = Syntax(LANGUAGES["go"], Store(Path(sys.argv[1]))).check(b"package p\\n")
sys.exit(failure is not None)
"""


def test_two_processes_may_build_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _CHECK, str(tmp_path)]
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert [path.name[0] != "." for path in (tmp_path / "tables").iterdir()] == [True]


def test_keys_depend_on_every_part_and_where_it_ends() -> None:
    keys = [key_of(parts) for parts in ([], ["ab"], ["a", "b"], ["b", "a"], [b"ab", ""])]
    assert len(set(keys)) == len(keys)
    assert key_of(["é"]) == key_of(["é".encode()])


def test_the_directory_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAZE_CACHE_DIR", str(tmp_path))
    assert default_directory() == tmp_path
    monkeypatch.delenv("MAZE_CACHE_DIR")
    assert default_directory().name == "maze"
