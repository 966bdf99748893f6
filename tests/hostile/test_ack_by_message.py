"""Acknowledgements on `dsr.acks`: forged, old, altered, or of another's notice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import Refused
from schemas.messages import ACKS, Acknowledge
from schemas.notice import NoticeStatus
from schemas.request import Request
from tests.fakes import Faults, MemoryBroker, NothingSealed
from tests.world import World
from workers.adapters.recipients.signatures import Signers, sign
from workers.adapters.tokens import create_secret
from workers.pipeline import STATIONS
from workers.ports import Envelope, OutboundResult
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.runtime.decode import IntakeRules, decode

CARRIER, MARKETING = "hanbit-delivery", "dain-marketing"
NOTICE = "01935f3e-0000-7000-8000-00000000000a"
APPLIED = b'{"status":"applied"}'
STATION = STATIONS["propagation"]
HOUR = timedelta(hours=1)


class Recipients:
    """Two with a secret each, and the rules that know them."""

    def __init__(self, folder: Path) -> None:
        self.secrets = {name: create_secret(folder, name, "in") for name in (CARRIER, MARKETING)}
        self.rules = IntakeRules(NothingSealed(), signed=Signers(folder))

    def message(
        self,
        body: bytes = APPLIED,
        *,
        notice: str = NOTICE,
        key: str = f"ack.{CARRIER}",
        by: str = CARRIER,
        ago: timedelta = timedelta(0),
        **headers: str,
    ) -> Envelope:
        signed = sign(self.secrets[by], notice, body.decode("latin-1"), datetime.now(UTC) - ago)
        properties: dict[str, Any] = {"headers": {**signed, **headers}}
        return MemoryBroker(Faults()).envelope("dsr.propagation", ACKS, key, body, properties)

    def read(self, envelope: Envelope) -> Acknowledge:
        (message,) = decode(envelope, STATION, self.rules)
        assert isinstance(message, Acknowledge)
        return message


@pytest.fixture
def those(tmp_path: Path) -> Recipients:
    return Recipients(tmp_path / "secrets")


@pytest.mark.parametrize("ago", [-timedelta(minutes=4), timedelta(0), 23 * HOUR])
def test_a_signed_one_is_the_recipients_word_though_it_lay_in_the_queue(
    those: Recipients, ago: timedelta
) -> None:
    said = those.read(those.message(ago=ago))
    assert (said.notice, said.recipient, said.answer.status) == (NOTICE, CARRIER, "applied")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"by": MARKETING}, "not_signed_by_the_recipient"),
        ({"key": f"ack.{MARKETING}"}, "not_signed_by_the_recipient"),
        ({"key": "ack.nobody"}, "not_signed_by_the_recipient"),
        ({"key": "ack.../keys/epoch"}, "not_signed_by_the_recipient"),
        ({"ago": 25 * HOUR}, "not_signed_by_the_recipient"),
        ({"ago": -timedelta(minutes=6)}, "not_signed_by_the_recipient"),
        ({"webhook-id": NOTICE.replace("a", "b")}, "not_signed_by_the_recipient"),
        ({"webhook-timestamp": "soon"}, "not_signed_by_the_recipient"),
        ({"webhook-timestamp": "9" * 40}, "not_signed_by_the_recipient"),
        ({"webhook-signature": ""}, "not_signed_by_the_recipient"),
        ({"webhook-signature": "v1,\u2603"}, "not_signed_by_the_recipient"),
        ({"body": b"\xff\xfe"}, "not_signed_by_the_recipient"),
        ({"body": b" " * 20_000}, "too_large"),
        ({"key": "ack."}, "unknown_routing_key"),
        ({"key": f"submission.{CARRIER}"}, "unknown_routing_key"),
        ({"body": b'{"status":"overdue"}'}, None),
        ({"body": b'{"status":"applied","status":"refused"}'}, None),
        ({"body": b'{"status":"applied","by":"desk:park"}'}, None),
    ],
)
def test_anything_else_is_parked_with_its_reason(
    those: Recipients, change: dict[str, Any], reason: str | None
) -> None:
    with pytest.raises(Refused) as refused:
        those.read(those.message(**change))
    assert reason is None or refused.value.reasons[0].reason == reason


async def told(world: World) -> Request:
    world.outbound.answers[CARRIER] = [OutboundResult("delivered", seq=1)]
    return await world.proven()


async def say(world: World, message: Acknowledge) -> bool:
    item = Item(message)
    await carry(world.house, STATION, [item])
    assert item.reply is not None
    return item.reply.accepted


async def test_it_settles_the_notice_by_the_same_path_and_a_replay_changes_nothing(
    those: Recipients,
) -> None:
    world = World()
    request = await told(world)
    id_ = world.request(request.id).notices[CARRIER].id
    envelope = those.message(notice=id_)
    assert await say(world, those.read(envelope))
    settled = world.request(request.id)
    assert settled.notices[CARRIER].status is NoticeStatus.APPLIED
    await say(world, those.read(envelope))
    other = those.message(b'{"status":"refused"}', notice=id_)
    assert not await say(world, those.read(other))
    assert world.request(request.id).version == settled.version


async def test_another_recipients_and_an_unknown_notice_are_not_settled(those: Recipients) -> None:
    world = World()
    request = await told(world)
    id_ = world.request(request.id).notices[CARRIER].id
    foreign = those.message(notice=id_, key=f"ack.{MARKETING}", by=MARKETING)
    assert not await say(world, those.read(foreign))
    assert not await say(world, those.read(those.message(notice=NOTICE)))
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.DELIVERED
