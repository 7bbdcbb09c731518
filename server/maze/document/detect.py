"""Which language a document is in: by its name, its first line and its content.

The editor's word is a hint: it decides between languages that the content does not tell apart,
never against a name or a content that say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

import attrs

from maze.document.languages import LANGUAGES, Language
from maze.document.tree import SyntaxTree, source_bytes

SAMPLE_CHARS = 8_000
"""How much of a text is looked at."""

_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(\S+)((?:[ \t]+\S+)*)")
_ENV_ASSIGNMENT = re.compile(r"\w+=")


@attrs.frozen
class Detection:
    """A language, or why there is none (a sentence for a person)."""

    language: Language | None
    reason: str = ""


def detect(path: str, content: str, editor_id: str = "") -> Detection:
    """The language of a document.

    Args:
        path: its path or URI; only the last part is looked at. Empty for an unnamed buffer.
        content: its text.
        editor_id: what the editor takes it for (LSP's ``languageId``).
    """
    if "\0" in content[:SAMPLE_CHARS]:
        return Detection(None, "this is a binary file: it has NUL characters")
    name = PurePath(path.replace("\\", "/")).name
    hinted = _first(language for language in LANGUAGES.values() if editor_id in language.editor_ids)
    sharing = _by_name(name)
    if len(sharing) > 1:
        trusted = hinted if hinted in sharing else sharing[0]
        return Detection(_by_content(content, sharing, trusted) or trusted)
    named = sharing[0] if sharing else _by_shebang(content)
    if named is None and hinted is None and PurePath(name).suffix:
        return Detection(None, f"no suggestions for *{PurePath(name).suffix} files: {_known()}")

    if named is not None and hinted in (named, None):
        return Detection(named)
    if named is None and hinted is not None:
        candidates = [hinted, *(other for other in LANGUAGES.values() if other is not hinted)]
    elif named is not None and hinted is not None:
        candidates = [named, hinted]
    else:
        candidates = list(LANGUAGES.values())
    found = _by_content(content, candidates, trusted=named or hinted)
    if found is None:
        return Detection(None, f"the text tells no language: {_known()}")
    return Detection(found)


def _known() -> str:
    titles = sorted(language.title for language in LANGUAGES.values())
    return f"Maze knows {', '.join(titles)}"


def _by_name(name: str) -> list[Language]:
    """The languages that a file of this name may be in; some suffixes stand for several."""
    suffix = PurePath(name).suffix.lower()
    return [
        language
        for language in LANGUAGES.values()
        if suffix in language.suffixes or name in language.filenames
    ]


def _by_shebang(content: str) -> Language | None:
    match = _SHEBANG.match(content)
    if match is None:
        return None
    program, arguments = match.group(1), match.group(2).split()
    if program == "env":
        # env -S A=1 python3 -u: the program is the first word that is no option or assignment.
        words = (w for w in arguments if not w.startswith("-") and not _ENV_ASSIGNMENT.match(w))
        program = PurePath(next(words, "")).name
    bare = program.rstrip("0123456789.")
    return _first(lang for lang in LANGUAGES.values() if bare in lang.interpreters)


def _by_content(
    content: str, candidates: Iterable[Language], trusted: Language | None
) -> Language | None:
    """The candidate that reads the text with the fewest errors, if it reads it at all.

    ``trusted`` is what a name or the editor said: it wins ties, and text too short to tell.
    """
    sample = content[:SAMPLE_CHARS]
    best: tuple[float, Language] | None = None
    for language in candidates:
        tree = SyntaxTree.parse(language, source_bytes(sample), seconds=0.2)
        if tree is None:
            continue
        errors = sum(max(p.end - p.start, 1) for p in tree.problems())
        share = errors / max(len(tree.source), 1)
        tells = any(node.type in language.telling for node in tree.items())
        if language is not trusted and (not tells or share > 0.1):
            continue
        if language is trusted and share > 0.5:
            continue
        if best is None or share < best[0]:
            best = share, language
    return best[1] if best else None


def _first(languages: Iterable[Language]) -> Language | None:
    return next(iter(languages), None)
