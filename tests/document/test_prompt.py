"""What a model is shown: `maze.document.prompt`."""

from __future__ import annotations

import pytest

from maze.document import Document
from maze.document.prompt import excerpt_at
from tests.document.cursor import go, python

IMPORTS = "import os\nfrom a import (\n    b,\n    c,\n)\n"
LONG = '"""Doc."""\n\n' + IMPORTS + "\n\n" + "".join(f"x{i} = {i}\n" for i in range(500))


def test_a_small_file_is_shown_whole() -> None:
    excerpt = excerpt_at(*python("import os\n\nx = │\ny = 2\n"), budget=1000)
    assert excerpt.path == "a.py"
    assert excerpt.before == "# a.py\nimport os\n\nx = "
    assert excerpt.after == "\ny = 2\n"


def test_the_comment_is_the_languages_own() -> None:
    assert excerpt_at(*go("package a\n│"), budget=1000).before == "// a.go\npackage a\n"


def test_an_unnamed_document_has_no_comment() -> None:
    assert excerpt_at(Document("import os\n"), 10, budget=1000).before == "import os\n"


def test_of_a_long_file_the_imports_and_what_is_near() -> None:
    offset = LONG.index("x400 ")
    excerpt = excerpt_at(Document(LONG, "a.py"), offset, budget=1000)
    assert excerpt.before.startswith("# a.py\n" + IMPORTS + "# ...\nx")
    assert excerpt.before.endswith("x399 = 399\n")
    assert "x100" not in excerpt.before
    assert len(excerpt.before) < 750 * 1.3
    assert excerpt.after == LONG[offset : offset + 250]


def test_imports_too_long_for_their_share_are_cut_at_a_line() -> None:
    text = "".join(f"import module_{i}\n" for i in range(100)) + "x = 1\n" * 1000
    before = excerpt_at(Document(text, "a.py"), len(text), budget=1000).before
    header = before.split("# ...\n")[0].splitlines()[1:]
    assert header == [f"import module_{i}" for i in range(len(header))]
    assert 0 < len(header) < 20


def test_the_beginning_stays_while_one_types() -> None:
    document = Document(LONG, "a.py")
    offset = LONG.index("x300 ")
    beginnings = set()
    for i in range(200):
        document.replace(offset + i, offset + i, "y")
        before = excerpt_at(document, offset + i + 1, budget=1000).before
        beginnings.add(before[: before.index("# ...\n") + 20])
    assert len(beginnings) <= 2


LONG_LINES = [0, 100, 2_000, 4_999]


@pytest.mark.parametrize("column", LONG_LINES)
def test_a_line_longer_than_the_budget(column) -> None:
    text = "x = " + "1" * 4_996
    excerpt = excerpt_at(Document(text, "a.py"), column, budget=400)
    assert excerpt.before.endswith(text[max(column - 150, 0) : column])
    assert len(excerpt.before) <= 320
    assert excerpt.after == text[column : column + 100]


def test_line_breaks_and_marks_are_those_that_models_know() -> None:
    excerpt = excerpt_at(*python("\ufeffx = 1\r\ny = │\r\n"), budget=1000)
    assert (excerpt.before, excerpt.after) == ("# a.py\nx = 1\ny = ", "\n")
