"""Lines, positions and edits of `maze.document.text`."""

from __future__ import annotations

import random

import pytest

from maze.document.lines import LineIndex, line_starts
from maze.document.text import Position, PositionEncoding, Text, read_text, unix_line_breaks

UTF8, UTF16, UTF32 = PositionEncoding

LINES = [
    # text, its lines
    ("", [""]),
    ("a", ["a"]),
    ("a\n", ["a", ""]),
    ("a\nb", ["a", "b"]),
    ("a\r\nb\rc\n\rd", ["a", "b", "c", "", "d"]),
    ("\n\n", ["", "", ""]),
    ("é😀\nx", ["é😀", "x"]),
    ("a\x0cb\x0bc\u2028d\x85e", ["a\x0cb\x0bc\u2028d\x85e"]),
]


@pytest.mark.parametrize(("content", "lines"), LINES)
def test_lines(content, lines) -> None:
    text = Text(content)
    assert [text.line(i) for i in range(text.line_count)] == lines


POSITIONS = [
    # text, encoding, line, character, the offset it is
    ("abc\ndef", UTF16, 1, 2, 6),
    ("é=1", UTF8, 0, 2, 1),
    ("é=1", UTF16, 0, 1, 1),
    ("😀=1", UTF8, 0, 4, 1),
    ("😀=1", UTF16, 0, 2, 1),
    ("😀=1", UTF32, 0, 1, 1),
    # inside a character: before it
    ("😀=1", UTF16, 0, 1, 0),
    ("😀=1", UTF8, 0, 3, 0),
    # past an end: that end
    ("abc\ndef", UTF16, 0, 99, 3),
    ("abc\r\ndef", UTF16, 0, 4, 3),
    ("é\r\ndef", UTF16, 0, 99, 1),
    ("abc\ndef", UTF16, 9, 0, 7),
    ("", UTF8, 5, 5, 0),
    ("abc", UTF16, 0, -1, 0),
    # a byte order mark is one character of the first line
    ("\ufeffabc", UTF16, 0, 1, 1),
    ("\ufeffabc", UTF8, 0, 3, 1),
]


@pytest.mark.parametrize(("content", "encoding", "line", "character", "offset"), POSITIONS)
def test_positions_to_offsets(content, encoding, line, character, offset) -> None:
    assert Text(content).offset(Position(line, character), encoding) == offset


@pytest.mark.parametrize("encoding", PositionEncoding)
def test_offsets_to_positions_and_back(encoding) -> None:
    text = Text("a\r\né😀b\n\ufffdc\r漢字")
    for offset in range(len(text) + 1):
        position = text.position(offset, encoding)
        in_break = offset > text.line_end(position.line)
        assert text.offset(position, encoding) == offset - in_break
        assert text.offset_of_byte(text.byte_offset(offset)) == offset


def test_lone_surrogates_become_replacement_characters() -> None:
    text = Text("a\ud800b")
    text.replace(0, 1, "\udfff")
    assert text.content == "\ufffd\ufffdb"


EDITS = [
    # text, start, end, new, the text after
    ("abc", 1, 2, "xyz", "axyzc"),
    ("abc", 3, 3, "\n", "abc\n"),
    ("abc", -5, 99, "", ""),
    ("abc", 2, 1, "x", "abxc"),
    # breaks are joined and parted
    ("a\rb", 2, 2, "\n", "a\r\nb"),
    ("a\nb", 1, 1, "\r", "a\r\nb"),
    ("a\r\nb", 2, 2, "x", "a\rx\nb"),
    ("a\r\nb", 1, 2, "", "a\nb"),
    ("a\r\nb", 2, 3, "", "a\rb"),
]


@pytest.mark.parametrize(("content", "start", "end", "new", "after"), EDITS)
def test_edits(content, start, end, new, after) -> None:
    text = Text(content)
    text.replace(start, end, new)
    assert text.content == after
    assert [text.line_start(i) for i in range(text.line_count)] == [0, *line_starts(after)]


def test_any_number_of_edits_leaves_the_same_lines_as_reading_the_text_anew() -> None:
    chance = random.Random(7)
    pieces = ["a", "b\n", "\r", "\r\n", "é", "😀", "\n\n", "xyz"]
    text = Text("".join(chance.choices(pieces, k=40)))
    for _ in range(2_000):
        start = chance.randrange(len(text) + 1)
        end = min(start + chance.choice([0, 0, 1, 2, 9]), len(text))
        new = "".join(chance.choices(pieces, k=chance.randrange(4)))
        byte, bytes_removed = text.byte_offset(start), len(text.content[start:end].encode())
        edit = text.replace(start, end, new)
        assert edit.start_byte == byte
        assert edit.old_end_byte == byte + bytes_removed
        assert edit.new_end_byte == byte + len(new.encode())
        fresh = LineIndex(text.content)
        count = len(fresh) + 1
        assert [text.lines.start(i) for i in range(count)] == [fresh.start(i) for i in range(count)]
        assert [text.lines.start_byte(i) for i in range(count)] == [
            fresh.start_byte(i) for i in range(count)
        ]


def test_files_are_read_whatever_their_bytes(tmp_path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"\xef\xbb\xbfx = '\xff\x00'\r\n")
    assert read_text(file) == "\ufeffx = '\ufffd\x00'\r\n"


def test_unix_line_breaks() -> None:
    assert unix_line_breaks("a\r\nb\rc\n\r\n") == "a\nb\nc\n\n"
