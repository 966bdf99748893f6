"""The sample company: 500 members and everything that the data map says is kept about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workers.local.demo.people import Known, People
from workers.local.demo.records import Records

COUNT = 500
SEED = 20_261_122


def sample_company(
    now: datetime, known: Mapping[int, Known], *, count: int = COUNT, seed: int = SEED
) -> dict[str, list[dict[str, Any]]]:
    """The members' collections of `smallmachines.yaml`, in clear; `known` by member number.

    The same `now` and seed give the same company. Whoever writes it to a database seals first what
    the data map calls sealed.
    """
    people = People(now, seed)
    members = [people.member(number, known.get(number)) for number in range(1, count + 1)]
    return {"members": members, **Records(members, now, seed).draw()}
