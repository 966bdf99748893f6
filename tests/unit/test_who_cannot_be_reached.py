"""Whoever cannot read the contact on file, and was let in by the desk, is told by another way."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.letters import DownloadFacts
from schemas.lifecycle import Status
from schemas.messages import AskDownload, NothingArrived, Settled
from schemas.request import Contact, Request
from schemas.review import Approve, Refuse
from tests.cast import JIHO, MINJIS_MAIL
from tests.desk import decide
from tests.rights import ACCESS, approved_by_two, package, say
from tests.world import DAY, World

PHONE = Contact(kind="phone", value="010-2345-0001")
HOME = Contact(kind="post", value="04524 서울특별시 중구 세종대로 110")


async def unread(world: World, requester: dict[str, Any], **other: Any) -> Request:
    """Minji says that she cannot read her old mailbox any more."""
    asked = {"requester": {"relation": "self", "name": "김민지", **requester}, **other}
    request = await world.submit(**asked)
    assert await say(world, NothingArrived(request.tracking, by="park"))
    return request


def told(world: World, purpose: str) -> list[str]:
    return [mail.to for mail in world.outbound.mails if mail.facts.purpose == purpose]


async def test_the_result_goes_to_the_address_that_she_gave() -> None:
    world = World()
    request = await unread(world, {"email": "minji@new.example"})
    assert (await approved_by_two(world, request)).status is Status.COMPLETED
    assert told(world, "completion") == ["minji@new.example"]
    assert world.offences() == []


async def test_so_do_the_codes_for_what_she_asked_to_see() -> None:
    world = World()
    request = await unread(world, {"email": "minji@new.example"}, **ACCESS)
    await approved_by_two(world, request)
    await say(world, AskDownload(request.tracking, package(world, request)), "access")
    (mail,) = [m for m in world.outbound.mails if isinstance(m.facts, DownloadFacts)]
    assert mail.to == "minji@new.example"


@pytest.mark.parametrize(
    ("given", "on_file", "task"),
    [
        ({"phone": "010-9999-0001"}, (), "call:completion"),
        ({"postal_address": "06236 서울 강남구 테헤란로 152"}, (), "letter:completion"),
        ({}, (PHONE,), "call:completion"),
        ({}, (HOME,), "letter:completion"),
    ],
)
async def test_if_it_is_the_unread_one_again_somebody_calls_or_writes(
    given: dict[str, Any], on_file: tuple[Contact, ...], task: str
) -> None:
    world = World()
    world.subjects.records["1001"].contacts += on_file
    request = await unread(world, {"email": MINJIS_MAIL.value.upper(), **given})
    waits = await approved_by_two(world, request)
    assert waits.tasks == (task,)
    assert await say(world, Settled(request.tracking, task, "park"), "mailing")
    assert world.request(request.id).status is Status.COMPLETED


async def test_nobody_else_is_to_be_reached_so_it_goes_where_it_can() -> None:
    world = World()
    request = await unread(world, {"email": MINJIS_MAIL.value})
    assert (await approved_by_two(world, request)).status is Status.COMPLETED
    assert told(world, "completion") == [MINJIS_MAIL.value]


async def test_a_guardian_is_not_told_by_the_childs_own_contact() -> None:
    world = World()
    world.adopt()
    world.subjects.records["1042"].contacts = (Contact(kind="mail", value="seoyun@a.example"),)
    request = await world.submit(requester=JIHO, subject={"login_id": "seoyun"})
    assert await say(world, NothingArrived(request.tracking, by="park"))
    await approved_by_two(world, request)
    assert told(world, "completion") == ["jiho@mail.example"]


async def test_a_proof_that_came_in_the_end_goes_back_to_the_contact_on_file() -> None:
    world = World()
    request = await world.proven()
    assert world.request(request.id).status is Status.COMPLETED
    assert told(world, "completion") == [MINJIS_MAIL.value]


@pytest.mark.parametrize("login", ["minji.kim", "nobody"])
async def test_a_refusal_avoids_the_address_at_which_nothing_arrived_whoever_was_found(
    login: str,
) -> None:
    world = World()
    mine = MINJIS_MAIL.value
    request = await unread(
        world,
        {"email": mine, "phone": "010-9999-0001"},
        subject={"login_id": login, "email": mine},
    )
    assert await decide(world, request, Refuse("evidence_missing")) is None
    assert world.request(request.id).tasks == ("call:refusal",)
    assert told(world, "refusal") == []


async def test_what_nobody_calls_about_ends_a_month_after_it_is_over() -> None:
    world = World()
    request = await unread(world, {"phone": "010-9999-0001"})
    await decide(world, request, Refuse("evidence_missing"))
    await world.tick(29 * DAY)
    assert world.request(request.id).tasks == ("call:refusal",)
    await world.tick(3 * DAY)
    done = world.request(request.id)
    assert (done.tasks, done.steps) == ((), {})
    assert done.mails["refusal"].code == "nobody_did_it"
    assert world.offences() == []


async def test_a_call_about_what_is_not_over_waits_on_however_late_it_is() -> None:
    world = World()
    request = await unread(world, {"phone": "010-9999-0001"})
    await decide(world, request, Approve())
    assert (await approved_by_two(world, request)).tasks == ("call:completion",)
    await world.tick(40 * DAY)
    assert world.request(request.id).tasks == ("call:completion",)
