"""Taking elements out of arrays, told by what stands in them and never by their position: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne

from schemas.datamap import EACH, SUBJECT_KEY, Path
from schemas.errors import ValueRefused
from workers.adapters.subject_data.positions import Steps
from workers.adapters.subject_data.updates import BY_ID


@dataclass(frozen=True, slots=True)
class Pull:
    """Elements at `path` (which ends in `$[]`) in which, at `rest`, one of the values stands."""

    path: Path
    rest: Steps
    raws: tuple[Any, ...]

    def update(self, id_: Any) -> UpdateOne:
        """Safe to do again, and beside an application that adds, moves or takes out others."""
        if SUBJECT_KEY in self.path.steps:
            raise ValueRefused("no_place")  # an array below such a name: no operator says that
        wanted = {"$in": list(self.raws)}
        array = self.path.steps[:-1]
        below = (*array, *self.rest)
        said: list[str] = []
        filters: list[Mapping[str, Any]] = []
        for depth, step in enumerate(array):
            if step != EACH:
                said.append(step)
                continue
            name = f"e{len(filters)}"
            said.append(f"$[{name}]")
            under = ".".join(one for one in below[depth + 1 :] if one != EACH)
            filters.append({f"{name}.{under}" if under else name: wanted})
        whole = ".".join(one for one in below if one != EACH)
        condition = {".".join(self.rest): wanted} if self.rest else wanted
        return UpdateOne(
            {"_id": id_, whole: wanted},
            {"$pull": {".".join(said): condition}},
            array_filters=filters or None,
            hint=BY_ID,
        )
