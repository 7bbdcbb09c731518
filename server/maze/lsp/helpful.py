"""Which suggestions are worth showing: not those that say nothing, or what is there already."""

from __future__ import annotations

_SAYS_NOTHING = frozenset(")]}>;,")


def trimmed(suggestion: str, following: str) -> str:
    """``suggestion`` without blanks at its end where a line break follows anyway."""
    if following and following[0] not in "\r\n":
        return suggestion
    bare = suggestion.rstrip(" \t\r\n")
    # A backslash at the end would swallow the line break that follows.
    return suggestion if bare.endswith("\\") else bare


def only_closes(suggestion: str) -> bool:
    """Whether ``suggestion`` is nothing but closing brackets, commas and semicolons."""
    said = "".join(suggestion.split())
    return bool(said) and all(character in _SAYS_NOTHING for character in said)


def is_news(suggestion: str, following: str) -> bool:
    """Whether ``suggestion`` is something that does not follow the cursor anyway."""
    said = suggestion.strip()
    if not said:
        return False
    line = following.partition("\n")[0].strip()
    if said == line or following.startswith(suggestion):
        return False
    # On a blank line, the next lines as they stand are no news.
    return not following.lstrip().startswith(said) or _is_short(said)


def _is_short(said: str) -> bool:
    """`x` may well stand before `xs = ...`."""
    return "\n" not in said and len(said) < 4
