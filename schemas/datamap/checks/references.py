"""Every name that the map refers to exists, and every link leads to a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schemas.datamap.deletion import AnonymiseDocument, Archive
from schemas.datamap.links import KeyedObjectLink, TieLink, ViaLink
from schemas.path import SUBJECT_KEY, Path
from schemas.values.specs import ListSpec, ObjectSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.datamap.deletion import DocumentDeletion, ValueDeletion
    from schemas.datamap.fields import Copy
    from schemas.datamap.links import Link
    from schemas.datamap.map import DataMap
    from schemas.datamap.subjects import SubjectType

    Fault = tuple[str, str]

MAX_HOPS: Final = 4
_ID: Final = Path(("_id",))


def reference_faults(datamap: DataMap) -> Iterator[Fault]:
    """Check collections first, then subjects, their fields and copies, then the rules of age."""
    for name, collection in datamap.collections.items():
        where = f"collections.{name}"
        for subject, link in collection.links.items():
            if subject not in datamap.subjects:
                yield f"{where}.links.{subject}", "no such subject type"
            else:
                yield from link_faults(datamap, subject, link, f"{where}.links.{subject}")
        yield from _deletion(datamap, collection.on_delete, f"{where}.on_delete")
    for subject, declared in datamap.subjects.items():
        yield from _subject(datamap, subject, declared, f"subjects.{subject}")
    yield from _retention(datamap)


def _subject(datamap: DataMap, subject: str, declared: SubjectType, where: str) -> Iterator[Fault]:
    if declared.home not in datamap.collections:
        yield f"{where}.home", f"the collection {declared.home!r} is not declared"
    elif declared.key.is_keyed:
        yield f"{where}.key", "'$key' has no meaning here"
    for name, field in declared.fields.items():
        at = f"{where}.fields.{name}"
        if name == "key":
            yield at, "'key' means the subject's own key: name the field otherwise"
        if any(path.is_keyed for path in (field.path, *field.where)):
            yield f"{at}.path", "'$key' belongs into copies, under a keyed_object link"
        if field.collection is not None:
            yield from _own_collection(datamap, subject, field.collection, f"{at}.collection")
        yield from _deletion(datamap, field.on_delete, f"{at}.on_delete")
        for number, copy in enumerate(field.copies):
            yield from _copy(datamap, subject, copy, f"{at}.copies.{number}")


def _copy(datamap: DataMap, subject: str, copy: Copy, where: str) -> Iterator[Fault]:
    if copy.collection not in datamap.collections:
        yield f"{where}.collection", f"the collection {copy.collection!r} is not declared"
        return
    link = copy.link or datamap.link(subject, copy.collection)
    if link is None:
        yield where, f"nothing says how documents of {copy.collection!r} belong to a {subject}"
        return
    if copy.link is not None:
        yield from link_faults(datamap, subject, copy.link, f"{where}.link")
    if isinstance(link, KeyedObjectLink):
        expected = Path((*link.keyed_object.steps, SUBJECT_KEY))
        if not copy.path.starts_with(expected):
            yield f"{where}.path", f"starts with '{expected}', by its link"
    elif copy.path.is_keyed:
        yield f"{where}.path", "'$key' needs a keyed_object link"
    if copy.on_delete is not None:
        yield from _deletion(datamap, copy.on_delete, f"{where}.on_delete")


def _own_collection(datamap: DataMap, subject: str, name: str, where: str) -> Iterator[Fault]:
    if name not in datamap.collections:
        yield where, f"the collection {name!r} is not declared"
    elif datamap.link(subject, name) is None:
        yield where, f"nothing says how documents of {name!r} belong to a {subject}"


def link_faults(datamap: DataMap, subject: str, link: Link, where: str) -> Iterator[Fault]:
    """Whether a link leads to a subject: by fields that tie, over collections that are there."""
    if isinstance(link, TieLink):
        field = datamap.subjects[subject].fields.get(link.tie.field)
        if field is None:
            yield f"{where}.tie.field", f"no such field of a {subject}"
        elif field.sealed or field.hashed or isinstance(field.value, ListSpec | ObjectSpec):
            yield f"{where}.tie.field", "only a plain single value can tie"
    hops = 0
    while isinstance(link, ViaLink):
        hops += 1
        through = link.via.collection
        if through not in datamap.collections:
            yield f"{where}.via.collection", f"the collection {through!r} is not declared"
            return
        if hops > MAX_HOPS:
            yield f"{where}.via", f"more than {MAX_HOPS} hops, or round in a circle"
            return
        further = datamap.link(subject, through)
        if further is None:
            yield f"{where}.via", f"nothing says how {through!r} belongs to a {subject}"
            return
        link = further


def _deletion(
    datamap: DataMap, rule: DocumentDeletion | ValueDeletion, where: str
) -> Iterator[Fault]:
    if isinstance(rule, AnonymiseDocument) and any(path.starts_with(_ID) for path in rule.values):
        yield f"{where}.anonymise.values", "an '_id' cannot be changed"
    if not isinstance(rule, Archive):
        return
    basis = datamap.retention_bases.get(rule.basis)
    if basis is None:
        yield f"{where}.archive.basis", f"the retention basis {rule.basis!r} is not declared"
    elif basis.starts == "document" and rule.since is None:
        yield f"{where}.archive", f"'from' is missing: {rule.basis!r} counts from the document"
    elif basis.starts == "deletion" and rule.since is not None:
        yield f"{where}.archive.from", f"{rule.basis!r} counts from the deletion"


def _retention(datamap: DataMap) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, rule in enumerate(datamap.retention_rules):
        where = f"retention_rules.{number}"
        if rule.name in seen:
            yield f"{where}.name", f"the name {rule.name!r} stands twice"
        seen.add(rule.name)
        if rule.collection not in datamap.collections:
            yield f"{where}.collection", f"the collection {rule.collection!r} is not declared"
        if rule.subject is None:
            continue
        subject = datamap.subjects.get(rule.subject)
        if subject is None:
            yield f"{where}.subject", "no such subject type"
        elif subject.home != rule.collection:
            yield f"{where}.collection", f"the home of a {rule.subject} is {subject.home!r}"
