"""Somebody has an address put on file that another member holds, to find out or to take over."""

from __future__ import annotations

import pytest

from schemas.lifecycle import Status
from tests.new_address import CHANGE, NEW, OLD, address, confirm, confirmation, world_of
from tests.world import DAY


@pytest.mark.parametrize("others", [1, 2])
async def test_an_address_that_others_hold_is_confirmed_like_any_and_lapses(others: int) -> None:
    free, taken = world_of(), world_of()
    for number in range(others):
        taken.join(f"200{number}", email=NEW, login_id=f"other{number}")
    answers = []
    for world in (free, taken):
        request = await confirm(world, await world.proven(**CHANGE))
        answers.append((world.replies(), world.outbound.purposes()[:3]))
        before = [mail.to for mail in world.outbound.mails[:3]]
        assert before == [OLD.value, OLD.value, NEW]
    assert answers[0] == answers[1]
    assert request.status is Status.AWAITING_PROOF
    await taken.tick(9 * DAY)
    assert taken.request(request.id).status is Status.EXPIRED
    assert address(taken) == OLD.value
    assert taken.subjects.changed == []
    assert taken.offences() == []


async def test_what_goes_to_the_address_names_nobody() -> None:
    world = world_of()
    request = await world.proven(**CHANGE)
    facts = confirmation(world, request)
    said = " ".join(str(getattr(facts, name)) for name in facts.__dataclass_fields__)
    for value in ("김민지", "minji", "1001", OLD.value, NEW, "회원", "Member"):
        assert value not in said
