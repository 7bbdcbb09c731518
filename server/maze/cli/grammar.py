"""`maze grammar`: whether a grammar accepts files, and what a rule says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import typer

from maze.cli.errors import CliError

_EXPECTED_SHOWN = 12
_DEFINITION = re.compile(r"^[!?]*(?P<name>[A-Za-z_][A-Za-z_0-9]*)(?:\.-?\d+)?\s*:", re.MULTILINE)
_NAME = re.compile(r'"(?:[^"\\]|\\.)*"|/(?:[^/\\\n]|\\.)+/|//[^\n]*|(?P<name>[A-Za-z_]\w*)')


def check(files: list[Path], language: str | None, as_json: bool) -> int:
    """Parse files; returns the exit status: 0 when all are accepted.

    Raises:
        CliError: there is no such language.
    """
    known(language)
    reports = [_checked(path, language) for path in files]
    if as_json:
        accepted = sum(bool(report["accepted"]) for report in reports)
        typer.echo(json.dumps({"accepted": accepted, "files": reports}, ensure_ascii=False))
    else:
        for report in reports:
            typer.echo("\n".join(_told(report)))
    return 0 if all(report["accepted"] for report in reports) else 1


def _checked(path: Path, language: str | None) -> dict[str, Any]:
    """What there is to say of one file."""
    report: dict[str, Any] = {"file": str(path), "accepted": False}
    try:
        data = path.read_bytes()
    except OSError as error:
        return report | {"problem": f"cannot be read: {(error.strerror or 'error').lower()}"}
    if b"\0" in data:
        return report | {"problem": "is a binary file: it has NUL characters"}
    try:
        content = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return report | {"problem": f"is not UTF-8 (byte {error.start}); convert it first"}
    if language is None:
        from maze.document.detect import detect

        detection = detect(str(path), content)
        if detection.language is None:
            return report | {"problem": f"{detection.reason}; name one with --language"}
        language = detection.language.name
    return report | {"language": language} | _parsed(language, data)


def _parsed(language: str, data: bytes) -> dict[str, Any]:
    from maze.grammar import load
    from maze.grammar.places import place_of

    syntax = load(language)
    failure = syntax.check(data)
    if failure is None:
        return {"accepted": True}
    place = place_of(syntax, data, failure)
    return {"accepted": False, "reason": failure.reason} | {
        name: getattr(place, name) for name in ("line", "column", "source", "expected")
    }


def _told(report: dict[str, Any]) -> Iterator[str]:
    if report["accepted"]:
        yield f"{report['file']}: accepted ({report['language']})"
    elif "problem" in report:
        yield f"{report['file']}: {report['problem']}"
    else:
        where = f"{report['file']}:{report['line']}:{report['column']}"
        yield f"{where}: {_reason(report['reason'], report['language'])}"
        before = report["source"][: report["column"] - 1]
        yield "    " + report["source"].expandtabs(4)
        yield "    " + " " * len(before.expandtabs(4)) + "^"
        expected = report["expected"]
        shown = ", ".join(expected[:_EXPECTED_SHOWN])
        more = len(expected) - _EXPECTED_SHOWN
        yield f"    expected: {shown}" + (f" or {more} others" if more > 0 else "")


def _reason(reason: str, language: str) -> str:
    said = {
        "lexer": "no word or sign goes on like this",
        "layout": "the indentation fits no enclosing block",
        "end": "the file may not end here",
    }
    return f"not accepted ({language}): {said.get(reason, 'this may not come here')}"


# Showing rules


@attrs.frozen
class Definition:
    """A rule or terminal as it stands in the file."""

    name: str
    comment: str
    text: str

    @property
    def names(self) -> list[str]:
        """Names of the rules and terminals it refers to, in order."""
        body = self.text.partition(":")[2]
        found = (match.group("name") for match in _NAME.finditer(body))
        return list(dict.fromkeys(name for name in found if name and name != self.name))


def show(language: str, rule: str | None) -> None:
    """Print a rule with its comment and what it refers to; without a rule, the list of them.

    Raises:
        CliError: there is no such language or rule.
    """
    definitions = definitions_of(language)
    if rule is None:
        for definition in definitions.values():
            first = definition.comment.partition("\n")[0].removeprefix("//").strip()
            typer.echo(f"{definition.name:28} {first}".rstrip())
        return
    if rule not in definitions:
        near = [name for name in definitions if rule.lower() in name.lower()][:5]
        hint = f"; do you mean {', '.join(near)}?" if near else ""
        listing = f"`maze grammar show {language}` lists the rules"
        raise CliError(f"{language} has no rule {rule}{hint or '; ' + listing}")
    chosen = definitions[rule]
    typer.echo("\n".join(filter(None, (chosen.comment, chosen.text))))
    referred = [definitions[name] for name in chosen.names if name in definitions]
    if referred:
        typer.echo("\nrefers to:")
    for definition in referred:
        typer.echo("")
        typer.echo("\n".join(filter(None, (definition.comment, definition.text))))


def definitions_of(language: str) -> dict[str, Definition]:
    """The rules and terminals of a language's grammar file, in its order.

    Raises:
        CliError: there is no such language.
    """
    known(language)
    from maze.grammar.languages import get

    lines = get(language).path.read_text(encoding="utf-8").splitlines()
    found: dict[str, Definition] = {}
    comment: list[str] = []
    at = 0
    while at < len(lines):
        match = _DEFINITION.match(lines[at])
        if match is None:
            comment = [*comment, lines[at]] if lines[at].startswith("//") else []
            at += 1
            continue
        end = at + 1
        while end < len(lines) and lines[end][:1].isspace():
            end += 1
        text = "\n".join(lines[at:end]).rstrip()
        found[match["name"]] = Definition(match["name"], "\n".join(comment), text)
        comment, at = [], end
    return found


def known(language: str | None) -> None:
    """Raises `CliError` where there is no grammar for a language that is named."""
    from maze.grammar.languages import LANGUAGES

    if language is not None and language not in LANGUAGES:
        raise CliError(f"no grammar for {language}; there are {', '.join(sorted(LANGUAGES))}")
