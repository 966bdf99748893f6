"""Types of subjects: members, people who only asked a question; and the collections about them."""

from __future__ import annotations

from pydantic import Field

from schemas.datamap.base import CollectionName, Label, MapModel, Slug
from schemas.datamap.deletion import Delete, DocumentDeletion
from schemas.datamap.fields import DataField
from schemas.datamap.links import KeyType, Link
from schemas.datamap.purposes import Purpose
from schemas.path import Path


class Guardian(MapModel):
    """Where a child's guardian is on file; each particular reads `field` or `field.part`.

    Below the age `until` (by the field `birth_date`) the guardian acts alone; from then on it is a
    review, and the child's own consent is asked.
    """

    birth_date: Slug
    name: str
    email: str | None = None
    phone: str | None = None
    relation: str | None = None
    until: int = Field(default=14, ge=1, le=21)
    tell_child: bool = False
    """Whether the child hears, at its own contact, of what its guardian had done."""


class SubjectType(MapModel):
    """One kind of person: the home collection has one document (or element) for each."""

    label: Label
    home: CollectionName
    key: Path
    key_type: KeyType
    created: Path | None = None
    """When the record came to be: a tombstone binds only what was created before it."""
    language: Slug | None = None
    """The field that says which language the person reads: its value begins with `ko` or `en`."""
    guardian: Guardian | None = None
    fields: dict[Slug, DataField] = Field(min_length=1)
    purposes: dict[Slug, Purpose] = Field(default_factory=dict)
    """What the person can object to, by name."""

    @property
    def contacts(self) -> dict[str, DataField]:
        """The fields that reach the person, in the order of the file."""
        return {name: field for name, field in self.fields.items() if field.contact}


class Collection(MapModel):
    """A collection: per subject type how its documents belong to one, and what deletion does.

    A home collection needs no link for its own subject type. A document that belongs to several
    people (a link through `$[]`) is never deleted whole: the element goes, or the entry of an
    object that has subject keys for names.
    """

    links: dict[Slug, Link] = Field(default_factory=dict)
    on_delete: DocumentDeletion = Delete()
