"""Real files: all are accepted, and whatever is suggested in them parses (a small measurement each).

The full ones are `benchmarks.coverage` and `benchmarks.holes`, which these run.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import CORPORA, last_json, needs_engine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), needs_engine]

LEAST_COVERAGE = 0.995
HOLES = {"random": 120, "local": 10}


@pytest.fixture
def listing(language: str) -> Path:
    """The list of the development corpus."""
    listing = CORPORA / f"{language}.txt"
    if not listing.is_file():
        pytest.skip("the corpora are not here: run scripts/corpora")
    return listing


def test_coverage(language: str, listing: Path) -> None:
    found = last_json(
        *("benchmarks.coverage", "--language", language, "--files-from", listing, "--limit", 400)
    )
    assert found["rate"] >= LEAST_COVERAGE, found["rejected"]


@pytest.mark.local
@pytest.mark.parametrize("engine", HOLES)
def test_what_is_offered_joins(language: str, listing: Path, engine: str, tmp_path: Path) -> None:
    failures = tmp_path / "failures.json"
    found = last_json(
        *("benchmarks.holes", "--language", language, "--files-from", listing),
        *("--holes", HOLES[engine], "--engine", engine, "--failures", failures),
    )
    assert found["holes"] == HOLES[engine]
    assert found["offered"] > 0
    assert found["joined"] == found["offered"], failures.read_text()
