"""The requester says that no code came: a person looks, whether or not one went out."""

from __future__ import annotations

from schemas.letters import AcknowledgementFacts, ChallengeFacts
from schemas.lifecycle import Status
from schemas.messages import Disown, Message, NothingArrived
from schemas.request import Contact, Request, RequestRecord
from schemas.review import Why
from tests.cast import JIHO
from tests.world import DAY, World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry


async def say(world: World, message: Message) -> bool:
    item = Item(message)
    await carry(world.house, STATIONS["verification"], [item])
    await world.work()
    return bool(item.reply and item.reply.accepted)


def by_link(world: World, request: Request) -> NothingArrived:
    """What the page sends whose link stands in the acknowledgement."""
    facts = next(
        mail.facts
        for mail in world.outbound.mails
        if mail.tracking == request.tracking and isinstance(mail.facts, AcknowledgementFacts)
    )
    return NothingArrived(request.tracking, facts.nothing_arrived_link.rpartition("/")[2])


def why(record: RequestRecord) -> tuple[Why, ...]:
    return record.review.why if record.review else ()


async def test_matched_and_unmatched_come_to_a_person_alike() -> None:
    ends = []
    for subject in ({"login_id": "minji.kim"}, {"login_id": "nobody"}):
        world = World()
        request = await world.submit(subject=subject)
        assert await say(world, by_link(world, request))
        stands = world.request(request.id)
        ends.append((stands.status, stands.review, set(stands.steps), world.events()))
    assert ends[0] == ends[1]
    assert ends[0][0] is Status.IN_REVIEW
    assert ends[0][1] is not None
    assert ends[0][1].why == (Why.NOTHING_ARRIVED,)


async def test_an_agent_notes_it_for_a_caller_and_stands_on_record() -> None:
    world = World()
    request = await world.submit()
    assert await say(world, NothingArrived(request.tracking, by="park"))
    stands = world.request(request.id)
    assert why(stands) == (Why.NOTHING_ARRIVED,)
    assert (stands.history[-1].what, stands.history[-1].by) == ("nothing_arrived", "desk:park")
    assert world.offences() == []


async def test_another_link_or_none_changes_nothing() -> None:
    world = World()
    request, other = await world.submit(), await world.submit()
    token = by_link(world, other).token
    for said in (token, "", None, "q" * 22):
        assert not await say(world, NothingArrived(request.tracking, said))
    assert world.request(request.id).status is Status.AWAITING_PROOF


async def test_said_after_the_proof_it_changes_nothing() -> None:
    world = World()
    request = await world.proven()
    assert not await say(world, by_link(world, request))
    assert world.request(request.id).status is Status.COMPLETED


async def test_the_code_that_was_sent_before_proves_nothing_any_more() -> None:
    world = World()
    request = await world.submit()
    await say(world, by_link(world, request))
    await world.prove(request)
    assert world.request(request.id).status is Status.IN_REVIEW
    assert world.subjects.changed == []


async def test_no_call_waits_for_a_request_that_a_person_looks_at() -> None:
    world = World()
    world.subjects.records["1001"].contacts = (Contact(kind="phone", value="010-1-1"),)
    request = await world.submit()
    assert world.request(request.id).tasks == ("call:challenge-1",)
    await say(world, by_link(world, request))
    assert world.request(request.id).tasks == ()


async def test_who_reads_the_contact_on_file_can_still_say_that_it_was_not_them() -> None:
    """A stranger who claims that nothing arrived does not take the alarm away from the person."""
    world = World()
    request = await world.submit()
    await say(world, by_link(world, request))
    (facts,) = [m.facts for m in world.outbound.mails if isinstance(m.facts, ChallengeFacts)]
    await say(world, Disown(request.tracking, facts.not_me_link.rpartition("/")[2]))
    stands = world.request(request.id)
    assert why(stands) == (Why.NOTHING_ARRIVED, Why.DISOWNED)
    assert stands.challenge is not None and stands.challenge.dead


async def test_a_guardian_to_whom_nothing_came_need_not_wait_for_the_end() -> None:
    world = World()
    request = await world.submit(requester=JIHO, subject={"login_id": "nobody"})
    await say(world, by_link(world, request))
    assert why(world.request(request.id)) == (Why.NOTHING_ARRIVED, Why.GUARDIAN_UNCLEAR)
    await world.tick(4 * DAY)
    assert world.request(request.id).status is Status.IN_REVIEW
