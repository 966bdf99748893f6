"""A restriction outlives its request: only the person, or a deletion, ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.invariants import NOBODY, Slot, of_restriction, of_standing
from schemas.letters import LiftedFacts
from schemas.lifecycle import Status
from schemas.messages import Acknowledge, Lift
from schemas.notice import NoticeAnswer
from schemas.request import Request
from schemas.submission import Withdrawal
from tests.cast import NEW_ADDRESS, submission_content, withdrawal
from tests.rights import completion
from tests.world import DAY, HOUR, World, with_policy
from workers.pipeline import STATIONS
from workers.ports import OutboundResult, Release
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

FIELDS = ["home_address", "hobbies"]


def restriction(**other: Any) -> dict[str, Any]:
    """Minji wants two fields of hers left alone."""
    return {"kind": "restriction", "changes": None, "fields": FIELDS, **other}


async def restricted(world: World, **other: Any) -> Request:
    """Proven, applied, told and completed."""
    request = await world.proven(**restriction(**other))
    assert world.request(request.id).status is Status.COMPLETED
    return world.request(request.id)


def token(world: World, request: Request) -> str:
    return str(completion(world, request).lift_link).rpartition("/")[2]


async def press(world: World, request: Request, with_token: str) -> None:
    """Somebody opens a link and presses the button."""
    item = Item(Lift(request.tracking, with_token))
    await carry(world.house, STATIONS["verification"], [item])
    await world.work()


async def take_back(world: World, request: Request, code: str, **other: Any) -> bool:
    """A channel publishes a withdrawal; what it hears."""
    message: Withdrawal = withdrawal(request.tracking, code, **other)
    item = Item(message)
    await carry(world.house, STATIONS["verification"], [item])
    await world.work()
    assert item.reply is not None
    return item.reply.accepted


async def test_what_is_restricted_stays_so_after_the_request_is_completed() -> None:
    world = World()
    request = await restricted(world)
    assert set(world.subjects.usable("1001")) == {"name"}
    await world.tick(400 * DAY)
    assert set(world.subjects.usable("1001")) == {"name"}
    assert {name: r.result for name, r in request.results.items()} == dict.fromkeys(
        FIELDS, "restricted"
    )
    assert world.events().count("restriction.applied") == 1
    assert "restriction.lifted" not in world.events()
    assert world.offences() == []


async def test_without_fields_everything_is_restricted() -> None:
    world = World()
    await restricted(world, fields=None)
    assert world.subjects.usable("1001") == {}
    assert world.offences() == []


async def test_whoever_received_a_field_is_told_once_without_its_value() -> None:
    world = World()
    await restricted(world)
    (told,) = world.outbound.notices
    assert (told.recipient, told.about) == ("hanbit-delivery", "restriction")
    assert told.values == {"home_address": None}


async def test_the_link_of_the_completion_lifts_it_and_says_so() -> None:
    world = World()
    request = await restricted(world)
    await press(world, request, token(world, request))
    assert set(world.subjects.usable("1001")) == {"home_address", "name", "hobbies"}
    assert world.events().count("restriction.lifted") == 1
    _, told = world.outbound.notices
    assert (told.recipient, told.about) == ("hanbit-delivery", "restriction_lifted")
    assert told.seq > world.outbound.notices[0].seq
    assert told.notice_id != world.outbound.notices[0].notice_id
    last = world.outbound.mails[-1]
    assert isinstance(last.facts, LiftedFacts)
    assert last.to == world.outbound.mails[1].to
    assert [name.en for name in last.facts.told] == ["Hanbit Delivery"]
    done = world.request(request.id)
    assert (done.status, done.steps) == (Status.COMPLETED, {})
    assert world.offences() == []


async def test_the_same_link_again_does_nothing_more() -> None:
    world = World()
    request = await restricted(world)
    link = token(world, request)
    await press(world, request, link)
    version = world.request(request.id).version
    await press(world, request, link)
    assert world.request(request.id).version == version
    assert world.outbound.purposes().count("lifted") == 1


@pytest.mark.parametrize("purpose", ["proof", "disown", "stop", "certificate"])
async def test_the_token_of_another_link_lifts_nothing(purpose: str) -> None:
    world = World()
    request = await restricted(world)
    await press(world, request, world.tokens.link(request.id, 1, purpose, request.digest))
    assert world.request(request.id).lifting is None


async def test_a_withdrawal_with_the_completions_code_lifts_it_years_later() -> None:
    world = World()
    request = await restricted(world)
    code = str(completion(world, request).lift_code)
    await world.tick(900 * DAY)
    assert await take_back(world, request, code, channel="phone", operator="park")
    assert set(world.subjects.usable("1001")) == {"home_address", "name", "hobbies"}
    assert await take_back(world, request, code)
    assert world.outbound.purposes().count("lifted") == 1
    assert world.offences() == []


async def test_the_challenges_own_code_lifts_it_only_while_it_lives() -> None:
    world = World()
    request = await restricted(world)
    await world.tick(world.policy.proof_window + world.policy.grace + HOUR)
    assert not await take_back(world, request, world.code(request))
    other = await restricted(world, fields=["name"])
    assert await take_back(world, other, world.code(other))


async def test_wrong_codes_are_counted_and_kill_the_code_but_not_the_link() -> None:
    world = World()
    request = await restricted(world)
    facts = completion(world, request)
    wrong = f"{(int(str(facts.lift_code)) + 1) % 10**8:08}"
    for _ in range(world.policy.max_tries):
        assert not await take_back(world, request, wrong)
    assert not await take_back(world, request, str(facts.lift_code))
    assert world.request(request.id).lifting is None
    await press(world, request, token(world, request))
    assert world.request(request.id).lifting is not None


async def test_a_withdrawal_before_it_is_applied_withdraws_the_request() -> None:
    world = World()
    request = await world.submit(**restriction())
    world.publish_proof(request)
    await world.work("verification")
    assert world.request(request.id).status is Status.VERIFIED
    assert await take_back(world, request, world.code(request))
    assert world.request(request.id).status is Status.WITHDRAWN
    assert set(world.subjects.usable("1001")) == {"home_address", "name", "hobbies"}
    assert world.offences() == []


async def test_whoever_takes_it_back_first_wins_over_the_stage() -> None:
    world = World()
    request = await world.submit(**restriction())
    world.publish_proof(request)
    await world.work("verification")
    await world.subjects.apply([Release(request.id, world.subjects.records["1001"].ref)])
    await world.work()
    assert world.request(request.id).status is Status.VERIFIED
    assert world.request(request.id).steps["restriction"].error == "subject_lost"
    assert set(world.subjects.usable("1001")) == {"home_address", "name", "hobbies"}


async def test_a_field_that_two_requests_restrict_is_usable_when_both_are_lifted() -> None:
    world = World()
    first = await restricted(world)
    second = await restricted(world, fields=["hobbies"])
    await press(world, first, token(world, first))
    assert set(world.subjects.usable("1001")) == {"home_address", "name"}
    await press(world, second, token(world, second))
    assert set(world.subjects.usable("1001")) == {"home_address", "name", "hobbies"}
    assert world.offences() == []


async def test_a_correction_of_the_same_field_lifts_only_its_own_mark() -> None:
    world = World()
    request = await restricted(world)
    corrected = await world.proven()
    assert world.request(corrected.id).status is Status.COMPLETED
    assert world.subjects.records["1001"].fields["home_address"] == NEW_ADDRESS
    assert set(world.subjects.usable("1001")) == {"name"}
    await press(world, request, token(world, request))
    assert world.subjects.usable("1001")["home_address"] == NEW_ADDRESS
    assert world.offences() == []


async def test_a_deletion_supersedes_it_and_its_link_says_nothing() -> None:
    world = World(with_policy(cooling_off=timedelta(0), cooling_off_young=timedelta(0)))
    request = await restricted(world)
    link = token(world, request)
    deleted = await world.proven(kind="deletion", changes=None)
    assert world.request(deleted.id).status is Status.COMPLETED
    await press(world, request, link)
    assert world.request(request.id).lifting is None
    assert "lifted" not in world.outbound.purposes()


async def test_lifted_while_a_recipient_still_owes_its_answer_both_are_settled() -> None:
    world = World()
    world.outbound.answers["hanbit-delivery"] = [OutboundResult("delivered")]
    request = await world.proven(**restriction())
    waiting = world.request(request.id)
    assert waiting.status is Status.APPLIED
    (old,) = waiting.notices.values()
    assert await take_back(world, request, world.code(request))
    lifted = world.request(request.id)
    assert lifted.status is Status.COMPLETED
    assert lifted.lifting is not None
    assert lifted.lifting.told_before == {"hanbit-delivery": old}
    assert set(world.subjects.usable("1001")) == {"home_address", "name", "hobbies"}
    facts = completion(world, request)
    assert {one.result for one in facts.outcomes} == {"lifted"}
    assert facts.lift_link is None
    late = Item(Acknowledge(old.id, "hanbit-delivery", NoticeAnswer(status="refused")))
    await carry(world.house, STATIONS["propagation"], [late])
    assert world.request(request.id).version == lifted.version
    assert lifted.steps == {}
    assert world.offences() == []


async def test_while_a_notice_is_on_its_way_the_next_one_waits() -> None:
    world = World()
    world.outbound.answers["hanbit-delivery"] = [OutboundResult("put_off", "http_503")] * 2
    request = await world.proven(**restriction())
    assert world.request(request.id).steps["notice:hanbit-delivery"].error == "http_503"
    assert await take_back(world, request, world.code(request))
    await world.tick(HOUR)
    abouts = [told.about for told in world.outbound.notices]
    assert abouts == ["restriction", "restriction_lifted", "restriction_lifted"]
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []


async def test_an_unknown_field_is_refused_with_its_path() -> None:
    world = World()
    world.publish("submission", submission_content(**restriction(fields=["hobbies", "shoe"])))
    await world.work()
    assert world.parked.reasons() == ["$.fields.1 unknown_field"]


async def test_the_audit_tells_a_standing_restriction_from_a_forgotten_one() -> None:
    world = World()
    request = await restricted(world)
    record = world.request(request.id)
    slot = [Slot(request.id, "suspend", {})]
    assert list(of_restriction(request.id, record)) == []
    (lost,) = of_standing(record, slot, NOBODY)
    assert lost.what == "restricts nothing, though completed and not lifted"
    await press(world, request, token(world, request))
    (kept,) = of_restriction(request.id, world.request(request.id))
    assert kept.what == "still restricts, though lifted"
