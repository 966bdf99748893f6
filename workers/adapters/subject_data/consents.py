"""A consent withdrawn in one document: every change compares what it replaces. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from schemas.errors import ValueRefused
from schemas.values import restore_type
from workers.adapters.subject_data.changes import (
    Owner,
    Test,
    convert,
    guard,
    leaf_positions,
    sealed,
)
from workers.adapters.subject_data.places import Leaf, Place
from workers.adapters.subject_data.positions import (
    MISSING,
    Position,
    Scope,
    positions,
    resolve,
)
from workers.adapters.subject_data.purposes import Withdrawal
from workers.adapters.subject_data.replacing import filled, fits
from workers.adapters.subject_data.updates import Draft


def withdraw(  # noqa: PLR0913 - a place, a document, and whose it is
    place: Place, document: Any, owner: Owner, holds: Test, *, at: datetime, draft: Draft
) -> None:
    """Bring one place to what stands there once the consent is withdrawn.

    A consent is written at home also where none stood; a copy, or an identifier, only goes where
    one stands. `ValueRefused` where the type that stands there cannot hold it.
    """
    assert place.withdrawal is not None
    changed = False
    for leaf in place.leaves:
        for position in leaf_positions(leaf, document, owner.text, holds):
            change = _new(place, leaf, place.withdrawal, position)
            if change is _UNCHANGED:
                continue
            changed = True
            if change is None:
                draft.drop(position)
            else:
                draft.put(position, sealed(place, leaf, change, owner))
            guard(leaf, document, position, draft)
            if place.withdrawal.when is not None:
                _stamp(
                    Scope.between(leaf.path, place.withdrawal.when), document, position, at, draft
                )
    if changed:
        draft.fields.add(place.field)


_UNCHANGED = object()


def _new(place: Place, leaf: Leaf, withdrawal: Withdrawal, position: Position) -> Any:
    """What is to stand there, None for nothing; or that all is well."""
    stands = None if position.value is MISSING else position.value
    value = withdrawal.value
    if isinstance(value, dict) and leaf.part is not None:
        value = value.get(leaf.part)
    if stands is None:
        made_here = place.placement.home and not withdrawal.identifier and value is not None
        return value if made_here else _UNCHANGED
    if value is None:
        return None
    if withdrawal.identifier:
        return _UNCHANGED if fits(value, stands) else filled(value)
    made = restore_type(stands, value, convert=convert)
    return _UNCHANGED if made == stands else made


def _stamp(scope: Scope, document: Any, position: Position, at: datetime, draft: Draft) -> None:
    above = position.at[: scope.shared]
    for found in positions(resolve(document, above), scope.rest):
        depth = len(above) + found.depth
        there = Position((*above, *found.at), found.value, depth, found.null)
        draft.put(there, _moment(found.value, at))


def _moment(stands: Any, at: datetime) -> Any:
    """The time in the form that stands there: a date of the database, or text."""
    if stands is MISSING or stands is None or isinstance(stands, datetime):
        return at
    if isinstance(stands, str):
        return at.isoformat()
    raise ValueRefused("type_mismatch")
