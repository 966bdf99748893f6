"""Parked messages: published again, as they came or corrected; or settled without being done.

Who looked at one, and who settled it, stays on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from schemas.base import parse
from schemas.errors import Reason, Refused
from schemas.messages import INTAKE, JOSE
from schemas.parking import keepable
from schemas.submission import Submission
from workers import wiring
from workers.ports import Publication
from workers.settings import Settings

LONGEST = 500
"""Characters of a reason."""


async def retry(
    parts: wiring.Parts, parked_id: str, by: str, *, corrected: bytes | None = None
) -> None:
    """Publish it again, sealed, however it came; `NotFound` where it is settled already."""
    found = await parts.parked.waiting(parked_id)
    if corrected is None:
        body = await parts.parked.body(parked_id)
        publication = _as_it_came(parts.settings, found["origin"], body)
    else:
        publication = _corrected(parts.settings, corrected)
    await parts.broker.publisher.publish(publication)
    await parts.parked.retried(parked_id, by, found["times"])


async def drop(parts: wiring.Parts, parked_id: str, by: str, reason: str) -> None:
    """Nothing has to be done about it; `Refused` where it is not said why in a few words."""
    await parts.parked.drop(parked_id, by, said(reason))


def said(reason: str) -> str:
    """Why nothing has to be done, as it is recorded; `Refused` where that is no reason."""
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST:
        raise Refused(Reason("$.reason", "empty_or_too_long"))
    return reason


async def readable(parts: wiring.Parts, parked_id: str, by: str) -> bytes:
    """The body as somebody can read and correct it; that it is looked at is recorded first."""
    await parts.parked.seen(parked_id, by)
    body = await parts.parked.body(parked_id)
    with suppress(Refused):  # it was not sealed, or nobody here can open it
        body = wiring.unsealed(parts.settings, body)
    # What could not be opened when it was parked may turn out to hold a code only now.
    return keepable(body, "")


def _as_it_came(settings: Settings, origin: Mapping[str, Any], body: bytes) -> Publication:
    # Of what came sealed a part may have been kept, in clear: what a proof holds beside its code.
    whole = origin["content_type"] == JOSE and not body.startswith(b"{")
    sealed = origin["exchange"] == INTAKE and not whole
    return Publication(
        origin["exchange"],
        origin["routing_key"],
        wiring.sealed(settings, body) if sealed else body,
        mandatory=True,
        message_id=origin["message_id"],
        content_type=JOSE if sealed else origin["content_type"] or "application/json",
        headers=origin.get("headers"),
    )


def _corrected(settings: Settings, body: bytes) -> Publication:
    submission = parse(Submission, body)
    return Publication(
        INTAKE,
        f"submission.{submission.channel}",
        wiring.sealed(settings, body),
        mandatory=True,
        message_id=submission.submission_id,
        content_type=JOSE,
    )
