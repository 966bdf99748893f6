"""The ways out that change nothing: expiry, withdrawal, and "this wasn't me"."""

from __future__ import annotations

import pytest

from schemas.letters import DisownedFacts, WithdrawalFacts
from schemas.lifecycle import Status
from schemas.messages import Disown
from tests.cast import MINJIS_MAIL, NEW_ADDRESS, OLD_ADDRESS, STRANGER, withdrawal
from tests.world import DAY, HOUR, MINUTE, World

PROOF_TIME = 73 * HOUR


async def test_nobody_proves_and_the_request_expires() -> None:
    world = World()
    request = await world.submit()
    await world.tick(PROOF_TIME - MINUTE)
    assert world.request(request.id).status is Status.AWAITING_PROOF
    await world.tick(MINUTE)
    assert world.request(request.id).status is Status.EXPIRED
    assert world.request(request.id).steps == {}
    assert world.offences() == []


async def test_expiry_looks_the_same_where_nobody_was_found() -> None:
    world = World()
    hers = await world.submit(requester={"relation": "self", **STRANGER})
    nobodys = await world.submit(
        requester={"relation": "self", **STRANGER}, subject={"login_id": "nobody"}
    )
    await world.tick(PROOF_TIME)
    assert world.request(hers.id).status is world.request(nobodys.id).status is Status.EXPIRED
    mails = [mail for mail in world.outbound.mails if mail.facts.purpose == "expiry"]
    assert {mail.to for mail in mails} == {STRANGER["email"]}
    first, second = (mail.facts for mail in mails)
    assert first.fields == second.fields


async def test_without_an_address_an_expiry_is_mailed_to_nobody() -> None:
    world = World()
    request = await world.submit(channel="phone", requester={"relation": "self"})
    await world.tick(PROOF_TIME)
    assert world.request(request.id).status is Status.AWAITING_PROOF, "it may take letters"
    await world.tick(world.policy.letter_window)
    assert world.request(request.id).status is Status.EXPIRED
    assert "expiry" not in world.outbound.purposes()


async def test_a_proof_in_time_stops_the_clock_of_expiry() -> None:
    world = World()
    world.subjects.refuses = {"home_address"}
    request = await world.proven()
    await world.tick(PROOF_TIME)
    assert world.request(request.id).status is Status.VERIFIED


async def test_a_right_code_takes_a_request_back_and_its_correction_can_never_come() -> None:
    world = World()
    request = await world.submit()
    (item,) = await world.at_once(
        "verification", withdrawal(request.tracking, world.code(request)), seed=0
    )
    assert item.reply is not None and item.reply.accepted
    assert world.request(request.id).status is Status.WITHDRAWN
    await world.work()
    assert world.request(request.id).steps == {}
    await world.prove(request)
    await world.tick(DAY)
    assert world.subjects.usable("1001")["home_address"] == OLD_ADDRESS
    assert world.offences() == []


async def test_whoever_took_a_request_back_hears_that_nothing_was_changed() -> None:
    world = World()
    request = await world.submit(requester={"relation": "self", **STRANGER})
    await world.at_once("verification", withdrawal(request.tracking, world.code(request)), seed=0)
    await world.work()
    mail = world.outbound.mails[-1]
    assert isinstance(mail.facts, WithdrawalFacts)
    assert (mail.to, mail.facts.was_restricted) == (MINJIS_MAIL.value, False)
    assert world.outbound.purposes().count("withdrawal") == 1
    assert world.request(request.id).steps == {}


async def test_what_is_in_review_can_be_taken_back_and_is_shown_again() -> None:
    world = World()
    request = await world.proven(changes=[{"field": "name", "value": "김민주"}])
    assert "name" not in world.subjects.usable("1001")
    await world.at_once("verification", withdrawal(request.tracking, world.code(request)), seed=0)
    assert world.request(request.id).status is Status.WITHDRAWN
    assert world.subjects.usable("1001")["name"] == "김민지"
    assert {*world.events()[-2:]} == {"restriction.lifted", "request.withdrawn"}


async def test_a_wrong_code_takes_nothing_back_and_counts_as_a_try() -> None:
    world = World()
    request = await world.submit()
    wrong = world.wrong_code(request)
    for _ in range(5):
        (item,) = await world.at_once("verification", withdrawal(request.tracking, wrong), seed=0)
        assert item.reply is not None and not item.reply.accepted
    challenge = world.request(request.id).challenge
    assert challenge is not None and challenge.dead
    assert world.request(request.id).status is Status.AWAITING_PROOF


