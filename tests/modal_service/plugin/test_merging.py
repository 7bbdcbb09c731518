"""Several iterators as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from modal_service.plugin.merging import merged


async def counting(name: str, count: int, closed: list[str]) -> AsyncGenerator[str, None]:
    try:
        for number in range(count):
            await asyncio.sleep(0)
            yield f"{name}{number}"
    finally:
        closed.append(name)


async def failing(closed: list[str]) -> AsyncGenerator[str, None]:
    async for item in counting("f", 1, closed):
        yield item
    raise ValueError("broken")


@pytest.mark.parametrize("names", ["a", "ab", "abc"])
async def test_everything_arrives_in_order_per_source(names: str) -> None:
    closed: list[str] = []
    found = [item async for item in merged([counting(name, 5, closed) for name in names])]
    assert sorted(closed) == sorted(names)
    for name in names:
        assert [item for item in found if item[0] == name] == [f"{name}{n}" for n in range(5)]


@pytest.mark.parametrize("names", ["a", "ab"])
async def test_closing_closes_the_sources(names: str) -> None:
    closed: list[str] = []
    async with aclosing(merged([counting(name, 10**6, closed) for name in names])) as items:
        async for _ in items:
            break
    assert set(closed) <= set(names)
    assert "a" in closed or "b" in closed
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


async def test_an_error_ends_all() -> None:
    closed: list[str] = []
    with pytest.raises(ValueError, match="broken"):
        async for _ in merged([failing(closed), counting("a", 10**6, closed)]):
            pass
    assert sorted(closed) == ["a", "f"]
