"""A member has us write to one stranger after the other, as confirmations of a new address."""

from __future__ import annotations

from schemas.lifecycle import Status
from tests.new_address import world_of
from tests.world import DAY, HOUR, MINUTE


async def test_confirmations_are_as_many_a_day_as_challenges_and_none_is_lost() -> None:
    world = world_of()
    asked = []
    for number in range(5):
        changes = [{"field": "email", "value": f"stranger{number}@elsewhere.example"}]
        asked.append(await world.signed_in(changes=changes))
    assert world.outbound.purposes().count("confirmation") == 3
    assert {world.request(request.id).status for request in asked} == {Status.AWAITING_PROOF}
    await world.tick(DAY + MINUTE)
    assert world.outbound.purposes().count("confirmation") == 5
    await world.tick(73 * HOUR)
    assert {world.request(request.id).status for request in asked} == {Status.EXPIRED}
    assert world.offences() == []
