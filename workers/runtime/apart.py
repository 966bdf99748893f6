"""A group that fails is done one by one, so that one bad item never fails its neighbours (D8)."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.errors import DsrError, Unreachable
from workers.pipeline import Station
from workers.runtime import log
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.runtime.house import House


async def carry_apart(
    house: House, station: Station, items: Sequence[Item]
) -> list[tuple[Item, Exception]]:
    """Carry a group, or each item alone where that fails; returns those that then still fail.

    `Unreachable` where nobody's work can be done now.
    """
    if len(items) != 1:
        try:
            await carry(house, station, items)
        except Unreachable:
            raise
        except Exception as error:  # noqa: BLE001 - whose it is shows when each is done alone
            log.failure("group_failed", error, stage=station.name, code=_code(error))
        else:
            return []
    failed: list[tuple[Item, Exception]] = []
    for item in items:
        try:
            await carry(house, station, [item])
        except Unreachable:
            raise
        except Exception as error:  # noqa: BLE001 - the caller decides what becomes of it
            log.failure("item_failed", error, stage=station.name, code=_code(error))
            failed.append((item, error))
    return failed


def _code(error: Exception) -> str:
    return error.code if isinstance(error, DsrError) else "internal"
