"""What the desk does for recipients without an interface, and for whoever has not settled in time.

Looking at one stands in its request's history before it is shown, and so does who settled it.
"""

from __future__ import annotations

from schemas.actors import of_desk
from schemas.datamap import TaskTransport
from schemas.errors import NotFound
from schemas.notice import NoticeAnswer
from workers import wiring
from workers.notices import Notices, OpenNotice, Said

MANY = 10_000


async def waiting(parts: wiring.Parts) -> list[OpenNotice]:
    """Those that the desk carries out, and those of others that are late; the most urgent first."""
    notices, found = notices_of(parts), []
    for name, recipient in parts.datamap.recipients.items():
        ours = isinstance(recipient.transport, TaskTransport)
        found += [n for n in await notices.open(name, limit=MANY) if ours or n.late]
    return sorted(found, key=lambda n: (not n.late, str(n.due or n.since)))


async def show(parts: wiring.Parts, notice: OpenNotice, by: str) -> Said:
    """What it says, with the values as they stand; `NotFound` where that cannot be told now."""
    said = await notices_of(parts).show(notice, of_desk(by))
    if said is None:
        raise NotFound("it cannot be shown now: its value is disputed, or the person is gone")
    return said


async def one(parts: wiring.Parts, tracking: str, recipient: str) -> OpenNotice:
    """The open notice of this request to this recipient; `NotFound` where there is none."""
    if recipient not in parts.datamap.recipients:
        raise NotFound(f"no recipient {recipient}; see `dsr recipient list`")
    return await notices_of(parts).one(tracking, recipient)


def instructions(parts: wiring.Parts, recipient: str, language: str) -> str:
    """Where the data map says how it is done there."""
    transport = parts.datamap.recipients[recipient].transport
    return transport.instructions.text(language) if isinstance(transport, TaskTransport) else ""


async def settle(parts: wiring.Parts, notice: OpenNotice, answer: NoticeAnswer, by: str) -> None:
    """Done there, or not to be done; `NotFound` where it is settled already.

    Why is somebody's free text, and is kept sealed with the request.
    """
    notices = notices_of(parts)
    status, reason = answer.status, answer.reason
    if not await notices.settle(notice.id, notice.recipient, status, of_desk(by), reason):
        raise NotFound(f"{notice.tracking} has no open notice to {notice.recipient} any more")


def notices_of(parts: wiring.Parts) -> Notices:
    """Open notices, of these parts."""
    return Notices(parts.house, parts.requests, parts.recipients.read)
