"""Code in Markdown: the fenced code block around the cursor, as a document of its own.

Fences as in CommonMark, section 4.5 (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), but for
those in block quotes and for indented ones: what a suggestion put on a new line there would lack the
margin.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from maze.document.detect import Detection
from maze.document.document import Document
from maze.document.languages import LANGUAGES, Language

_SUFFIXES = frozenset({".md", ".markdown", ".mdx", ".qmd", ".rmd"})
_EDITOR_IDS = frozenset({"markdown", "mdx", "quarto", "rmd"})
_FENCE = re.compile(r"(?P<marks>`{3,}|~{3,})(?P<info>.*)")
# The language is the info string's first word: `python`, `{.python .numberLines}`, `py title="x"`.
_INFO_WORD = re.compile(r"[\s{.]*(?P<word>[\w+#-]*)")


def document_at(document: Document, offset: int) -> tuple[Document, int]:
    """The document to complete in, and the cursor in it.

    That is the fenced code block around the cursor where the document is Markdown, else the document
    itself. The text at the cursor is the same in both.
    """
    if not _is_markdown(document):
        return document, offset
    found = _fence_at(document, offset)
    if found is None:
        known = ", ".join(sorted(language.title for language in LANGUAGES.values()))
        reason = f"the cursor is in no fenced code block of a language that Maze knows: {known}"
        return _part(document, "", Detection(None, reason)), 0
    start, end, language = found
    content = document.text.content[start:end]
    return _part(document, content, Detection(language)), offset - start


def _is_markdown(document: Document) -> bool:
    suffix = PurePath(document.path.replace("\\", "/")).suffix.lower()
    return suffix in _SUFFIXES or document.editor_id in _EDITOR_IDS


def _part(document: Document, content: str, detection: Detection) -> Document:
    part = Document(content, title=document.title)
    part.take_for(detection)
    return part


def _fence_at(document: Document, offset: int) -> tuple[int, int, Language] | None:
    """Start and end of the code around a cursor, in characters, and its language."""
    text = document.text
    cursor = text.line_at(offset)
    opened: tuple[int, str, str] | None = None  # line, marks, info
    for line in range(text.line_count):
        match = _FENCE.match(text.line(line))
        if opened is None:
            if line >= cursor:
                return None
            if match and not (match["marks"][0] == "`" and "`" in match["info"]):
                opened = line, match["marks"], match["info"]
        elif match and not match["info"].strip() and match["marks"].startswith(opened[1]):
            if line == cursor:
                return None
            if line > cursor:
                return _code(document, opened, text.line_start(line))
            opened = None
    return _code(document, opened, len(text)) if opened is not None else None


def _code(
    document: Document, opened: tuple[int, str, str], end: int
) -> tuple[int, int, Language] | None:
    line, _, info = opened
    language = _language_of(info)
    if language is None:
        return None
    return document.text.line_start(line + 1), end, language


def _language_of(info: str) -> Language | None:
    match = _INFO_WORD.match(info)
    word = match["word"].lower() if match else ""
    # `tsx` is a language, and a program that runs another one.
    for named in (_is_name_of, _runs):
        for language in LANGUAGES.values():
            if named(word, language):
                return language
    return None


def _is_name_of(word: str, language: Language) -> bool:
    names = {language.name, language.title.lower(), *language.editor_ids}
    return word in names or f".{word}" in language.suffixes


def _runs(word: str, language: Language) -> bool:
    return word in language.interpreters
