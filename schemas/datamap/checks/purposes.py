"""Purposes: each consent has its one place, and what goes with it may go."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from schemas.datamap.checks.owners import overlap
from schemas.datamap.checks.references import link_faults
from schemas.datamap.deletion import Archive, Delete
from schemas.datamap.links import KeyedObjectLink, anchor
from schemas.path import EACH, SUBJECT_KEY, Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.datamap.map import DataMap
    from schemas.datamap.placements import Placement
    from schemas.datamap.purposes import Consent, Purpose

    Fault = tuple[str, str]

_ID: Final = Path(("_id",))


def purpose_faults(datamap: DataMap) -> Iterator[Fault]:
    """Per subject type: the names first, then the places, which lean on them."""
    for subject, declared in datamap.subjects.items():
        found: list[Fault] = []
        for name, purpose in declared.purposes.items():
            where = f"subjects.{subject}.purposes.{name}"
            for number, consent in enumerate(purpose.consents):
                found += _consent(datamap, subject, consent, f"{where}.consents.{number}")
            found += _recipients(datamap, subject, purpose, where)
        yield from found
        if not found:
            yield from _identifiers(datamap, subject)
            yield from _places(datamap, subject)


def _consent(datamap: DataMap, subject: str, consent: Consent, where: str) -> Iterator[Fault]:
    collection = consent.collection or datamap.subjects[subject].home
    if collection not in datamap.collections:
        yield f"{where}.collection", f"the collection {collection!r} is not declared"
        return
    link = consent.link or datamap.link(subject, collection)
    if link is None:
        yield where, f"nothing says how documents of {collection!r} belong to a {subject}"
        return
    if consent.link is not None:
        yield from link_faults(datamap, subject, consent.link, f"{where}.link")
    if isinstance(link, KeyedObjectLink):
        expected = Path((*link.keyed_object.steps, SUBJECT_KEY))
        if not consent.path.starts_with(expected):
            yield f"{where}.path", f"starts with '{expected}', by its link"
    elif consent.path.is_keyed:
        yield f"{where}.path", "'$key' needs a keyed_object link"
    if consent.when is not None and overlap((consent.when,), (consent.path,)):
        yield f"{where}.when", "is the place of the consent itself"
    if consent.withdrawn is None and consent.path.steps[-1] == EACH:
        yield f"{where}.withdrawn", "an element of an array cannot be unset: give a value"


def _recipients(datamap: DataMap, subject: str, purpose: Purpose, where: str) -> Iterator[Fault]:
    for name in purpose.recipients:
        recipient = datamap.recipients.get(name)
        if recipient is None:
            yield f"{where}.recipients", f"no such recipient: {name}"
        elif recipient.subject != subject:
            yield f"{where}.recipients", f"{name} receives nothing of a {subject}"


def _identifiers(datamap: DataMap, subject: str) -> Iterator[Fault]:
    """What finds, reaches or names the person stays, however much somebody objects."""
    declared = datamap.subjects[subject]
    for purpose_name, purpose in declared.purposes.items():
        for name in purpose.identifiers:
            where = f"subjects.{subject}.purposes.{purpose_name}.identifiers"
            field = declared.fields.get(name)
            if field is None:
                yield where, f"no such field of a {subject}: {name}"
                continue
            if field.lookup or field.contact:
                yield where, f"{name} finds or reaches the person: it cannot go"
            for place in datamap.placements(subject, name):
                if isinstance(place.on_delete, Archive):
                    yield where, f"{name} in {place.collection!r} is archived: it cannot go"
                unset = isinstance(place.on_delete, Delete)
                if unset and any(path.steps[-1] == EACH for path in place.paths):
                    yield where, f"{name} in {place.collection!r} needs a value: say 'anonymise'"
                fixed = (_ID, anchor(place.link), *((declared.key,) if place.home else ()))
                if overlap(place.paths, fixed):
                    yield where, f"{name} stands in {place.collection!r} as a key: it cannot go"


def _places(datamap: DataMap, subject: str) -> Iterator[Fault]:
    """No consent stands where a field, a key or another consent does."""
    declared = datamap.subjects[subject]
    consents = [
        (f"subjects.{subject}.purposes.{name}.consents.{number}", place, _paths(consent, place))
        for name, purpose in declared.purposes.items()
        for number, (consent, place) in enumerate(
            zip(purpose.consents, datamap.consent_places(subject, name), strict=True)
        )
    ]
    for where, place, paths in consents:
        fixed = (_ID, anchor(place.link), *((declared.key,) if place.home else ()))
        if overlap(paths, fixed):
            yield where, f"'{place.path}' in {place.collection!r} is a key"
        for other in datamap.placements_in(place.collection):
            if overlap(paths, other.paths):
                of = f"subjects.{other.subject}.fields.{other.field}"
                yield where, f"'{place.path}' in {place.collection!r} belongs to {of} too"
                break
    for (_, one, ones), (where, two, twos) in combinations(consents, 2):
        same = one.collection == two.collection and one.where == two.where
        if same and overlap(ones, twos):
            yield where, f"'{two.path}' in {two.collection!r} stands twice"


def _paths(consent: Consent, place: Placement) -> tuple[Path, ...]:
    return (place.path, *((consent.when,) if consent.when else ()))