async def test_guessing_at_what_is_in_review_ends_after_five_tries_and_sends_no_new_code() -> None:
    world = World()
    request = await world.proven(changes=[{"field": "name", "value": "김민주"}])
    right, wrong = world.code(request), world.wrong_code(request)
    for code in (*[wrong] * 5, right):
        await world.at_once("verification", withdrawal(request.tracking, code), seed=0)
    await world.work()
    assert world.request(request.id).status is Status.IN_REVIEW
    assert world.outbound.purposes().count("challenge") == 1


async def test_what_is_applied_cannot_be_taken_back() -> None:
    world = World()
    request = await world.proven()
    (item,) = await world.at_once(
        "verification", withdrawal(request.tracking, world.code(request)), seed=0
    )
    assert item.reply is not None and not item.reply.accepted
    assert world.request(request.id).status is Status.COMPLETED
    assert world.subjects.usable("1001")["home_address"] == NEW_ADDRESS


async def test_the_same_withdrawal_again_gets_the_same_answer() -> None:
    world = World()
    request = await world.submit()
    back = withdrawal(request.tracking, world.code(request))
    for _ in range(3):
        (item,) = await world.at_once("verification", back, seed=0)
        assert item.reply is not None and item.reply.accepted
    what = [entry.what for entry in world.request(request.id).history]
    assert what.count("withdrawn") == 1


async def test_this_was_not_me_kills_the_code_and_calls_a_person() -> None:
    world = World()
    request = await world.submit()
    token = world.tokens.link(request.id, 1, "disown", request.digest)
    await world.at_once("verification", Disown(request.tracking, token), seed=0)
    assert world.request(request.id).status is Status.IN_REVIEW
    await world.prove(request)
    assert world.request(request.id).status is Status.IN_REVIEW
    assert world.subjects.changed == []


async def test_this_was_not_me_alarms_the_department_by_mail_and_in_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    request = await world.submit(language="en")
    disown = Disown(request.tracking, world.tokens.link(request.id, 1, "disown", request.digest))
    for _ in range(2):
        await world.at_once("verification", disown, seed=0)
        await world.work()
    (mail,) = [mail for mail in world.outbound.mails if isinstance(mail.facts, DisownedFacts)]
    assert (mail.to, mail.language) == ("contact@smallmachines.co.kr", "ko")
    assert mail.tracking == request.tracking
    assert mail.facts == DisownedFacts(
        tracking=request.tracking,
        kind="correction",
        channel="web",
        received_at=request.received_at,
        fields=mail.facts.fields,
        disowned_at=world.clock.now,
        of_package=False,
    )
    (line,) = [record for record in caplog.records if record.message == "disowned"]
    assert line.levelname == "WARNING"
    assert vars(line)["dsr"] == {
        "request": request.id,
        "tracking": request.tracking,
        "status": "in_review",
        "code": "disowned",
    }
    assert world.request(request.id).status is Status.IN_REVIEW
    assert world.offences() == []


async def test_it_is_no_alarm_of_the_deadline_which_comes_all_the_same() -> None:
    world = World()
    request = await world.submit()
    token = world.tokens.link(request.id, 1, "disown", request.digest)
    await world.at_once("verification", Disown(request.tracking, token), seed=0)
    for _ in range(24):
        await world.tick(12 * HOUR)
    assert world.outbound.purposes().count("alarm") == 2
    assert world.outbound.purposes().count("disowned") == 1


@pytest.mark.parametrize("which", ["proof link", "code", "of another request", "nonsense"])
async def test_any_other_token_disowns_nothing(which: str) -> None:
    world = World()
    request = await world.submit()
    other = await world.submit()
    token = {
        "proof link": world.tokens.link(request.id, 1, "proof", request.digest),
        "code": world.code(request),
        "of another request": world.tokens.link(other.id, 1, "disown", other.digest),
        "nonsense": "x",
    }[which]
    await world.at_once("verification", Disown(request.tracking, token), seed=0)
    assert world.request(request.id).status is Status.AWAITING_PROOF


async def test_a_late_button_disowns_nothing() -> None:
    world = World()
    request = await world.proven()
    token = world.tokens.link(request.id, 1, "disown", request.digest)
    await world.at_once("verification", Disown(request.tracking, token), seed=0)
    assert world.request(request.id).status is Status.COMPLETED
