"""What all mails have in common: whose they are, and which request they are about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.datamap.base import Label
from schemas.submission import Channel, Kind, Relation

Purpose = Literal[
    "acknowledgement",
    "challenge",
    "guardian",
    "interim",
    "completion",
    "expiry",
    "refusal",
    "cooling",
    "download",
    "lifted",
    "lift",
    "withdrawal",
    "alarm",
    "disowned",
    "escalation",
    "followup",
    "confirmation",
    "notice",
    "digest",
    "approval",
    "extension",
    "pause",
    "answer",
    "viewing",
]
Result = Literal[
    "corrected",
    "unchanged",
    "in_review",
    "deleted",
    "refused",
    "provided",
    "masked",
    "withheld",
    "absent",
    "restricted",
    "lifted",
    "withdrawn",
]

_CODE = re.compile(r"[0-9]{8}")
_LINK = re.compile(r"https?://[!-~]+")


def check_links(*links: str | None) -> None:
    """A link of another form could add lines to the mail."""
    if any(link is not None and not _LINK.fullmatch(link) for link in links):
        raise ValueError("a link is an http(s) address without spaces")


def check_code(code: str | None) -> None:
    """A code stands alone on its line."""
    if code is not None and not _CODE.fullmatch(code):
        raise ValueError("a code is eight digits")


@dataclass(frozen=True, slots=True)
class ComplaintBody:
    """An authority that a person can turn to."""

    name: Label
    url: str
    phone: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who answers for the personal data, as every mail states it."""

    name: Label
    department: Label
    phone: str
    email: str
    postal_address: Label
    complaint_bodies: tuple[ComplaintBody, ...]
    website: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """Which request a mail is about; common to all of them."""

    tracking: str
    kind: Kind
    channel: Channel
    received_at: datetime
    """When the person asked; aware."""
    fields: tuple[Label, ...] = ()
    """Labels of the data map; none means everything on file, for an objection every purpose."""
    relation: Relation = "self"
    """In what right it was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopFacts(RequestFacts):
    """What is about to be done, and how to stop it. Goes to every contact on file, and only there.

    A second contact on file, beside the one that proved it, can also have it done at once.
    """

    stop_link: str
    stop_code: str
    """Eight digits that stop it by any channel."""
    go_on_link: str | None = None
    """None: whoever gets this is no second contact."""

    def __post_init__(self) -> None:
        """A code or link of another form could add lines to the mail, or miss its own line."""
        check_code(self.stop_code)
        check_links(self.stop_link, self.go_on_link)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFacts(RequestFacts):
    """A one-time code, the link where it is used, and how to say that it was somebody else."""

    code: str
    """Eight digits."""
    link: str
    not_me_link: str
    ends_at: datetime

    def __post_init__(self) -> None:
        """A code or link of another form could add lines to the mail, or miss its own line."""
        check_code(self.code)
        check_links(self.link, self.not_me_link)
