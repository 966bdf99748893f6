"""Whoever asked to see it gets a link; only who reads the contact on file gets what it leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.letters import ChallengeFacts, CompletionFacts, DisownedFacts, DownloadFacts
from schemas.lifecycle import Status
from schemas.messages import AskDownload, Disown, Do, Download
from schemas.request import Request
from tests.cast import MINJI, new_id, proof, withdrawal
from tests.rights import AT_ONCE
from tests.world import DAY, HOUR, MINUTE, World
from workers.pipeline import STATIONS
from workers.ports import Release
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

ACCESS: dict[str, Any] = {"kind": "access", "changes": None}


async def ready(world: World) -> Request:
    """Minji's package can be fetched."""
    request = await world.proven(**ACCESS)
    assert request.status is Status.COMPLETED
    return request


def link_of(world: World, purpose: str = "package") -> str:
    """The token in the completion mail."""
    facts = next(m.facts for m in world.outbound.mails if isinstance(m.facts, CompletionFacts))
    assert facts.package is not None
    assert f"/{purpose}/" in facts.package.link
    return facts.package.link.rpartition("/")[2]


async def ask(world: World, request: Request, token: str | None = None) -> None:
    """Somebody uses the button of the page."""
    message = AskDownload(request.tracking, token or link_of(world))
    await carry(world.house, STATIONS["access"], [Item(message)])
    await world.work()


def code_of(world: World) -> str:
    """What the newest mail with a download's code says."""
    return [m.facts.code for m in world.outbound.mails if isinstance(m.facts, DownloadFacts)][-1]


async def fetch(world: World, request: Request, code: str, token: str | None = None) -> bool:
    """Somebody types a code into the page; whether it is answered with the package."""
    message = Download(request.tracking, token or link_of(world), code, new_id())
    item = Item(message)
    await carry(world.house, STATIONS["access"], [item])
    assert item.reply is not None
    return item.reply.accepted


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


async def test_from_the_form_to_the_link_without_restricting_or_telling_anybody() -> None:
    world = World(AT_ONCE)
    request = await ready(world)
    assert world.outbound.purposes() == ["acknowledgement", "challenge", "completion"]
    assert world.outbound.notices == []
    assert world.events() == [
        *("request.received", "request.awaiting_proof", "request.verified"),
        *("request.applied", "request.completed"),
    ]
    assert world.subjects.usable("1001") == world.subjects.records["1001"].fields
    assert request.package is not None
    assert request.package.destroy_after == world.clock.now + timedelta(days=7)
    assert world.offences() == []


async def test_the_mail_says_what_is_in_it_and_holds_no_value_of_it() -> None:
    world = World(AT_ONCE)
    request = await ready(world)
    (mail,) = (m for m in world.outbound.mails if isinstance(m.facts, CompletionFacts))
    assert isinstance(mail.facts, CompletionFacts) and mail.facts.package
    assert mail.facts.package.records == (("members", 1), ("deliveries", 1))
    results = {name: result.result for name, result in request.results.items()}
    assert results["home_address"] == "provided"
    assert results["password"] == results["recovery_answer"] == "withheld"
    assert results["occupation"] == "absent"
    assert "세종대로" not in repr(mail.facts)


async def test_a_second_delivery_of_the_proof_and_of_the_work_changes_nothing() -> None:
    world = World(AT_ONCE)
    request = await world.submit(**ACCESS)
    once = proof(request.tracking, world.code(request))
    await carry(world.house, STATIONS["verification"], [Item(once), Item(once)])
    stage = STATIONS["access"]
    tools = world.house.tools_now()
    outcome = await stage.handle(Do(request.id, "access"), world.request(request.id), tools)
    await world.subjects.apply(outcome.effects)  # type: ignore[arg-type]
    await world.work()
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert [entry.what for entry in done.history].count("proven") == 1
    assert world.offences() == []


async def test_a_large_group_comes_again_for_those_that_had_to_wait() -> None:
    world = World(AT_ONCE)
    request = await world.submit(**ACCESS)
    world.subjects.steps[request.id] = 2
    await world.prove(request)
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert [entry.what for entry in done.history].count("collected_later") == 2


async def test_taken_back_before_it_was_collected_there_is_no_package() -> None:
    world = World(AT_ONCE)
    request = await world.submit(**ACCESS)
    code = world.code(request)
    world.publish_proof(request)
    await world.work("verification")
    assert world.request(request.id).status is Status.VERIFIED
    item = Item(withdrawal(request.tracking, code))
    await carry(world.house, STATIONS["verification"], [item])
    await world.work()
    assert world.request(request.id).status is Status.WITHDRAWN
    assert world.subjects.packages == {}
    assert "restriction.lifted" not in world.events()
    assert world.offences() == []


async def test_a_claim_of_the_withdrawal_that_died_keeps_the_package_from_being_made() -> None:
    world = World(AT_ONCE)
    request = await world.submit(**ACCESS)
    world.publish_proof(request)
    await world.work("verification")
    await world.subjects.apply([Release(request.id, MINJI)])
    await world.work()
    waiting = world.request(request.id)
    assert waiting.status is Status.VERIFIED
    assert waiting.steps["access"].error == "subject_lost"
    assert waiting.package is None


@pytest.mark.parametrize("seed", range(20))
async def test_a_withdrawal_in_the_same_moment_as_the_proof_has_one_winner(seed: int) -> None:
    world = World(AT_ONCE)
    request = await world.submit(**ACCESS)
    code = world.code(request)
    messages = proof(request.tracking, code), withdrawal(request.tracking, code)
    await world.at_once("verification", *messages, seed=seed)
    await world.work()
    for _ in range(4):
        await world.tick(5 * MINUTE)
    done = world.request(request.id)
    assert done.status in {Status.COMPLETED, Status.WITHDRAWN}
    assert bool(done.package) == (done.status is Status.COMPLETED)
    assert world.offences() == []


