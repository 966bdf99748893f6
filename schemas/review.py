"""What a person has to decide, and why it came to the desk."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from schemas.base import Ours


class Why(StrEnum):
    """Why a request needs a person. The value is stored and shown."""

    EVIDENCE_FIELD = "evidence_field"
    """A field that no code proves, such as a name or a date of birth."""
    GUARDIAN_UNCLEAR = "guardian_unclear"
    """The guardian is not on the child's record, or the right may have ended."""
    NOTHING_ARRIVED = "nothing_arrived"
    """The requester says that no code arrived; said alike whether or not somebody matched."""
    DISOWNED = "disowned"
    """The contact on file says that it did not ask for this."""
    YOUNG_CONTACT = "young_contact"
    """An address that proves alone has not been on file for long."""
    INQUIRY = "inquiry"
    """A question or a complaint: a person answers."""


class Review(Ours):
    """A request at the desk."""

    why: tuple[Why, ...]
    opened_at: datetime
