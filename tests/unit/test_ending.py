"""The tests' own end: what a session keeps running and does not end is told by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests import ending as module
from tests.ending import ending


async def test_what_does_not_end_is_told_with_the_place_where_it_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "WITHIN", 0.05)
    given_up = asyncio.Event()

    @asynccontextmanager
    async def kept() -> AsyncIterator[int]:
        yield 1
        await given_up.wait()

    with pytest.raises(AssertionError, match=r"test_ending\.py:\d+ > locks\.py:\d+"):
        async with ending(kept()) as number:
            assert number == 1
    given_up.set()


async def test_an_error_at_the_end_is_the_sessions() -> None:
    @asynccontextmanager
    async def kept() -> AsyncIterator[None]:
        yield
        raise KeyError("a worker's fault")

    with pytest.raises(KeyError):
        async with ending(kept()):
            pass
