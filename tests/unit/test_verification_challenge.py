"""A challenge goes to the contact that was on file when the request came in, and to nobody else."""

from __future__ import annotations

from schemas.letters import ChallengeFacts
from schemas.lifecycle import Status
from schemas.messages import Do
from schemas.request import Contact
from tests.cast import submission, submission_content
from tests.world import DAY, HOUR, MINUTE, World
from workers.ports import SendMail

THIEFS_MAIL = Contact(kind="mail", value="thief@elsewhere.example")


def challenges(world: World) -> list[SendMail]:
    return [mail for mail in world.outbound.mails if isinstance(mail.facts, ChallengeFacts)]


def ends_at(mail: SendMail) -> object:
    assert isinstance(mail.facts, ChallengeFacts)
    return mail.facts.ends_at


async def test_the_code_goes_to_the_contact_on_file_not_to_the_address_that_was_given() -> None:
    world = World()
    await world.submit(requester={"relation": "self", "email": "thief@elsewhere.example"})
    assert [mail.to for mail in challenges(world)] == ["minji@mail.example"]


async def test_every_challenge_of_a_request_goes_where_its_first_one_went() -> None:
    world = World()
    request = await world.submit()
    world.subjects.records["1001"].contacts = (THIEFS_MAIL,)
    for _ in range(5):
        await world.prove(request, world.wrong_code(request))
    assert [mail.to for mail in challenges(world)] == ["minji@mail.example"] * 2


async def test_a_contact_that_changes_while_a_challenge_waits_for_tomorrow_is_not_the_one() -> None:
    world = World()
    for number in range(3):
        await world.submit(statement=f"{number}")
    request = await world.submit()
    assert len(challenges(world)) == 3
    world.subjects.records["1001"].contacts = (THIEFS_MAIL,)
    await world.tick(DAY + MINUTE)
    assert [mail.to for mail in challenges(world)] == ["minji@mail.example"] * 4
    assert challenges(world)[-1].tracking == request.tracking


async def test_at_most_three_codes_a_day_go_to_one_person() -> None:
    world = World()
    for number in range(7):
        await world.submit(statement=f"{number}")
    await world.tick(HOUR)
    assert len(challenges(world)) == 3
    await world.tick(DAY)
    for _ in range(6):
        await world.tick(HOUR)
    assert len(challenges(world)) == 6


async def test_fifty_requests_about_one_person_at_once_are_still_three_codes() -> None:
    world = World()
    for number in range(50):
        world.publish("submission", submission_content(statement=f"{number}"))
    await world.work()
    for _ in range(10):
        await world.tick(HOUR)
    assert len(challenges(world)) == 3
    statuses = {world.request(i).status for i in world.requests.documents}
    assert statuses == {Status.AWAITING_PROOF}
    assert world.offences() == []


async def test_fifty_requests_about_one_person_from_many_workers_are_still_three_codes() -> None:
    for seed in range(10):
        world = World()
        contents = [submission_content(statement=f"{number}") for number in range(10)]
        await world.at_once("registration", *(submission(**c) for c in contents), seed=seed)
        world.broker.queues["dsr.verification"].clear()
        commands = [Do(c["submission_id"], "challenge") for c in contents]
        await world.at_once("verification", *commands, seed=seed)
        await world.work()
        for _ in range(10):
            await world.tick(HOUR)
        assert len(challenges(world)) == 3


async def test_no_time_is_stated_in_a_challenge_that_its_request_does_not_give() -> None:
    """Also where the code could only be sent a day later."""
    world = World()
    for number in range(3):
        await world.submit(statement=f"{number}")
    request = await world.submit()
    await world.tick(DAY + MINUTE)
    mail = challenges(world)[-1]
    assert mail.tracking == request.tracking
    expiry = world.request(request.id).steps["expiry"].due
    assert ends_at(mail) == expiry - world.policy.grace
    assert ends_at(mail) == world.clock.now + world.policy.proof_window


async def test_another_code_leaves_no_more_time_than_the_first() -> None:
    world = World()
    request = await world.submit()
    await world.tick(10 * HOUR)
    for _ in range(5):
        await world.prove(request, world.wrong_code(request))
    first, second = challenges(world)
    assert ends_at(first) == ends_at(second)
