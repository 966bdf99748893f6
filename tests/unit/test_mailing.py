"""Every mail is marked before it leaves, and recorded after; copies are identical to the byte."""

from __future__ import annotations

from dataclasses import fields as parts_of
from dataclasses import replace
from datetime import timedelta
from typing import Any

from schemas.datamap import parse
from schemas.letters import ChallengeFacts, CompletionFacts
from schemas.lifecycle import Status
from schemas.messages import Do
from schemas.notice import NoticeStatus
from tests.cast import NEW_ADDRESS, OLD_ADDRESS
from tests.datamaps.small import LABEL, content, field
from tests.world import DAY, HOUR, MINUTE, World
from workers.pipeline import STATIONS
from workers.ports import OutboundResult
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.stages.mailing import WAITS
from workers.stages.mailing.facts import TO_CONTACT, facts

NOT_NOW = OutboundResult("put_off", "451")
NEVER = OutboundResult("refused", "550")


async def test_a_mark_stands_before_a_mail_leaves_and_its_outcome_after() -> None:
    world = World()
    request = await world.submit()
    what = [entry.what for entry in world.request(request.id).history]
    assert what.count("mail_attempt") == what.count("mail_sent") == 2
    mail = world.request(request.id).mails["challenge-1"]
    assert (mail.marks, mail.attempts, mail.status) == (1, 0, "sent")


async def test_a_server_that_says_not_now_is_tried_again_on_the_schedule() -> None:
    world = World()
    world.subjects.ledger.clear()
    request = await world.submit()
    world.outbound.answers["mail"] = [NOT_NOW] * 3
    await world.prove(request)
    for number, wait in enumerate(WAITS[:3], start=1):
        mail = world.request(request.id).mails["completion"]
        assert (mail.status, mail.code, mail.attempts) == ("pending", "451", number)
        await world.tick(wait - timedelta(seconds=1))
        assert world.outbound.purposes().count("completion") == number
        await world.tick(timedelta(seconds=1))
    assert world.request(request.id).status is Status.COMPLETED
    copies = [m for m in world.outbound.mails if m.facts.purpose == "completion"]
    assert copies == [copies[0]] * 4


async def test_a_mail_that_never_gets_through_is_recorded_as_undeliverable_and_completes() -> None:
    world = World()
    request = await world.submit()
    world.outbound.answers["mail"] = [NOT_NOW] * 99
    await world.prove(request)
    for wait in WAITS:
        await world.tick(wait)
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert (done.mails["completion"].status, done.mails["completion"].code) == (
        "undeliverable",
        "451",
    )
    assert world.outbound.purposes().count("completion") == len(WAITS) + 1


async def test_an_address_that_the_server_refuses_is_not_tried_again() -> None:
    world = World()
    request = await world.submit()
    world.outbound.answers["mail"] = [NEVER]
    await world.prove(request)
    await world.tick(DAY)
    assert world.request(request.id).mails["completion"].status == "undeliverable"
    assert world.request(request.id).status is Status.COMPLETED
    assert world.outbound.purposes().count("completion") == 1


async def test_an_undeliverable_challenge_leaves_the_request_to_its_clock() -> None:
    world = World()
    world.outbound.answers["mail"] = [NEVER, NEVER]
    request = await world.submit()
    assert world.request(request.id).status is Status.AWAITING_PROOF
    await world.tick(73 * HOUR)
    assert world.request(request.id).status is Status.EXPIRED


async def test_codes_and_what_was_done_go_to_the_contact_on_file_alone() -> None:
    world = World()
    await world.proven(requester={"relation": "self", "email": "other@elsewhere.example"})
    to = {mail.facts.purpose: mail.to for mail in world.outbound.mails}
    assert to == {
        "acknowledgement": "other@elsewhere.example",
        "challenge": "minji@mail.example",
        "completion": "minji@mail.example",
    }


async def test_each_mail_has_a_message_id_of_its_request_and_purpose() -> None:
    world = World()
    request = await world.proven()
    domain = world.policy.mail_domain
    assert [mail.message_id for mail in world.outbound.mails] == [
        f"<{request.id}.{purpose}@{domain}>"
        for purpose in ("acknowledgement", "challenge-1", "completion")
    ]


