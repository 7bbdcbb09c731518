"""The doctor's findings, for a person or as data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version

import attrs
from rich.table import Table
from rich.text import Text

from maze.cli.doctor.finding import Finding, Status
from maze.cli.say import console

_MARK = {Status.OK: ("✓", "green"), Status.NOTE: ("·", "yellow"), Status.PROBLEM: ("✗", "red")}


def print_json(findings: Sequence[Finding]) -> None:
    """One JSON document."""
    healthy = all(finding.status is not Status.PROBLEM for finding in findings)
    checks = [attrs.asdict(finding) for finding in findings]
    print(json.dumps({"ok": healthy, "version": version("maze"), "checks": checks}))


def print_table(findings: Sequence[Finding]) -> None:
    """A line per finding, with what to do below it."""
    out = console()
    table = Table.grid(padding=(0, 1))
    table.add_column()
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark, colour = _MARK[finding.status]
        said = Text(finding.found)
        if finding.mend:
            said.append(f"\n→ {finding.mend}", colour)
        table.add_row(Text(mark, colour), finding.name, said)
    out.print(table)
    problems = sum(finding.status is Status.PROBLEM for finding in findings)
    if problems:
        out.print(f"[red]{problems} problem{'s' if problems > 1 else ''} to mend[/red]")
    else:
        out.print("[green]Maze is ready[/green]")
