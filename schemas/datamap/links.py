"""How a document, or an element of it, belongs to a subject."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Discriminator, Tag

from schemas.datamap.base import CollectionName, MapModel, Slug
from schemas.path import Path


class KeyType(StrEnum):
    """The BSON type in which a subject's key is stored."""

    OBJECT_ID = "objectid"
    STRING = "string"
    INT = "int"
    UUID = "uuid"


class KeyLink(MapModel):
    """The document holds the subject's key at `key` (`_id`, `author.id`, `items.$[].by`)."""

    key: Path
    key_type: KeyType | None = None
    """None: as the subject type declares; the same key may be text here and a number there."""


class Via(MapModel):
    """One hop: this document's `local` equals `foreign` of `collection`, whose own link goes on."""

    collection: CollectionName
    local: Path
    foreign: Path


class ViaLink(MapModel):
    """The document belongs to whoever the document that it points to belongs to."""

    via: Via


class Tie(MapModel):
    """The whole value at `path` equals the subject's present value of `field`."""

    path: Path
    field: Slug


class TieLink(MapModel):
    """Tied by a value (a username), never as a part of another text.

    The value ties only while exactly one subject holds it: whoever follows a tie counts first.
    """

    tie: Tie


class KeyedObjectLink(MapModel):
    """The object at `keyed_object` has subject keys for names: `participants.<key>.name`."""

    keyed_object: Path
    key_type: KeyType | None = None


def _kind(value: Any) -> str:
    """Tell the kinds apart by the key that each must have, so that errors speak of that one."""
    names = value if isinstance(value, dict) else getattr(type(value), "model_fields", ())
    return next((f"<{kind}>" for kind in ("via", "tie", "keyed_object") if kind in names), "<key>")


Link = Annotated[
    Annotated[KeyLink, Tag("<key>")]
    | Annotated[ViaLink, Tag("<via>")]
    | Annotated[TieLink, Tag("<tie>")]
    | Annotated[KeyedObjectLink, Tag("<keyed_object>")],
    Discriminator(_kind),
]


def anchor(link: Link) -> Path:
    """Name the path in this very document by which the link holds."""
    match link:
        case KeyLink():
            return link.key
        case ViaLink():
            return link.via.local
        case TieLink():
            return link.tie.path
        case KeyedObjectLink():
            return link.keyed_object
