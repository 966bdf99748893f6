"""Purposes made ready: the places where a consent stands, and what goes with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from schemas.datamap import AnonymiseValue, DataMap, Path, Placement

if TYPE_CHECKING:
    from workers.adapters.subject_data.places import Place

_PURPOSE: Final = "purpose:"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a withdrawn consent does to one place."""

    value: Any
    """What is to stand there; None: nothing."""
    when: Path | None = None
    """Beside it, the time of the last change."""
    identifier: bool = False
    """An identifier goes; a consent is written."""


def purpose_key(name: str) -> str:
    """By what the model knows a purpose: a field may have the same name."""
    return f"{_PURPOSE}{name}"


def name_of(key: str) -> str:
    """The name of the field or purpose."""
    return key.removeprefix(_PURPOSE)


def withdrawn_places(
    datamap: DataMap,
    subject: str,
    purpose: str,
    fields: Callable[[str], Iterator[Place]],
    make: Callable[[Placement], Place],
) -> Iterator[Place]:
    """Every place of a purpose: `fields` gives those of a field, `make` a new one."""
    declared = datamap.subjects[subject].purposes[purpose]
    key = purpose_key(purpose)
    places = datamap.consent_places(subject, purpose)
    for consent, placement in zip(declared.consents, places, strict=True):
        place = make(replace(placement, field=key))
        also = {consent.when.steps[0]} if consent.when else set()
        withdrawal = Withdrawal(consent.withdrawn, consent.when)
        yield replace(place, tops=place.tops | also, withdrawal=withdrawal)
    for identifier in declared.identifiers:
        for place in fields(identifier):
            rule = place.placement.on_delete
            value = rule.value if isinstance(rule, AnonymiseValue) else None
            # From every copy, also from those that keep what was true then.
            placement = replace(place.placement, field=key, follow=True)
            withdrawal = Withdrawal(value, identifier=True)
            yield replace(place, placement=placement, withdrawal=withdrawal)
