"""A region of a document follows the edits around it, however the editor tells of them."""

from __future__ import annotations

import pytest

from maze.lsp.region import Change, Region, common_start, difference

TEXT = "abcXYZdef"
START, END = 3, 6

MOVES = [
    # changes by others, where the region is then
    ([Change(0, 0, "12")], (5, 8)),
    ([Change(0, 3, "")], (0, 3)),
    ([Change(3, 3, "12")], (5, 8)),
    ([Change(6, 6, "12")], (3, 6)),
    ([Change(7, 9, "")], (3, 6)),
    ([Change(0, 1, ""), Change(0, 0, "12345")], (7, 10)),
]


@pytest.mark.parametrize(("changes", "where"), MOVES)
def test_it_moves(changes: list[Change], where: tuple[int, int]) -> None:
    region = Region(START, END)
    region.changed(TEXT, changes, applied(TEXT, changes))
    assert (region.start, region.end) == where
    assert not region.disturbed
    assert applied(TEXT, changes)[region.start : region.end] == "XYZ"


@pytest.mark.parametrize(
    "change",
    [Change(4, 4, "1"), Change(3, 4, ""), Change(2, 4, ""), Change(5, 9, ""), Change(0, 9, "")],
)
def test_an_edit_inside_disturbs_it(change: Change) -> None:
    told = []
    region = Region(START, END)
    region.on_disturbed = lambda: told.append(True)
    region.changed(TEXT, [change], applied(TEXT, [change]))
    assert region.disturbed and told


WANTED = Change(3, 3, "Z1")
"""Counted from the region's start: at its end, where what is there ends in a Z already."""

WAYS = [
    # how the editor tells that it is done, where the region is then
    [Change(6, 6, "Z1")],
    [Change(5, 6, "ZZ1")],
    [Change(0, 9, "abcXYZZ1def")],
    [Change(0, 0, "12"), Change(8, 8, "Z1")],
    [Change(6, 6, "Z1"), Change(0, 0, "12")],
    [Change(9, 9, "2"), Change(6, 6, "Z1"), Change(0, 1, "")],
    [Change(6, 6, "1"), Change(6, 6, "Z")],
]


@pytest.mark.parametrize("changes", WAYS)
async def test_what_is_expected_is_known_by_the_text_it_makes(changes: list[Change]) -> None:
    region = Region(START, END)
    assert region.expect(WANTED) == Change(6, 6, "Z1")
    assert not region.settled
    after = applied(TEXT, changes)
    region.changed(TEXT, changes, after)
    assert region.settled and await region.settle(1)
    assert not region.disturbed
    assert after[region.start : region.end] == "XYZZ1"


async def test_what_does_not_come_is_waited_for_no_longer_than_said() -> None:
    region = Region(START, END)
    region.expect(WANTED)
    region.changed(TEXT, [Change(0, 0, "1")], "1" + TEXT)
    assert not await region.settle(0.01)
    region.give_up()
    assert region.settled
    assert region.expect(WANTED) == Change(7, 7, "Z1")


DIFFERENCES = [
    # before, after, the change
    ("", "", Change(0, 0, "")),
    ("abc", "abc", Change(3, 3, "")),
    ("abc", "abXc", Change(2, 2, "X")),
    ("aaa", "aa", Change(2, 3, "")),
    ("aa", "aaa", Change(2, 2, "a")),
    ("a\r\n", "a\r", Change(1, 3, "\r")),
    ("", "x", Change(0, 0, "x")),
]


@pytest.mark.parametrize(("before", "after", "change"), DIFFERENCES)
def test_differences(before: str, after: str, change: Change) -> None:
    assert difference(before, after) == change
    assert applied(before, [change]) == after


def test_a_common_start_never_ends_inside_a_line_break() -> None:
    assert common_start("a\r\nb", "a\rb") == 1


def applied(text: str, changes: list[Change]) -> str:
    for change in changes:
        text = text[: change.start] + change.new + text[change.end :]
    return text