async def test_a_fresh_code_is_good_for_one_download() -> None:
    world = World(AT_ONCE)
    request = await ready(world)
    await ask(world, request)
    code = code_of(world)
    proofs = {m.facts.code for m in world.outbound.mails if isinstance(m.facts, ChallengeFacts)}
    assert code not in proofs
    assert await fetch(world, request, f"{code[:4]} {code[4:]}")
    assert not await fetch(world, request, code)
    package = world.request(request.id).package
    assert package is not None
    assert package.downloads == (world.clock.now,)
    assert world.request(request.id).status is Status.COMPLETED
    assert world.request(request.id).sending == ()


async def test_a_code_goes_to_the_contact_on_file_and_never_by_itself() -> None:
    world = World(AT_ONCE)
    requester = {"relation": "self", "email": "elsewhere@mail.example"}
    request = await world.proven(requester=requester, **ACCESS)
    assert "download" not in world.outbound.purposes()
    await ask(world, request)
    (mail,) = (m for m in world.outbound.mails if isinstance(m.facts, DownloadFacts))
    assert mail.to == "minji@mail.example"
    assert isinstance(mail.facts, DownloadFacts)
    assert mail.facts.link.endswith(link_of(world))


async def test_a_wrong_code_gives_nothing_and_the_fifth_kills_the_right_one() -> None:
    world = World(AT_ONCE)
    request = await ready(world)
    await ask(world, request)
    code = code_of(world)
    for _ in range(5):
        assert not await fetch(world, request, other(code))
    assert not await fetch(world, request, code)
    await ask(world, request)
    assert await fetch(world, request, code_of(world))


@pytest.mark.parametrize("later", [HOUR + MINUTE, 8 * DAY])
async def test_an_old_code_gives_nothing(later: timedelta) -> None:
    world = World(AT_ONCE)
    request = await ready(world)
    await ask(world, request)
    world.clock.now += later
    assert not await fetch(world, request, code_of(world))


async def test_the_code_without_the_link_gives_nothing_and_the_link_alone_sends_no_data() -> None:
    world = World(AT_ONCE)
    request = await ready(world)
    await ask(world, request)
    assert not await fetch(world, request, code_of(world), token="x" * 22)
    before = world.outbound.purposes()
    await ask(world, request, token="x" * 22)
    assert world.outbound.purposes() == before


async def test_the_sixth_download_is_refused_and_no_code_is_sent_for_it() -> None:
    world = World(AT_ONCE)
    request = await ready(world)
    for _ in range(5):
        world.clock.now += DAY
        await ask(world, request)
        assert await fetch(world, request, code_of(world))
    world.clock.now += DAY
    before = world.outbound.purposes()
    await ask(world, request)
    assert world.outbound.purposes() == before
    assert not await fetch(world, request, code_of(world))


async def test_codes_for_downloads_are_counted_with_all_others_of_the_day() -> None:
    world = World(AT_ONCE)
    request = await ready(world)
    for _ in range(5):
        await ask(world, request)
    assert world.outbound.purposes().count("download") == 2
    assert world.outbound.purposes().count("challenge") == 1
    world.clock.now += DAY + MINUTE
    await ask(world, request)
    assert world.outbound.purposes().count("download") == 3


async def test_after_seven_days_neither_code_nor_package() -> None:
    world = World(AT_ONCE)
    request = await ready(world)
    world.clock.now += 7 * DAY
    before = world.outbound.purposes()
    await ask(world, request)
    assert world.outbound.purposes() == before


async def test_the_contact_that_did_not_want_it_blocks_it() -> None:
    world = World(AT_ONCE)
    request = await ready(world)
    await ask(world, request)
    (mail,) = (m.facts for m in world.outbound.mails if isinstance(m.facts, DownloadFacts))
    assert isinstance(mail, DownloadFacts)
    token = mail.not_me_link.rpartition("/")[2]
    message = Disown(request.tracking, token)
    await carry(world.house, STATIONS["verification"], [Item(message)])
    assert not await fetch(world, request, mail.code)
    assert "package_disowned" in [entry.what for entry in world.request(request.id).history]
    await world.work()
    alarms = [
        (mail.to, mail.facts.of_package)
        for mail in world.outbound.mails
        if isinstance(mail.facts, DisownedFacts)
    ]
    assert alarms == [("contact@smallmachines.co.kr", True)]


async def test_nothing_can_be_fetched_of_a_request_that_is_not_done_or_not_there() -> None:
    world = World(AT_ONCE)
    correction = await world.proven()
    for tracking in (correction.tracking, "DSR-ACEF-HJK2"):
        item = Item(Download(tracking, "x" * 22, "00000000", new_id()))
        await carry(world.house, STATIONS["access"], [item])
        assert item.reply is not None
        assert not item.reply.accepted
        asked = Item(AskDownload(tracking, "x" * 22))
        await carry(world.house, STATIONS["access"], [asked])
    assert world.request(correction.id).version == correction.version


async def test_what_stands_in_the_way_is_named_and_tried_again() -> None:
    world = World(AT_ONCE)
    request = await world.submit(**ACCESS)
    world.subjects.stuck[request.id] = "too_many_documents"
    await world.prove(request)
    assert world.request(request.id).steps["access"].error == "too_many_documents"
    world.subjects.stuck.clear()
    await world.tick(timedelta(seconds=2))
    assert world.request(request.id).status is Status.COMPLETED
