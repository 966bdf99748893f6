"""Who is responsible: what mails and pages say about the company. Data, never code."""

from __future__ import annotations

from pydantic import Field

from schemas.datamap.base import Label, MapModel


class ComplaintBody(MapModel):
    """An authority that a person can turn to."""

    name: Label
    phone: str
    url: str


class Organisation(MapModel):
    """The company and its department for personal data."""

    name: Label
    department: Label
    phone: str
    email: str
    address: Label
    website: str | None = None
    """Stands in the footer of mails and letters, where there is one."""
    complaint_bodies: tuple[ComplaintBody, ...] = Field(min_length=1)
