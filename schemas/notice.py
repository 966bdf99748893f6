"""Notices to third parties, what they answer, and the requests' own record of both."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints

from schemas.base import Ours, Outside, clean


class NoticeStatus(StrEnum):
    """Where a notice stands; the last three settle it."""

    PENDING = "pending"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    APPLIED = "applied"
    REFUSED = "refused"
    OVERDUE = "overdue"

    @property
    def settled(self) -> bool:
        """Whether completion need not wait for this recipient any more."""
        return self in {NoticeStatus.APPLIED, NoticeStatus.REFUSED, NoticeStatus.OVERDUE}

    @property
    def answered(self) -> bool:
        """Whether the recipient has said its last word; an overdue one may still say it."""
        return self in {NoticeStatus.APPLIED, NoticeStatus.REFUSED}


NoticeKind = Literal["correction", "deletion", "restriction", "restriction_lifted", "objection"]
"""What a notice is about: the `type` of its body."""


class Notice(Ours):
    """One notice to one recipient about one request, kept inside the request document."""

    id: str
    """Also its `webhook-id`, in both directions."""
    fields: tuple[str, ...]
    """The fields that the recipient received; of an objection the purposes on which it acts."""
    status: NoticeStatus = NoticeStatus.PENDING
    marks: int = 0
    """Attempt marks: how often we were about to send."""
    attempts: int = 0
    """Attempts that ended without success; they choose the next wait."""
    seq: int = 0
    """The subject's sequence number at the last attempt: a recipient may drop what is lower."""
    answer_due: datetime | None = None
    error: str | None = None
    since: datetime | None = None
    """When it was to be told first: a recipient that rests is waited for so long, and no longer."""
    also: tuple[str, ...] = ()
    """Fields of older notices that waited: they are told with this one."""
    replaces: tuple[str, ...] = ()
    """The ids of those."""


GONE = "gone_410"
"""The error of a notice whose recipient said that it takes none any more."""
SUBJECT_GONE = "subject_gone"
"""Why a notice cannot be told any more: nobody is on record to say something of."""
MISSED = frozenset({GONE, "recipient_disabled"})
"""Errors of notices that it did not get for that."""


class NoticeAnswer(Outside):
    """What a recipient says, in its reply or later in a signed acknowledgement."""

    status: Literal["acknowledged", "applied", "refused"]
    reason: Annotated[str, StringConstraints(max_length=500), AfterValidator(clean)] = ""
