"""Whoever's purpose ended is deleted as on a request; nobody is mailed, since nobody asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.evidence import DestructionCertificate
from schemas.expired import Ended, opened, particulars_of
from schemas.lifecycle import Status
from schemas.request import RequestRecord, SubjectRef
from tests.world import DAY, HOUR, World

LEFT = timedelta(days=400)


async def ended(world: World, *, still: bool = True) -> str:
    """Minji's membership is over for long, and a sweep has found it; the workers do the rest."""
    now = world.clock.now
    one = Ended("ended_membership", SubjectRef(type="member", key="1001"), "p-1001", now - LEFT)
    sealed = await world.sealer.seal(one.request, particulars_of(one, "ko", now))
    advance = opened(
        one,
        sealed,
        tracking=world.tokens.tracking(),
        digest=world.tokens.digest(one.request.encode()),
        language="ko",
        clocks=world.policy.clocks,
        within=world.policy.step_timeout,
        now=now,
    )
    if still:
        world.subjects.ended.add(("1001", "ended_membership"))
    (committed,) = await world.requests.commit([advance])
    assert committed.what == "stands"
    await world.tick(timedelta(minutes=3))
    return one.request


def whats(done: RequestRecord) -> list[str]:
    return [entry.what for entry in done.history]


async def test_a_rule_deletes_like_a_request_and_third_parties_are_told() -> None:
    world = World()
    done = world.request(await ended(world))
    assert done.status is Status.COMPLETED
    assert "1001" not in world.subjects.records
    (told,) = world.outbound.notices
    assert (told.recipient, told.deleted_as) == ("hanbit-delivery", "theirs-1001")
    proven = DestructionCertificate.model_validate(done.certificate)
    assert (proven.id, proven.subject) == (done.id, "p-1001")
    assert world.offences() == []


async def test_nobody_asked_so_nobody_is_mailed_and_nothing_cools_off() -> None:
    world = World()
    done = world.request(await ended(world))
    assert world.outbound.mails == []
    assert done.mails["completion"].code == "nobody_asked"
    assert "restriction.lifted" not in world.events(), "nothing was restricted"
    assert "cooling_off" not in whats(done)


async def test_what_an_application_still_writes_is_found_a_day_later() -> None:
    world = World()
    request = await ended(world)
    world.join("1001", login_id="minji.kim")
    await world.tick(DAY + HOUR)
    done = world.request(request)
    assert "second_scan_found" in whats(done)
    assert len(DestructionCertificate.model_validate(done.certificate).rescans) == 2
    assert world.offences() == []


async def test_whoever_has_come_back_since_the_sweep_is_not_deleted() -> None:
    world = World()
    left = world.request(await ended(world, still=False))
    assert (left.status, left.steps) == (Status.WITHDRAWN, {})
    assert "1001" in world.subjects.records
    assert world.outbound.notices == []
    assert world.offences() == []


async def test_whoever_is_gone_already_is_not_certified_again() -> None:
    world = World()
    world.subjects.ended.add(("1001", "ended_membership"))
    del world.subjects.records["1001"]
    gone = world.request(await ended(world))
    assert (gone.status, gone.certificate, gone.steps) == (Status.WITHDRAWN, None, {})
    assert world.offences() == []


async def test_what_is_in_the_way_keeps_it_open_and_the_department_hears_in_time() -> None:
    world = World()
    world.subjects.blocked = True
    request = await ended(world)
    assert world.request(request).status is Status.VERIFIED
    await world.tick(world.request(request).deadline - world.clock.now)
    assert world.outbound.purposes() == ["alarm"]
    world.subjects.blocked = False
    await world.tick(2 * HOUR)
    assert world.request(request).status is Status.COMPLETED
    assert world.offences() == []


@pytest.mark.parametrize(("route", "rule"), [("web", "ended_membership"), ("retention", None)])
async def test_a_rule_is_a_proof_only_where_nobody_asked(route: str, rule: str | None) -> None:
    world = World()
    request = await ended(world)
    stored = world.requests.documents[request]
    stored["proof"]["route"], stored["rule"] = route, rule
    assert [one.partition(" ")[0] for one in world.offences()] == ["I6"]
