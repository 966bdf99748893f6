"""What no single part of the map can know: references, ownership, chains, recipients' addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.datamap.map import DataMap

Fault = tuple[str, str]


def faults(datamap: DataMap, *, allow_private: bool) -> Iterator[Fault]:
    """Every contradiction, as (where in the file, what is wrong)."""
    del datamap, allow_private
    yield from ()
