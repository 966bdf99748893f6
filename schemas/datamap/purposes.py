"""Purposes: what a company uses data for with a consent, and where that consent stands."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from schemas.datamap.base import CollectionName, Label, MapModel, RecipientName, Scalar, Slug
from schemas.datamap.links import Link
from schemas.path import Path


class Consent(MapModel):
    """One place where a consent stands, and what stands there once it is withdrawn.

    In the home collection unless `collection` is given; `link` and `where` as for a copy. At home
    the withdrawal is written also where nothing stands, elsewhere only where something does.
    `withdrawn: null` unsets the value. `when` is the path beside it of the time of the last change.
    """

    path: Path
    collection: CollectionName | None = None
    link: Link | None = None
    where: dict[Path, Scalar] = Field(default_factory=dict)
    withdrawn: Scalar = False
    when: Path | None = None


class Purpose(MapModel):
    """What an objection names.

    `identifiers` are fields whose values exist for this purpose alone, such as those of cookies:
    they go, each by its own `on_delete`. `recipients` act on the purpose and are told.
    """

    label: Label
    consents: tuple[Consent, ...] = ()
    identifiers: tuple[Slug, ...] = ()
    recipients: tuple[RecipientName, ...] = ()

    @model_validator(mode="after")
    def _withdraws_something(self) -> Self:
        if not self.consents and not self.identifiers:
            raise ValueError("a purpose has 'consents', 'identifiers' or both")
        return self
