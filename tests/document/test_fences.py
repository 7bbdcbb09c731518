"""`maze.document.fences`: the code block of a Markdown text that the cursor is in."""

from __future__ import annotations

import pytest

from maze.document import Document, document_at, hole_at

# name: Markdown with │ at the cursor, language, the block's text with the cursor; None where there is none
CASES = {
    "a fence": ("# A\n\n```go\nx := │\n```\n\nB\n", "go", "x := │\n"),
    "with tildes": ("~~~python\na\nb│\n~~~\n", "python", "a\nb│\n"),
    "of the second of two": (
        "```py\na\n```\n\n```zig\nconst a = │;\n```\n",
        "zig",
        "const a = │;\n",
    ),
    "not closed": ("```python\nx = │\n", "python", "x = │\n"),
    "empty": ("```go\n│```\n", None, None),
    "an empty line": ("```go\n│\n```\n", "go", "│\n"),
    "longer marks": ("````python\n```\nx│\n````\n", "python", "```\nx│\n"),
    "other marks inside": ("~~~python\n```\nx│\n~~~\n", "python", "```\nx│\n"),
    "marks with words inside": ("```python\n```go\nx│\n```\n", "python", "```go\nx│\n"),
    "attributes": ("``` {.python .numberLines}\nx│\n```\n", "python", "x│\n"),
    "a title": ('```py title="a.py"\nx│\n```\n', "python", "x│\n"),
    "TSX": ("```tsx\nx│\n```\n", "tsx", "x│\n"),
    "TypeScript": ("```ts\nx│\n```\n", "typescript", "x│\n"),
    "JSX": ("```jsx\nx│\n```\n", "javascript", "x│\n"),
    "JavaScript": ("```js\nx│\n```\n", "javascript", "x│\n"),
    "JavaScript by its program": ("```node\nx│\n```\n", "javascript", "x│\n"),
    "upper case": ("```Go\nx│\n```\n", "go", "x│\n"),
    "CR LF": ("```go\r\na\r\nb│\r\n```\r\n", "go", "a\r\nb│\r\n"),
    "prose": ("A│\n\n```go\nx\n```\n", None, None),
    "prose behind": ("```go\nx\n```\n\nA│\n", None, None),
    "the opening line": ("```go│\nx\n```\n", None, None),
    "the closing line": ("```go\nx\n```│\n", None, None),
    "another language": ("```sh\nls│\n```\n", None, None),
    "no language": ("```\nx│\n```\n", None, None),
    "inline code": ("```x``` │\n", None, None),
}


@pytest.mark.parametrize(("text", "language", "block"), CASES.values(), ids=CASES.keys())
def test_fence(text: str, language: str | None, block: str | None) -> None:
    offset = text.index("│")
    document, inside = document_at(Document(text.replace("│", ""), "/a/notes.md"), offset)
    assert (document.language.name if document.language else None) == language
    assert bool(document.detection.reason) == (language is None)
    if block is not None:
        content = document.text.content
        assert content[:inside] + "│" + content[inside:] == block


def test_the_hole_is_the_fence() -> None:
    text = "# A\n\n```go\npackage p\n\nvar x = \n```\n\nB\n"
    offset = text.index("= \n") + 2
    hole = hole_at(*document_at(Document(text, "", "markdown"), offset))
    assert hole is not None
    assert (hole.language, hole.prefix, hole.suffix) == ("go", "package p\n\nvar x = ", "\n")
    assert [scope.level for scope in hole.scopes] == ["file", "scope"]


def test_other_documents_are_taken_as_they_are() -> None:
    document = Document('"""\n```go\nx\n```\n"""\n', "/a/b.py", "python")
    assert document_at(document, 11) == (document, 11)
