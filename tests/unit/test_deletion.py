"""What no law keeps is destroyed once it is proven and has cooled off, and that can be shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.evidence import DestructionCertificate
from schemas.letters import WithdrawalFacts
from schemas.lifecycle import Status
from schemas.messages import Do, Stop
from schemas.request import Contact, Request
from schemas.review import Why
from tests.cast import MORNING, submission_content
from tests.world import DAY, HOUR, World, with_policy
from workers.pipeline import STATIONS
from workers.ports import OutboundResult, Release
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

AT_ONCE = with_policy(cooling_off=timedelta(0), cooling_off_young=timedelta(0))
LONG_KNOWN = Contact(kind="mail", value="minji@mail.example", since=MORNING - 400 * DAY)
OFFICE = Contact(kind="mail", value="minji@office.example", since=MORNING - 90 * DAY)


def deletion(**other: Any) -> dict[str, Any]:
    """Minji asks to be forgotten."""
    return {"kind": "deletion", "changes": None, **other}


async def proven(world: World, **other: Any) -> Request:
    return await world.proven(**deletion(**other))


def known_for_long(world: World, *contacts: Contact) -> None:
    world.subjects.records["1001"].contacts = (LONG_KNOWN, *contacts)


def certificate(world: World, request: Request) -> DestructionCertificate:
    return DestructionCertificate.model_validate(world.request(request.id).certificate)


async def stop(world: World, request: Request) -> None:
    """Somebody opens the link of the notice and presses the button."""
    mail = next(m for m in world.outbound.mails if m.facts.purpose == "cooling")
    token = mail.facts.stop_link.rpartition("/")[2]  # type: ignore[union-attr]
    item = Item(Stop(request.tracking, token))
    await carry(world.house, STATIONS["verification"], [item])
    await world.work()


async def test_a_deletion_goes_all_the_way_from_the_form_to_the_last_mail() -> None:
    world = World(AT_ONCE)
    request = await proven(world)
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert "1001" not in world.subjects.records
    assert [entry.what for entry in done.history if entry.by == "deletion"] == [
        *("deletion_begun", "deleted"),
    ]
    assert world.outbound.purposes() == ["acknowledgement", "challenge", "completion"]
    assert world.offences() == []


async def test_whoever_received_something_is_told_to_delete_it_by_the_name_he_knows() -> None:
    world = World(AT_ONCE)
    await proven(world)
    (told,) = world.outbound.notices
    assert (told.recipient, told.deleted_as) == ("hanbit-delivery", "theirs-1001")
    assert set(told.values) == {"home_address", "name"}


async def test_named_fields_go_and_the_rest_stays() -> None:
    world = World(AT_ONCE)
    request = await proven(world, fields=["hobbies"])
    assert set(world.subjects.records["1001"].fields) == {"home_address", "name"}
    done = world.request(request.id)
    assert {name: result.result for name, result in done.results.items()} == {"hobbies": "deleted"}
    named = certificate(world, request).fields
    assert named is not None
    assert [field.field for field in named] == ["hobbies"]


async def test_a_field_that_the_map_does_not_know_is_refused() -> None:
    world = World()
    world.publish("submission", submission_content(**deletion(fields=["is_admin"])))
    await world.work()
    assert world.requests.documents == {}
    assert world.parked.reasons() == ["$.fields.0 unknown_field"]


async def test_the_certificate_says_what_was_destroyed_and_is_signed() -> None:
    world = World(AT_ONCE)
    request = await proven(world)
    shown = certificate(world, request)
    assert (shown.subject, shown.keys_destroyed, shown.shredded_at) == ("p-1001", 1, None)
    assert [(count.collection, count.deleted) for count in shown.counts] == [("members", 1)]
    assert shown.signature is not None


async def test_until_it_has_cooled_off_nothing_is_deleted_and_nothing_is_used() -> None:
    world = World()
    known_for_long(world)
    request = await proven(world)
    await world.tick(world.policy.cooling_off - timedelta(seconds=1))
    assert world.request(request.id).status is Status.VERIFIED
    assert set(world.subjects.records["1001"].fields) == {"home_address", "name", "hobbies"}
    assert world.subjects.usable("1001") == {}
    await world.tick(timedelta(seconds=1))
    assert world.request(request.id).status is Status.COMPLETED


async def test_every_contact_on_file_hears_of_it_and_nobody_else() -> None:
    world = World()
    known_for_long(world, OFFICE)
    await proven(world, requester={"relation": "self", "email": "other@elsewhere.example"})
    told = {mail.to for mail in world.outbound.mails if mail.facts.purpose == "cooling"}
    assert told == {LONG_KNOWN.value, OFFICE.value}


async def test_whoever_reads_a_contact_on_file_can_stop_it() -> None:
    world = World()
    known_for_long(world)
    request = await proven(world)
    await stop(world, request)
    assert world.request(request.id).status is Status.WITHDRAWN
    await world.tick(30 * DAY)
    assert set(world.subjects.usable("1001")) == {"home_address", "name", "hobbies"}
    assert world.offences() == []


async def test_a_stop_whose_worker_died_before_it_was_recorded_is_never_certified() -> None:
    world = World()
    known_for_long(world)
    request = await proven(world)
    await world.subjects.apply([Release(request.id, world.subjects.records["1001"].ref)])
    await world.tick(world.policy.cooling_off)
    standing = world.request(request.id)
    assert (standing.status, standing.certificate) == (Status.IN_REVIEW, None)
    assert standing.review is not None
    assert standing.review.why == (Why.SUBJECT_GONE,)
    assert set(world.subjects.usable("1001")) == {"home_address", "name", "hobbies"}


async def test_what_was_stopped_is_not_announced_any_more() -> None:
    world = World()
    known_for_long(world, OFFICE)
    request = await world.submit(**deletion())
    world.outbound.answers["mail"] = [OutboundResult("put_off", "451")] * 2
    await world.prove(request)
    await stop(world, request)
    world.outbound.mails.clear()
    await world.tick(5 * DAY)
    assert world.outbound.purposes() == []
    assert world.request(request.id).steps == {}


async def test_everybody_who_was_told_of_a_deletion_hears_that_it_was_stopped() -> None:
    world = World()
    known_for_long(world, OFFICE)
    await stop(world, await proven(world))
    told = [mail for mail in world.outbound.mails if mail.facts.purpose == "withdrawal"]
    assert sorted(mail.to for mail in told) == [LONG_KNOWN.value, OFFICE.value]
    for mail in told:
        assert isinstance(mail.facts, WithdrawalFacts)
        assert mail.facts.was_restricted


async def test_who_was_never_told_of_a_deletion_is_not_told_that_it_was_stopped() -> None:
    world = World()
    known_for_long(world, OFFICE)
    request = await world.submit(**deletion())
    world.publish_proof(request)
    await world.work("verification")
    token = world.tokens.link(request.id, 1, "stop", request.digest)
    item = Item(Stop(request.tracking, token))
    await carry(world.house, STATIONS["verification"], [item])
    await world.work()
    assert world.outbound.purposes() == ["acknowledgement", "challenge", "withdrawal"]
    assert world.outbound.mails[-1].to == LONG_KNOWN.value


async def test_another_links_token_stops_nothing() -> None:
    world = World()
    known_for_long(world)
    request = await proven(world)
    for purpose in ("proof", "disown", "certificate"):
        token = world.tokens.link(request.id, 1, purpose, request.digest)
        item = Item(Stop(request.tracking, token))
        await carry(world.house, STATIONS["verification"], [item])
    assert world.request(request.id).status is Status.VERIFIED


async def test_a_deletion_that_has_been_done_cannot_be_stopped() -> None:
    world = World()
    known_for_long(world)
    request = await proven(world)
    await world.tick(world.policy.cooling_off)
    await stop(world, request)
    assert world.request(request.id).status is Status.COMPLETED


@pytest.mark.parametrize("since", [None, MORNING - 29 * DAY])
async def test_soon_after_a_change_of_contact_it_is_held_longer(since: Any) -> None:
    world = World()
    world.subjects.records["1001"].contacts = (replace_since(LONG_KNOWN, since),)
    request = await proven(world)
    await world.tick(world.policy.cooling_off + HOUR)
    assert world.request(request.id).status is Status.VERIFIED
    await world.tick(world.policy.cooling_off_young)
    assert world.request(request.id).status is Status.COMPLETED


def replace_since(contact: Contact, since: Any) -> Contact:
    return contact.model_copy(update={"since": since})


async def test_cooling_off_never_outlasts_the_legal_deadline() -> None:
    world = World(replace(World().policy, cooling_off=60 * DAY, cooling_off_young=60 * DAY))
    request = await proven(world)
    begins_at = world.request(request.id).begins_at
    assert begins_at is not None
    assert begins_at < request.deadline


async def test_a_large_subject_is_deleted_in_parts_and_the_timeline_tells() -> None:
    world = World(AT_ONCE)
    request = await world.submit(**deletion())
    world.subjects.steps[request.id] = 3
    await world.prove(request)
    done = world.request(request.id)
    assert [entry.what for entry in done.history].count("deleted_in_part:erase") == 3
    assert done.status is Status.COMPLETED


async def test_what_is_in_the_way_keeps_it_open_and_is_shown() -> None:
    world = World(AT_ONCE)
    world.subjects.blocked = True
    request = await proven(world)
    stuck = world.request(request.id)
    assert stuck.status is Status.VERIFIED
    assert stuck.steps["deletion"].error == "left_over"
    assert stuck.erasure is not None
    assert stuck.erasure.summary.findings[0].collection == "logs"
    assert "completion" not in world.outbound.purposes()
    world.subjects.blocked = False
    await world.tick(HOUR)
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_correction_that_was_waiting_changes_nobody_any_more() -> None:
    world = World(AT_ONCE)
    correction = await world.submit()
    world.publish_proof(correction)
    await world.work("verification")
    await proven(world)
    await world.tick(30 * DAY)
    assert world.request(correction.id).status is not Status.APPLIED
    assert "1001" not in world.subjects.records


async def test_a_second_scan_adds_to_the_certificate_what_an_application_still_wrote() -> None:
    world = World(AT_ONCE)
    request = await proven(world)
    first = certificate(world, request)
    world.join("1001", login_id="minji.kim")
    await world.tick(world.policy.second_scan)
    shown = certificate(world, request)
    assert [count.deleted for count in shown.counts] == [2]
    assert (len(shown.rescans), shown.revision) == (2, first.revision + 1)
    assert "rescan" not in world.request(request.id).steps


async def test_a_clean_second_scan_is_told_as_that() -> None:
    world = World(AT_ONCE)
    request = await proven(world)
    await world.tick(world.policy.second_scan)
    assert "second_scan_clean" in [entry.what for entry in world.request(request.id).history]
    assert len(certificate(world, request).rescans) == 2


async def test_what_a_second_scan_cannot_delete_is_tried_again() -> None:
    world = World(AT_ONCE)
    request = await proven(world)
    world.join("1001", login_id="minji.kim")
    world.subjects.blocked = True
    await world.tick(world.policy.second_scan)
    assert world.request(request.id).steps["rescan"].error == "left_over"
    world.subjects.blocked = False
    await world.tick(HOUR)
    assert "1001" not in world.subjects.records


async def test_the_certificate_gets_its_second_moment_when_the_epoch_is_gone() -> None:
    world = World(AT_ONCE)
    request = await proven(world)
    shredding = Item(Do(request.id, "shredding"))
    await carry(world.house, STATIONS["deletion"], [shredding])
    assert certificate(world, request).shredded_at is None
    world.evidence.epoch += 1
    await carry(world.house, STATIONS["deletion"], [shredding])
    assert certificate(world, request).shredded_at == world.clock.now
    assert "shredding" not in world.request(request.id).steps
