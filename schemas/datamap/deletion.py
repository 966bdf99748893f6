"""What a deletion does: to a collection's documents, to a field's value."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, JsonValue

from schemas.datamap.base import MapModel, Slug
from schemas.path import Path


class Delete(MapModel):
    """The document goes; the value is unset."""

    action: Literal["delete"] = "delete"


class AnonymiseDocument(MapModel):
    """The document stays without the person: these paths get these values.

    Mapped fields in it follow their own rule, and the key or value that makes it the person's is
    unset unless it gets a value here. `{unique}` in a text becomes a random token (24 characters),
    so that a unique index takes it.
    """

    action: Literal["anonymise"] = "anonymise"
    values: dict[Path, JsonValue] = Field(default_factory=dict)


class AnonymiseValue(MapModel):
    """The value is replaced by one that indexes and validators accept; `{unique}` as above."""

    action: Literal["anonymise"] = "anonymise"
    value: JsonValue


class Archive(MapModel):
    """Kept in the archive on a legal basis, then gone from here.

    `from` is the path of the time that the basis counts from, where it starts with the document.
    """

    action: Literal["archive"] = "archive"
    basis: Slug
    since: Path | None = Field(default=None, alias="from")


def _short(value: Any) -> Any:
    """Let `delete`, `{anonymise: …}` and `{archive: …}` stand for the tagged form."""
    if value == "delete":
        return {"action": "delete"}
    if isinstance(value, dict) and len(value) == 1:
        ((action, body),) = value.items()
        if action in ("anonymise", "archive") and isinstance(body, dict):
            return {"action": action} | body
    return value


DocumentDeletion = Annotated[
    Annotated[Delete | AnonymiseDocument | Archive, Field(discriminator="action")],
    BeforeValidator(_short),
]
ValueDeletion = Annotated[
    Annotated[Delete | AnonymiseValue | Archive, Field(discriminator="action")],
    BeforeValidator(_short),
]
