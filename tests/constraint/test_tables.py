"""Tables on disk: kept, and built again where they are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maze.constraint import Constrainer, Vocabulary
from tests.constraint.tokens import mask_of

SMALL = Vocabulary([*(bytes([b]) for b in range(256)), b"if", b"):\n", b"  ", b"foo(", None], [260])
PREFIX, SUFFIX = "package p\nfunc f() {\n\tx := g(a", "\n}\n"


def mask(folder: Path, told: list[float] | None = None) -> np.ndarray:
    constrainer = Constrainer(SMALL, folder)
    if told is not None:
        constrainer.prepare("go", lambda share, text: told.append(share))
    return mask_of(constrainer.begin("go", PREFIX, SUFFIX), SMALL)


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    folder = tmp_path_factory.mktemp("cache")
    return folder, mask(folder)


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "tables").iterdir())


def test_tables_are_built_once(cached: tuple[Path, np.ndarray]) -> None:
    folder, expected = cached
    told: list[float] = []
    assert np.array_equal(mask(folder, told), expected)
    assert told == []


@pytest.mark.parametrize("name", ["dense.npy", "late.npy", "offsets.npy", "meta.json"])
def test_damaged_tables_are_built_again(cached: tuple[Path, np.ndarray], name: str) -> None:
    folder, expected = cached
    for entry in entries(folder):
        data = (entry / name).read_bytes()
        (entry / name).write_bytes(data[: len(data) // 2])
    told: list[float] = []
    assert np.array_equal(mask(folder, told), expected)
    assert told[-1] == 1.0
    again: list[float] = []
    assert np.array_equal(mask(folder, again), expected)
    assert again == []


def test_tables_that_cannot_be_kept_are_built_every_time(
    tmp_path: Path, cached: tuple[Path, np.ndarray]
) -> None:
    (tmp_path / "tables").write_text("in the way")
    for _ in range(2):
        told: list[float] = []
        assert np.array_equal(mask(tmp_path, told), cached[1])
        assert told[-1] == 1.0


def test_every_vocabulary_has_its_own(cached: tuple[Path, np.ndarray]) -> None:
    folder, _ = cached
    before = len(entries(folder))
    other = Vocabulary([*SMALL.tokens[:-1], b"bar", None], [261])
    Constrainer(other, folder).prepare("go")
    assert len(entries(folder)) == before + 1
