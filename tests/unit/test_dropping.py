"""Who drops a parked message says why: by command as on a page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from schemas.errors import Refused
from workers.desk import parked

if TYPE_CHECKING:
    from workers import wiring


class Store:
    """The parked messages, as far as they are dropped."""

    def __init__(self) -> None:
        self.dropped: list[tuple[str, str, str]] = []

    async def drop(self, parked_id: str, by: str, reason: str) -> None:
        self.dropped.append((parked_id, by, reason))


def parts(store: Store) -> wiring.Parts:
    return cast("wiring.Parts", SimpleNamespace(parked=store))


@pytest.mark.parametrize("reason", ["", " \n ", "x" * (parked.LONGEST + 1)])
async def test_no_reason_and_a_long_one_drop_nothing(reason: str) -> None:
    store = Store()
    with pytest.raises(Refused, match="empty_or_too_long"):
        await parked.drop(parts(store), "p1", "han", reason)
    assert store.dropped == []


async def test_the_reason_is_recorded_without_what_stands_around_it() -> None:
    store = Store()
    await parked.drop(parts(store), "p1", "han", f" {'x' * parked.LONGEST} ")
    assert store.dropped == [("p1", "han", "x" * parked.LONGEST)]
