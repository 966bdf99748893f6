"""A change of the mail address: confirmed by the new one, told to the old one, and stoppable."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.letters import ChallengeFacts
from schemas.lifecycle import Status
from schemas.messages import Disown
from schemas.request import Contact
from schemas.review import Why
from tests.cast import MORNING, new_id
from tests.fakes import Crash
from tests.new_address import CHANGE, NEW, OLD, address, confirm, confirmation, stop, world_of
from tests.world import DAY, HOUR


async def test_the_new_address_is_confirmed_the_old_one_told_and_only_then_it_is_changed() -> None:
    world = world_of()
    request = await world.proven(**CHANGE)
    assert request.status is Status.AWAITING_PROOF
    assert world.outbound.mails[-1].to == NEW
    assert world.outbound.purposes()[-1] == "confirmation"
    request = await confirm(world, request)
    assert request.status is Status.VERIFIED
    assert world.outbound.mails[-1].to == OLD.value
    assert world.outbound.purposes()[-1] == "notice"
    await world.tick(DAY - HOUR)
    assert address(world) == OLD.value
    await world.tick(HOUR)
    assert world.request(request.id).status is Status.COMPLETED
    assert address(world) == NEW
    assert world.offences() == []


async def test_from_the_proof_on_nobody_uses_the_disputed_address() -> None:
    world = world_of()
    request = await world.proven(**CHANGE)
    assert "email" not in world.subjects.usable("1001")
    await confirm(world, request)
    assert "email" not in world.subjects.usable("1001")


@pytest.mark.parametrize("by", ["code", "link"])
async def test_it_is_confirmed_by_code_or_by_link(by: str) -> None:
    world = world_of()
    request = await world.proven(**CHANGE)
    facts = confirmation(world, request)
    given = facts.code if by == "code" else facts.link.rpartition("/")[2]
    assert (await confirm(world, request, given)).status is Status.VERIFIED


async def test_the_contact_on_file_alone_cannot_confirm_the_new_address() -> None:
    world = world_of()
    request = await world.proven(**CHANGE)
    for given in (world.code(request), world.tokens.link(request.id, 1, "proof", request.digest)):
        assert (await confirm(world, request, given)).status is Status.AWAITING_PROOF
    assert world.replies() == [{"accepted": False}] * 2


async def test_the_new_address_alone_proves_nothing() -> None:
    """The code that it gets is another one, and it is sent only once the old one has proven."""
    world = world_of()
    request = await world.submit(**CHANGE)
    assert "confirmation" not in world.outbound.purposes()
    link = world.tokens.link(request.id, 1, "confirm", request.digest)
    await world.prove(request, link)
    assert world.request(request.id).status is Status.AWAITING_PROOF
    assert world.request(request.id).proof is None


async def test_an_address_that_nobody_confirms_lapses_and_the_old_one_is_used_again() -> None:
    world = world_of()
    request = await world.proven(**CHANGE)
    await world.tick(72 * HOUR)
    assert world.request(request.id).status is Status.AWAITING_PROOF
    await world.tick(HOUR)
    request = world.request(request.id)
    assert request.status is Status.EXPIRED
    assert request.steps == {}
    assert address(world) == OLD.value
    assert world.subjects.usable("1001")["email"] == OLD.value
    assert world.events().count("restriction.lifted") == 1
    assert (await confirm(world, request)).status is Status.EXPIRED
    assert world.offences() == []


async def test_the_time_to_confirm_starts_with_the_confirmation() -> None:
    world = world_of()
    request = await world.submit(**CHANGE)
    await world.tick(70 * HOUR)
    await world.prove(request)
    await world.tick(70 * HOUR)
    assert (await confirm(world, world.request(request.id))).status is Status.VERIFIED


async def test_the_old_address_stops_it() -> None:
    world = world_of()
    request = await confirm(world, await world.proven(**CHANGE))
    assert (await stop(world, request)).status is Status.WITHDRAWN
    await world.tick(9 * DAY)
    assert address(world) == OLD.value
    assert world.subjects.usable("1001")["email"] == OLD.value
    assert world.offences() == []


async def test_every_address_on_file_is_told_and_the_new_one_is_not() -> None:
    second = Contact(kind="mail", value="minji@work.example", since=OLD.since)
    phone = Contact(kind="phone", value="+821012345678", since=OLD.since)
    world = world_of(OLD, second, phone)
    await confirm(world, await world.proven(**CHANGE))
    told = [mail.to for mail in world.outbound.mails if mail.facts.purpose == "notice"]
    assert told == [OLD.value, second.value]


async def test_a_stop_that_comes_too_late_stops_nothing() -> None:
    world = world_of()
    request = await confirm(world, await world.proven(**CHANGE))
    await world.tick(DAY)
    assert (await stop(world, request)).status is Status.COMPLETED
    assert address(world) == NEW


async def test_this_was_not_me_stops_it_as_long_as_the_new_address_has_not_confirmed() -> None:
    world = world_of()
    request = await world.proven(**CHANGE)
    (mail,) = (m for m in world.outbound.mails if isinstance(m.facts, ChallengeFacts))
    assert isinstance(mail.facts, ChallengeFacts)
    token = mail.facts.not_me_link.rpartition("/")[2]
    await world.at_once("verification", Disown(request.tracking, token), seed=0)
    assert (await confirm(world, world.request(request.id))).status is Status.IN_REVIEW


async def test_somebody_who_signs_up_with_it_meanwhile_keeps_it_and_an_alarm_calls() -> None:
    world = world_of()
    request = await confirm(world, await world.proven(**CHANGE))
    world.join("2001", email=NEW, login_id="other")
    await world.tick(DAY + HOUR)
    stuck = world.request(request.id)
    assert stuck.status is Status.VERIFIED
    assert stuck.steps["new_address"].error == "address_taken"
    assert address(world) == OLD.value


async def test_a_young_contact_changes_nothing_alone() -> None:
    for since in (None, MORNING - timedelta(days=29)):
        world = world_of(OLD.model_copy(update={"since": since}))
        request = await world.proven(**CHANGE)
        assert request.status is Status.IN_REVIEW
        assert request.review is not None
        assert request.review.why == (Why.YOUNG_CONTACT,)
        assert "confirmation" not in world.outbound.purposes()
        assert "email" not in world.subjects.usable("1001")
        assert world.offences() == []


async def test_with_a_login_a_young_contact_waits_longer_instead() -> None:
    world = world_of(OLD.model_copy(update={"since": None}))
    request = await confirm(world, await world.signed_in(**CHANGE))
    assert request.status is Status.VERIFIED
    await world.tick(4 * DAY)
    assert address(world) == OLD.value
    await world.tick(DAY + HOUR)
    assert address(world) == NEW


async def test_the_wait_stays_inside_the_legal_time() -> None:
    world = world_of(cooling_off=20 * DAY)
    request = await confirm(world, await world.proven(**CHANGE))
    await world.tick(request.deadline - DAY - world.clock.now)
    assert world.request(request.id).applied_at is not None
    assert world.request(request.id).applied_at <= request.deadline  # type: ignore[operator]


async def test_the_same_address_again_is_corrected_as_any_other_field() -> None:
    world = world_of()
    same = {"changes": [{"field": "email", "value": OLD.value}]}
    request = await world.proven(**same)
    assert request.status is Status.COMPLETED
    assert "confirmation" not in world.outbound.purposes()


async def test_five_wrong_codes_kill_the_code_and_leave_the_link() -> None:
    world = world_of()
    request = await world.proven(**CHANGE)
    facts = confirmation(world, request)
    wrong = f"{(int(facts.code) + 1) % 10**8:08}"
    for _ in range(5):
        await confirm(world, request, wrong)
    assert (await confirm(world, request, facts.code)).status is Status.AWAITING_PROOF
    link = facts.link.rpartition("/")[2]
    assert (await confirm(world, request, link)).status is Status.VERIFIED


async def test_the_same_confirmation_again_is_still_yes_and_tells_once() -> None:
    world = world_of()
    request = await world.proven(**CHANGE)
    same = new_id()
    code = confirmation(world, request).code
    for _ in range(3):
        world.publish_proof(
            request, code, proof_id=same, reply_to="dsr.reply.a", correlation_id="1"
        )
        await world.work()
    assert world.replies() == [{"accepted": True}] * 3
    assert world.outbound.purposes().count("notice") == 1


async def test_without_a_time_to_stop_it_it_is_changed_at_once_and_told_all_the_same() -> None:
    world = world_of(cooling_off=timedelta(0), cooling_off_young=timedelta(0))
    request = await confirm(world, await world.proven(**CHANGE))
    assert request.status is Status.COMPLETED
    assert world.outbound.purposes().count("notice") == 1


async def test_a_correction_without_a_contact_waits_for_nothing() -> None:
    world = world_of()
    assert (await world.proven()).status is Status.COMPLETED
    assert not {"confirmation", "notice"} & {*world.outbound.purposes()}


@pytest.mark.parametrize("point", range(0, 36, 2))
async def test_killed_at_any_point_it_is_confirmed_told_and_changed_once(point: int) -> None:
    world = world_of()
    request = await world.submit(**CHANGE)
    world.publish_proof(request)
    world.faults.crash_at = len(world.faults.passed) + point
    with pytest.raises(Crash):
        await world.work()
    world.restart()
    await world.work()
    for _ in range(3):
        await world.tick(HOUR)
    await confirm(world, world.request(request.id))
    await world.tick(DAY + HOUR)
    assert world.request(request.id).status is Status.COMPLETED
    assert address(world) == NEW
    assert len(world.subjects.changed) == 1
    for purpose in ("confirmation", "notice"):
        assert 1 <= world.outbound.purposes().count(purpose) <= 2
    assert world.offences() == []
