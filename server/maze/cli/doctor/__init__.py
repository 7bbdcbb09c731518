"""`maze doctor`: what is installed, found and reachable, and how to mend what is not."""

from __future__ import annotations

from maze.cli.doctor.checks import all_findings
from maze.cli.doctor.finding import Status
from maze.cli.doctor.report import print_json, print_table


def run(as_json: bool) -> int:
    """Look at everything and print what was found.

    Returns:
        The exit status: 1 when something keeps Maze from working.
    """
    findings = all_findings()
    (print_json if as_json else print_table)(findings)
    return int(any(finding.status is Status.PROBLEM for finding in findings))
