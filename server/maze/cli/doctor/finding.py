"""What the doctor says of one thing."""

from __future__ import annotations

from enum import StrEnum

import attrs


class Status(StrEnum):
    """How it is with a thing."""

    OK = "ok"
    NOTE = "note"
    """Not there, and not needed either."""
    PROBLEM = "problem"


@attrs.frozen
class Finding:
    """One line of the doctor's report.

    Attributes:
        name: what was looked at.
        status: how it is.
        found: what was found, for a person.
        mend: what to do about it; empty where nothing needs to be done.
    """

    name: str
    status: Status
    found: str
    mend: str = ""


def ok(name: str, found: str) -> Finding:
    """It is as it should be."""
    return Finding(name, Status.OK, found)


def note(name: str, found: str, mend: str = "") -> Finding:
    """It could be otherwise, but everything works."""
    return Finding(name, Status.NOTE, found, mend)


def problem(name: str, found: str, mend: str) -> Finding:
    """It keeps Maze from working."""
    return Finding(name, Status.PROBLEM, found, mend)
