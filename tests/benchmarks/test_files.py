"""Files are what the list names, what can be read, and what the real parser accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks._cli import BadArgument
from benchmarks.files import SourceFile, read_list, valid_files
from benchmarks.oracles import oracle_for


def valid(tmp_path: Path, *contents: bytes) -> list[SourceFile]:
    """The valid ones among Python files with these contents."""
    paths = [tmp_path / f"{number}.py" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    with oracle_for("python") as oracle:
        return list(valid_files(paths, "python", oracle))


def test_invalid_and_missing_files_are_left_out(tmp_path: Path) -> None:
    files = valid(tmp_path, b"x = 1\n", b"x =\n", b"")
    assert [file.data for file in files] == [b"x = 1\n", b""]
    with oracle_for("python") as oracle:
        assert list(valid_files([tmp_path / "missing.py"], "python", oracle)) == []


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"x = 'h\xc3\xa9'\r\n", "x = 'h\u00e9'\r\n", "utf-8"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n", "utf-8"),
        (b"# coding: latin-1\nx = 'h\xe9'\n", "# coding: latin-1\nx = 'h\u00e9'\n", "iso8859-1"),
    ],
)
def test_text_is_what_an_editor_holds(
    data: bytes, text: str, encoding: str, tmp_path: Path
) -> None:
    (file,) = valid(tmp_path, data)
    assert (file.text, file.encoding) == (text, encoding)
    assert file.encode(file.text) == data


def test_a_list_may_be_sampled_repeatably(tmp_path: Path) -> None:
    listing = tmp_path / "files.txt"
    listing.write_text("".join(f"f{number}.py\n\n" for number in range(50)))
    assert len(read_list(listing)) == 50
    assert read_list(listing, limit=5, seed=3) == read_list(listing, limit=5, seed=3)
    assert len(read_list(listing, limit=5)) == 5


def test_an_empty_list_says_so(tmp_path: Path) -> None:
    listing = tmp_path / "files.txt"
    listing.write_text("\n")
    with pytest.raises(BadArgument, match="names no files"):
        read_list(listing)
