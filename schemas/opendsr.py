"""What a processor of OpenDSR 2.0 says of a request, in an answer or in a callback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import ValidationError

from schemas.base import Ours, read_object
from schemas.errors import Reason, Refused

RequestStatus = Literal["pending", "in_progress", "completed", "cancelled"]
MEANS: Final[Mapping[str, Literal["delivered", "acknowledged", "applied", "refused"]]] = {
    "pending": "delivered",
    "in_progress": "acknowledged",
    "completed": "applied",
    "cancelled": "refused",
}
"""What each status says of our notice."""


class ProcessorStatus(Ours):
    """What we rely on; a processor may say more."""

    controller_id: str
    subject_request_id: str
    request_status: RequestStatus = "pending"
    """An answer to a new request has none: it is pending."""
    status_callback_url: str | None = None
    """In a callback: the address that it was sent to."""


def read_status(body: bytes) -> ProcessorStatus:
    """What these bytes say, their signature checked before; `Refused` where they say nothing."""
    try:
        return ProcessorStatus.model_validate(read_object(body))
    except ValidationError:
        raise Refused(Reason("$", "not_a_status")) from None
