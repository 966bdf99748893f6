"""What no single part of the map can know. Each check yields (where in the file, what is wrong)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.datamap.checks.fields import field_faults
from schemas.datamap.checks.outside import outside_faults
from schemas.datamap.checks.owners import owner_faults
from schemas.datamap.checks.purposes import purpose_faults
from schemas.datamap.checks.references import reference_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.datamap.map import DataMap

Fault = tuple[str, str]


def faults(datamap: DataMap, *, allow_private: bool) -> Iterator[Fault]:
    """Every contradiction in the map; a later check may lean on what an earlier one passed."""
    found = list(reference_faults(datamap)) or list(field_faults(datamap))
    yield from found
    if not found:
        yield from owner_faults(datamap)
        yield from purpose_faults(datamap)
    if not found:
        yield from outside_faults(datamap, allow_private=allow_private)
