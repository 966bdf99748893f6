"""Each field's own rules fit together: protection, look-up, contact, shape of its copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schemas.datamap.fields import Protection
from schemas.datamap.links import KeyedObjectLink, KeyLink, anchor
from schemas.datamap.placements import PLACEHOLDER
from schemas.path import Path
from schemas.values.specs import DateSpec, EmailSpec, ListSpec, ObjectSpec, PhoneSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.datamap.fields import Copy, DataField
    from schemas.datamap.map import DataMap
    from schemas.datamap.subjects import Guardian, SubjectType

    Fault = tuple[str, str]

_ID: Final = Path(("_id",))


def field_faults(datamap: DataMap) -> Iterator[Fault]:
    """Per subject type: its fields, what finds and reaches the person, the guardian."""
    for subject, declared in datamap.subjects.items():
        where = f"subjects.{subject}"
        if not declared.contacts:
            yield f"{where}.fields", "no field is a contact: nobody could be verified"
        if not any(field.lookup for field in declared.fields.values()):
            yield f"{where}.fields", "no field is looked up: nobody could be found"
        if declared.language is not None and declared.language not in declared.fields:
            yield f"{where}.language", "is not a field"
        if declared.guardian is not None:
            yield from _guardian(declared, declared.guardian, f"{where}.guardian")
        for name, field in declared.fields.items():
            at = f"{where}.fields.{name}"
            yield from _protection(field, at)
            yield from _records(field, at)
            yield from _list_parts(field, at)
            yield from _contact(field, at)
            for number, copy in enumerate(field.copies):
                yield from _shape(field, copy, f"{at}.copies.{number}")
            if field.correctable != "no":
                yield from _key_stays(datamap, subject, name, at)


def _protection(field: DataField, where: str) -> Iterator[Fault]:
    stored = field.protection & {Protection.PLAIN, Protection.SEALED, Protection.HASHED}
    shown = field.protection & {Protection.MASKED, Protection.NEVER_EXPORTED}
    if len(stored) > 1 or len(shown) > 1:
        yield f"{where}.protection", "these exclude each other"
    if field.hashed and field.correctable != "no":
        yield f"{where}.correctable", "what is stored as a digest cannot be corrected: say 'no'"
    if field.hashed and (field.lookup or field.contact):
        yield where, "what is stored as a digest neither finds nor reaches anybody"
    if field.sealed and field.lookup and field.blind_index is None:
        yield where, "'blind_index' is missing: a sealed field is looked up by its digest"
    if field.blind_index is not None and not (field.sealed and field.lookup):
        yield f"{where}.blind_index", "is for fields that are sealed and looked up"
    if field.lookup and isinstance(field.value, ListSpec | ObjectSpec):
        yield f"{where}.lookup", "only a single value is looked up"


def _records(field: DataField, where: str) -> Iterator[Fault]:
    if field.collection is not None and (
        field.lookup or field.contact or field.correctable != "no"
    ):
        yield f"{where}.collection", "records of their own collection are not corrected: say 'no'"


def _list_parts(field: DataField, where: str) -> Iterator[Fault]:
    if isinstance(field.value, ListSpec) and isinstance(field.value.of, ObjectSpec):
        for name, part in field.value.of.parts.items():
            if part.path.steps != (name,):
                yield f"{where}.value.of.parts.{name}", "in a list a part has its name for a path"


def _contact(field: DataField, where: str) -> Iterator[Fault]:
    if field.contact is None:
        return
    kind = field.contact.kind
    if kind == "mail" and not isinstance(field.value, EmailSpec):
        yield f"{where}.contact", "a contact by mail is an 'email'"
    if kind == "phone" and not isinstance(field.value, PhoneSpec):
        yield f"{where}.contact", "a contact by phone is a 'phone'"


def _shape(field: DataField, copy: Copy, where: str) -> Iterator[Fault]:
    parts = field.parts
    for key, used in (
        ("part", [copy.part] if copy.part else []),
        ("text", PLACEHOLDER.findall(copy.text) if copy.text else []),
        ("parts", list(copy.parts or ())),
    ):
        if used and not isinstance(field.value, ObjectSpec):
            yield f"{where}.{key}", "the field has no parts"
        elif unknown := sorted(set(used) - parts.keys()):
            yield f"{where}.{key}", f"no such part: {unknown[0]}"
    if copy.text is not None and not PLACEHOLDER.search(copy.text):
        yield f"{where}.text", "names no part"


def _guardian(subject: SubjectType, guardian: Guardian, where: str) -> Iterator[Fault]:
    birth = subject.fields.get(guardian.birth_date)
    if birth is None or not isinstance(birth.value, DateSpec):
        yield f"{where}.birth_date", "is not a field that holds a date"
    for key in ("name", "email", "phone", "relation"):
        reference = getattr(guardian, key)
        if reference is None:
            continue
        name, _, part = reference.partition(".")
        field = subject.fields.get(name)
        if field is None or (bool(part) != bool(field.parts)) or (part and part not in field.parts):
            yield f"{where}.{key}", "is neither a field nor 'field.part'"


def _key_stays(datamap: DataMap, subject: str, name: str, where: str) -> Iterator[Fault]:
    """Nothing that holds a subject's records together can be corrected: an _id, a key."""
    declared = datamap.subjects[subject]
    for place in datamap.placements(subject, name):
        if not place.follow:
            continue
        fixed = [_ID]
        if place.home:
            fixed.append(declared.key)
        if isinstance(place.link, KeyLink | KeyedObjectLink):
            fixed.append(anchor(place.link))
        if any(path in fixed or path.starts_with(_ID) for path in place.paths):
            yield where, f"stands in {place.collection!r} as a key: say 'correctable: no'"
            return