async def test_a_challenge_says_what_it_would_allow_and_how_to_stop_it() -> None:
    world = World()
    request = await world.submit(channel="phone")
    (challenge,) = [m.facts for m in world.outbound.mails if isinstance(m.facts, ChallengeFacts)]
    assert (challenge.kind, challenge.channel) == ("correction", "phone")
    assert [label.en for label in challenge.fields] == ["Home address"]
    assert challenge.received_at == request.received_at
    url = world.policy.public_url
    assert challenge.link.startswith(f"{url}/proof/{request.tracking}/")
    assert challenge.not_me_link.startswith(f"{url}/disown/{request.tracking}/")
    assert challenge.link.rpartition("/")[2] != challenge.not_me_link.rpartition("/")[2]


async def test_a_completion_says_field_by_field_what_was_done_and_who_was_told() -> None:
    world = World()
    world.subjects.ledger["1001"] = {"hanbit-delivery": ("home_address",)}
    changes = [
        {"field": "home_address", "value": NEW_ADDRESS},
        {"field": "hobbies", "value": ["독서"]},
    ]
    await world.proven(changes=changes)
    completion = world.outbound.mails[-1].facts
    assert isinstance(completion, CompletionFacts)
    assert {out.label.en: out.result for out in completion.outcomes} == {
        "Home address": "corrected",
        "Hobbies": "unchanged",
    }
    assert [(r.name.en, r.status) for r in completion.recipients] == [
        ("Hanbit Delivery", NoticeStatus.APPLIED)
    ]


async def test_no_mail_holds_an_old_or_a_new_value() -> None:
    world = World()
    await world.proven()
    for mail in world.outbound.mails:
        said = " ".join(str(getattr(mail.facts, part.name)) for part in parts_of(mail.facts))
        for value in (*NEW_ADDRESS.values(), *OLD_ADDRESS.values(), "김민지", "minji"):
            assert value not in said


async def test_copies_of_an_interim_mail_are_identical_though_a_recipient_answered_between() -> (
    None
):
    world = World()
    world.subjects.ledger["1001"] = {
        "hanbit-delivery": ("home_address",),
        "korea-pay": ("home_address",),
    }
    delivered = OutboundResult("delivered", "200")
    world.outbound.answers["hanbit-delivery"] = [delivered]
    down = OutboundResult("put_off", "503")
    world.outbound.answers["korea-pay"] = [down, down, delivered]
    await world.proven()
    await world.tick(30 * MINUTE)
    world.outbound.answers["mail"] = [NOT_NOW]
    await world.tick(20 * MINUTE)
    await world.tick(20 * MINUTE)
    copies = [mail for mail in world.outbound.mails if mail.facts.purpose == "interim"]
    assert len(copies) == 2
    assert copies[0] == copies[1]


async def test_the_same_command_from_many_workers_at_once_is_marked_each_time() -> None:
    """So at most one mail more than marks without an outcome can ever have left (I8)."""
    for seed in range(20):
        world = World()
        request = await world.submit()
        world.publish_proof(request)
        await world.work("verification", "correction", "propagation", "completion")
        world.broker.queues["dsr.mailing"].clear()
        commands = [Do(request.id, "mail:completion")] * 3
        await world.at_once("mailing", *commands, seed=seed)
        mail = world.request(request.id).mails["completion"]
        sent = world.outbound.purposes().count("completion")
        assert 1 <= sent <= mail.marks
        assert world.request(request.id).status is Status.COMPLETED


async def test_what_goes_to_an_unproven_address_never_depends_on_who_was_found() -> None:
    made: dict[str, Any] = content()
    made["subjects"]["guest"] = {
        "label": LABEL,
        "home": "guests",
        "key": "_id",
        "key_type": "int",
        "fields": {
            "name": field("name", label={"ko": "손님 이름", "en": "Guest's name"}),
            "email": field("email", value="email", lookup="email", contact="mail"),
        },
    }
    made["collections"]["guests"] = {}
    world = World()
    request = await world.submit(changes=[{"field": "name", "value": "김민주"}])
    tools = replace(world.house.tools_now(), datamap=parse(made, source="small.yaml"))
    request = request.model_copy(update={"subject_type": "guest"})
    assert facts("challenge-1", request, tools).fields[0].en == "Guest's name"
    assert facts("acknowledgement", request, tools).fields[0].en == "A"
    assert "expiry" not in TO_CONTACT


async def test_a_command_for_a_mail_that_left_already_is_nothing() -> None:
    world = World()
    request = await world.submit()
    before = world.requests.documents[request.id]
    await carry(world.house, STATIONS["mailing"], [Item(Do(request.id, "mail:acknowledgement"))])
    assert world.requests.documents[request.id] == before
