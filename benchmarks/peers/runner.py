"""Runs the peers, each in a process of its own with a time limit.

A peer is a script in this folder that reads a job and reports events (see `protocol`). It may live
in another Python environment than ours; only `xgrammar_lark` imports anything of Maze.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.paths import CACHE, REPOSITORY
from benchmarks.peers.lark_text import LarkText, character_grammar
from benchmarks.replay import Case
from benchmarks.timings import summary

SYNCODE_PYTHON = CACHE / "venvs" / "syncode" / "bin" / "python"


@dataclass
class _Measured:
    """What a peer has reported so far."""

    setup_s: float | None = None
    mask_us: list[float] = field(default_factory=list)
    places: Counter[str] = field(default_factory=Counter)
    first_stop: str = ""
    outcome: str = ""

    def summary(self) -> str:
        """How it went, in words."""
        words = [f"{len(self.mask_us)} tokens in {self.places.total()} places"]
        if self.places["refused"]:
            words.append(f"real text refused in {self.places['refused']}")
        if self.places["stopped"]:
            words.append(f"gave up in {self.places['stopped']}, first {self.first_stop}")
        return "; ".join(words)


def measure_peers(
    language: str, tokenizer: Path, places: list[Case], seconds: int
) -> dict[str, dict[str, object]]:
    """Each peer's mask time and outcome.

    Args:
        language: The files' language.
        tokenizer: The same tokenizer.json as ours.
        places: The same cases as ours; a peer goes as far as its time allows.
        seconds: Time limit of each peer, its set-up included.
    """
    own = Path(sys.executable)
    on_characters = character_grammar(language, greedy_lexer=False)
    in_lexemes = character_grammar(language, greedy_lexer=True)
    peers = {
        "xgrammar": ("xgrammar_lark", own, on_characters),
        "llguidance": ("llguidance_lark", own, in_lexemes),
        "syncode": ("syncode_own", SYNCODE_PYTHON, LarkText("", "the grammar it ships")),
    }
    reports = {}
    with tempfile.TemporaryDirectory(prefix="maze-peers-") as folder:
        for name, (script, python, grammar) in peers.items():
            job = Path(folder) / f"{name}.json"
            job.write_text(json.dumps(_job(language, tokenizer, places, grammar)), encoding="utf-8")
            reports[name] = _measure(script, python, job, seconds, grammar.note)
    return reports


def _job(
    language: str, tokenizer: Path, places: list[Case], grammar: LarkText
) -> dict[str, object]:
    return {
        "language": language,
        "tokenizer": str(tokenizer.resolve()),
        "lark": grammar.text,
        "cases": [{"prefix": case.prefix_tokens, "tokens": case.tokens} for case in places],
    }


def _measure(script: str, python: Path, job: Path, seconds: int, note: str) -> dict[str, object]:
    if not python.is_file():
        return {"mask_us": {}, "outcome": f"not installed: see benchmarks/peers/{script}.py"}
    measured = _Measured()
    child = subprocess.Popen(
        [python, "-m", f"benchmarks.peers.{script}", job],
        cwd=job.parent,  # SynCode leaves files where it runs
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TOKENIZERS_PARALLELISM": "false"},
    )
    timed_out = threading.Event()
    said: list[str] = []

    def stop() -> None:
        timed_out.set()
        os.killpg(child.pid, signal.SIGKILL)

    timer = threading.Timer(seconds, stop)
    errors = threading.Thread(target=lambda: said.extend(child.stderr or ()), daemon=True)
    timer.start()
    errors.start()
    try:
        for line in child.stdout or ():
            _note_event(measured, line)
        child.wait()
    finally:
        timer.cancel()
    errors.join(timeout=5)
    if timed_out.is_set():
        state = measured.summary() if measured.setup_s is not None else "while setting up"
        measured.outcome = f"stopped at its limit of {seconds} s: {state}"
    elif measured.outcome == "finished":
        measured.outcome = measured.summary()
    elif not measured.outcome:
        last = said[-1].strip() if said else f"exit status {child.returncode}"
        measured.outcome = f"died: {last[:300]} ({measured.summary()})"
    return {
        "mask_us": summary(measured.mask_us),
        "outcome": measured.outcome,
        "tokens": len(measured.mask_us),
        "places": dict(measured.places),
        "setup_s": measured.setup_s,
        "note": note,
    }


def _note_event(measured: _Measured, line: str) -> None:
    try:
        event = json.loads(line)
    except ValueError:
        return  # a library's own chatter
    if not isinstance(event, dict):
        return
    if "setup_s" in event:
        measured.setup_s = event["setup_s"]
    if "mask_us" in event:
        measured.mask_us.append(event["mask_us"])
    if "place" in event:
        measured.places[event["place"]] += 1
        if event["place"] == "stopped" and not measured.first_stop:
            measured.first_stop = f"after {len(measured.mask_us)} tokens: {event['message']}"
    if "outcome" in event:
        measured.outcome = event["outcome"]
