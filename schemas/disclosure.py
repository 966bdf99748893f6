"""What other systems of the company ask before they pass personal data on, and record with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Line, Moment, Outside, Slug, Uuid

Verdict = Literal[
    "unknown_recipient", "not_for_recipient", "unknown_person", "restricted", "deleted",
    "unknown_purpose", "not_for_purpose", "no_consent", "id_used_otherwise", "no_ledger",
]  # fmt: skip


class DisclosedPerson(Outside):
    """Who it is about, by the company's own key."""

    type: Slug
    key: Annotated[str, Field(min_length=1, max_length=200)]


class Basis(Outside):
    """Why it may be passed on: a consent (to a purpose of the data map), or a law or contract."""

    kind: Literal["consent", "law", "contract"]
    reference: Line
    """The purpose's name; or the article, or the contract."""


class DisclosureWish(Outside):
    """May these fields of this person go to this recipient? `record`: and they do, now."""

    schema_: Literal["dsr.disclosure/1"] = Field(alias="schema")
    id: Uuid
    """The idempotency key: the same disclosure is recorded once."""
    subject: DisclosedPerson
    recipient: Annotated[str, Field(min_length=1, max_length=60)]
    fields: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=100, strict=False)]
    basis: Basis
    at: Moment | None = None
    record: bool = True


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why not."""

    reason: Verdict
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """The answer; allowed where nothing hinders."""

    hindrances: tuple[Hindrance, ...] = ()
    recorded: datetime | None = None
    """When it was written down; of one that was repeated, the first time."""

    @property
    def allowed(self) -> bool:
        """Whether the fields may go."""
        return not self.hindrances
