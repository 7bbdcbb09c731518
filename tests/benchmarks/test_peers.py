"""Other engines get a grammar that they can read, and whatever they do ends in a report."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.peers import runner
from benchmarks.peers.lark_text import character_grammar
from maze.grammar.xgr import xgrammar


@pytest.mark.parametrize("language", ["python", "go"])
@pytest.mark.parametrize("greedy_lexer", [True, False])
def test_xgrammar_and_llguidance_read_the_reduced_grammar(
    language: str, greedy_lexer: bool
) -> None:
    llguidance = pytest.importorskip("llguidance")
    text = character_grammar(language, greedy_lexer).text
    xgrammar.Grammar.from_lark(text)
    is_error, messages = llguidance.LLMatcher.validate_grammar_with_warnings(
        llguidance.LLMatcher.grammar_from_lark(text)
    )
    assert not is_error, messages


ENDINGS = {
    "finished": (
        "say(setup_s=1.5)\nsay(mask_us=2.0)\nsay(mask_us=4.0)\nsay(place='finished')\n"
        "say(place='refused')\nsay(place='stopped', message='too big')\nsay(outcome='finished')",
        "2 tokens in 3 places; real text refused in 1; gave up in 1, first after 2 tokens: too big",
    ),
    "no grammar": ("say(outcome='it does not compile')", "it does not compile"),
    "crashed": ("say(setup_s=1.5)\nraise SystemExit('oh')", "died: oh (0 tokens in 0 places)"),
    "too slow": (
        "say(setup_s=1.5)\nsay(mask_us=2.0)\nimport time\ntime.sleep(60)",
        "stopped at its limit of 2 s: 1 tokens in 0 places",
    ),
    "slow to begin": (
        "import time\ntime.sleep(60)",
        "stopped at its limit of 2 s: while setting up",
    ),
}


@pytest.mark.parametrize(("script", "outcome"), ENDINGS.values(), ids=ENDINGS)
def test_every_ending_has_an_outcome(
    script: str, outcome: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "benchmarks" / "peers"
    package.mkdir(parents=True)
    for folder in (package.parent, package):  # else the real packages would come before
        (folder / "__init__.py").touch()
    say = "import json\ndef say(**event):\n    print(json.dumps(event), flush=True)\n"
    (package / "fake.py").write_text(say + script)
    monkeypatch.setattr(runner, "REPOSITORY", tmp_path)
    found = runner._measure("fake", Path(sys.executable), tmp_path / "job.json", 2, "a note")
    assert found["outcome"] == outcome
    assert found["note"] == "a note"


def test_a_missing_environment_is_an_outcome(tmp_path: Path) -> None:
    found = runner._measure("syncode_own", tmp_path / "python", tmp_path / "job.json", 2, "")
    assert "not installed" in str(found["outcome"])
