"""Every submission becomes exactly one request, or is refused with reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.errors import Refused
from schemas.letters import AcknowledgementFacts
from schemas.lifecycle import Status
from schemas.request import Particulars
from tests.cast import AGENT_PARK, NEW_ADDRESS, STRANGER, submission
from tests.world import POLICY, World
from workers.adapters.calendars import clocks
from workers.pipeline import STATIONS


async def register(world: World, **other: object) -> None:
    content = submission(**other)
    await STATIONS["registration"].handle(content, None, world.house.tools_now())


async def test_a_submission_is_registered_acknowledged_and_on_the_clock() -> None:
    world = World()
    request = await world.submit()
    (mail,) = [m for m in world.outbound.mails if m.facts.purpose == "acknowledgement"]
    assert mail.to == "minji@mail.example"
    assert mail.tracking == request.tracking
    assert isinstance(mail.facts, AcknowledgementFacts)
    # She asked on the 23rd in the morning: ten whole days in Seoul end with the 3rd.
    assert mail.facts.deadline == request.deadline == datetime(2026, 12, 3, 15, 0, tzinfo=UTC)
    time = request.deadline - request.received_at
    assert request.steps["deadline"].due == request.received_at + 0.7 * time
    assert request.target == request.received_at + 0.5 * time
    assert request.profile == "korea"


async def test_each_request_gets_the_law_that_the_settings_give_its_language() -> None:
    by_language = clocks("korea,en=gdpr", "DE", "Europe/Berlin", 0.5)
    world = World(replace(POLICY, clocks=by_language))
    korean, english = await world.submit(), await world.submit(language="en")
    assert (korean.profile, english.profile) == ("korea", "gdpr")
    # It is one in the morning of the 23rd in Berlin.
    assert english.deadline.isoformat() == "2026-12-23T23:00:00+00:00"
    facts = [mail.facts for mail in world.outbound.mails if mail.language == "en"]
    (told,) = [each.deadline for each in facts if isinstance(each, AcknowledgementFacts)]
    assert told.isoformat() == "2026-12-24T00:00:00+01:00"


async def test_the_particulars_are_sealed_at_once_and_only_under_the_requests_own_key() -> None:
    world = World()
    request = await world.submit()
    opened = await world.sealer.open(request)
    assert opened.submission.requester.name == "김민지"
    assert opened.values == {"home_address": NEW_ADDRESS}
    assert "김민지".encode() not in request.sealed


async def test_values_are_kept_in_their_canonical_form() -> None:
    world = World()
    request = await world.submit(changes=[{"field": "company_phone", "value": "02 123 4567"}])
    opened: Particulars = await world.sealer.open(request)
    assert opened.values == {"company_phone": "02-123-4567"}


async def test_without_an_address_nobody_is_mailed_an_acknowledgement() -> None:
    """A caller at the desk: agent Park tells the tracking code by phone."""
    world = World()
    request = await world.submit(
        channel="phone", requester={"relation": "self", "name": "김민지"}, operator=AGENT_PARK
    )
    assert "acknowledgement" not in request.mails
    assert world.outbound.purposes() == ["challenge"]


async def test_the_language_that_was_asked_for_is_the_language_of_the_mails() -> None:
    world = World()
    await world.submit(language="en")
    assert {mail.language for mail in world.outbound.mails} == {"en"}


async def test_a_letter_that_came_too_late_is_registered_and_raises_the_alarm_at_once() -> None:
    world = World()
    request = await world.submit(channel="post", received_at="2026-11-02T09:00:00+09:00")
    assert request.deadline < world.clock.now
    await world.tick(timedelta(seconds=1))
    assert "alarm" in [entry.what for entry in world.request(request.id).history]


async def test_every_wrong_change_is_named_not_only_the_first() -> None:
    with pytest.raises(Refused) as refused:
        await register(
            World(),
            changes=[
                {"field": "password", "value": "x"},
                {"field": "occupation", "value": "의사"},
                {"field": "marital_status", "value": "happy"},
                {"field": "no_such_field", "value": "x"},
            ],
        )
    assert [(reason.path, reason.reason) for reason in refused.value.reasons] == [
        ("$.changes.0.field", "not_correctable"),
        ("$.changes.2.value", "not_an_option"),
        ("$.changes.3.field", "unknown_field"),
    ]


@pytest.mark.parametrize("kind", ["access", "restriction", "objection"])
async def test_what_this_version_does_not_handle_is_refused_not_forgotten(kind: str) -> None:
    with pytest.raises(Refused) as refused:
        await register(World(), kind=kind, changes=None)
    assert [reason.reason for reason in refused.value.reasons] == ["not_handled_by_this_version"]


async def test_for_a_stranger_nobody_found_looks_the_same_as_somebody() -> None:
    """Status, acknowledgement, clocks and events: only the mailbox on file knows more."""
    world = World()
    hers = await world.submit(requester={"relation": "self", **STRANGER})
    told = world.events()
    world.broker.published.clear()
    nobodys = await world.submit(
        requester={"relation": "self", **STRANGER}, subject={"login_id": "nobody"}
    )
    assert hers.status is nobodys.status is Status.AWAITING_PROOF
    assert world.events() == told
    to_stranger = [m for m in world.outbound.mails if m.to == STRANGER["email"]]
    first, second = (mail.facts for mail in to_stranger)
    assert isinstance(first, AcknowledgementFacts) and isinstance(second, AcknowledgementFacts)
    assert (first.fields, first.deadline) == (second.fields, second.deadline)
    assert hers.steps["expiry"].due == nobodys.steps["expiry"].due
    assert hers.deadline == nobodys.deadline


async def test_a_tracking_code_that_is_taken_is_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    first = await world.submit()
    drawn = [first.tracking, first.tracking, world.tokens.tracking()]
    monkeypatch.setattr(world.tokens, "tracking", lambda: drawn.pop(0), raising=True)
    second = await world.submit()
    assert second.tracking != first.tracking
    assert drawn == []
