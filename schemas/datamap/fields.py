"""A field: one fact about a person, where it stands, and everywhere else it was copied to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from schemas.datamap.base import CollectionName, Label, MapModel, Scalar, Slug
from schemas.datamap.deletion import Delete, ValueDeletion
from schemas.datamap.links import Link
from schemas.path import Path
from schemas.values.specs import ObjectSpec, ValueSpec


class Protection(StrEnum):
    """How a value is guarded; a field may have one of the first three and one of the last two."""

    PLAIN = "plain"
    SEALED = "sealed"
    HASHED = "hashed"
    NEVER_EXPORTED = "never-exported"
    MASKED = "masked"


class LookupForm(StrEnum):
    """In which forms a stored value is looked for (`schemas.values.stored_forms`)."""

    EXACT = "exact"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"


Identifier = Literal["login_id", "name", "email", "phone", "birth_date"]
_FORM_OF = {
    "login_id": "exact",
    "name": "name",
    "email": "email",
    "phone": "phone",
    "birth_date": "date",
}


class Lookup(MapModel):
    """Which identifier of a submission finds people by this field; `lookup: email` for short."""

    by: Identifier
    form: LookupForm


def _lookup(value: Any) -> Any:
    if isinstance(value, str):
        value = {"by": value}
    if isinstance(value, dict) and "form" not in value:
        return value | {"form": _FORM_OF.get(value.get("by", ""), "exact")}
    return value


class Contact(MapModel):
    """A way to reach the person; `since` is the path of when it became so, where that is known."""

    kind: Literal["mail", "phone", "post"]
    since: Path | None = None


def _contact(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


def _protection(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Protections = Annotated[frozenset[Protection], BeforeValidator(_protection)]


class Copy(MapModel):
    """The same fact in another place.

    `link` is the collection's own unless given. Of an object field a copy may hold one `part`, one
    `text` made of the parts (`"({postcode}) {road}"`), or an object with `parts` at other paths;
    with none of them it has the shape of the field. `follow: false` keeps what was true then.
    `on_delete` None: as the field says. `sealed` None: as the field is.
    """

    collection: CollectionName
    path: Path
    link: Link | None = None
    where: dict[Path, Scalar] = Field(default_factory=dict)
    follow: bool = True
    part: Slug | None = None
    text: str | None = None
    parts: dict[Slug, Path] | None = None
    sealed: bool | None = None
    on_delete: ValueDeletion | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> Copy:
        if sum(shape is not None for shape in (self.part, self.text, self.parts)) > 1:
            raise ValueError("a copy has one of 'part', 'text' and 'parts'")
        return self


class DataField(MapModel):
    """One mapped field of a subject type; `path` is in the home collection.

    Records of what happened (payments, logs) name their own `collection`: they are shown, hidden
    and deleted, but neither corrected nor looked up. `where` narrows `$[]` to the elements with
    these values (`contacts.$[].kind: email`).
    """

    path: Path
    collection: CollectionName | None = None
    where: dict[Path, Scalar] = Field(default_factory=dict)
    category: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")]
    label: Label
    value: ValueSpec
    protection: Protections = frozenset({Protection.PLAIN})
    blind_index: Path | None = None
    lookup: Annotated[Lookup | None, BeforeValidator(_lookup)] = None
    contact: Annotated[Contact | None, BeforeValidator(_contact)] = None
    correctable: Literal["yes", "review", "no"] = "yes"
    on_delete: ValueDeletion = Delete()
    copies: tuple[Copy, ...] = ()

    @property
    def sealed(self) -> bool:
        """Whether it is encrypted under the subject's key."""
        return Protection.SEALED in self.protection

    @property
    def hashed(self) -> bool:
        """Whether only a digest of it is stored."""
        return Protection.HASHED in self.protection

    @property
    def export(self) -> Literal["full", "masked", "never"]:
        """How it appears in what a person is sent about himself."""
        if self.hashed or Protection.NEVER_EXPORTED in self.protection:
            return "never"
        return "masked" if Protection.MASKED in self.protection else "full"

    @property
    def parts(self) -> dict[str, Path]:
        """Of an object: each part and its path below the field's; empty for other kinds."""
        if not isinstance(self.value, ObjectSpec):
            return {}
        return {name: part.path for name, part in self.value.parts.items()}
