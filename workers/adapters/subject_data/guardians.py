"""Who may act for a child, as the child's record stands: the data map says where to read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from schemas.datamap import DataMap, Guardian
from schemas.guardianship import Guardianship, lapses_at
from schemas.request import SubjectRef
from schemas.values import zone_of
from workers.adapters.subject_data.current import CurrentReader


class Guardians:
    """`guardianship`, by one data map."""

    def __init__(self, datamap: DataMap, current: CurrentReader) -> None:
        self._datamap = datamap
        self._current = current

    async def guardianship(self, subject: SubjectRef) -> Guardianship | None:
        """Who may act for this person and how long; None where the record cannot say."""
        declared = self._datamap.subjects[subject.type]
        if declared.guardian is None:
            return None
        fields = tuple(
            sorted({reference.partition(".")[0] for reference in _all(declared.guardian)})
        )
        values = await self._current.standing(subject, fields)
        born = _day(_read(values, declared.guardian.birth_date))
        if born is None:
            return None
        zone = zone_of(declared.fields[declared.guardian.birth_date].value)
        return Guardianship(
            lapses_at=lapses_at(born, declared.guardian.until, zone),
            name=_read(values, declared.guardian.name),
            email=_read(values, declared.guardian.email),
            phone=_read(values, declared.guardian.phone),
        )


def _all(guardian: Guardian) -> list[str]:
    references = (guardian.birth_date, guardian.name, guardian.email, guardian.phone)
    return [reference for reference in references if reference is not None]


def _read(values: Mapping[str, Any], reference: str | None) -> str | None:
    """The text at `field` or `field.part`; None where there is none."""
    if reference is None:
        return None
    name, _, part = reference.partition(".")
    value = values.get(name)
    if part:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value.strip() or None if isinstance(value, str) else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
