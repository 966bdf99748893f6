"""The people of the desk in a world in memory: reviewer Han, officer Choi, and agent Park."""

from __future__ import annotations

from typing import Any

from schemas.messages import Decide, Disown, NothingArrived
from schemas.request import Request
from schemas.review import AddExhibit, Approve, Decision, Role, Staff
from tests.cast import AGENT_PARK, STRANGER, new_id
from tests.world import World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

HAN = Staff("han", Role.REVIEWER)
CHOI = Staff("choi", Role.OFFICER)
PARK = Staff(AGENT_PARK, Role.AGENT)
HAN_ALONE = Staff("han", Role.REVIEWER, alone=True)

YES = Approve()
PASSPORT = AddExhibit("e-1", seen="여권")
NEW_NAME = {"changes": [{"field": "name", "value": "김민주"}]}
NAME_AND_HOBBIES = {
    "changes": [{"field": "name", "value": "김민주"}, {"field": "hobbies", "value": ["등산"]}]
}
QUESTION: dict[str, Any] = {"kind": "inquiry", "changes": None, "statement": "왜 보관합니까?"}


async def decide(world: World, request: Request, decision: Decision, by: Staff = HAN) -> str | None:
    """Somebody decides, and the workers do all that follows; why not, where it was refused."""
    item = Item(Decide(request.tracking, new_id(), by, decision))
    await carry(world.house, STATIONS["review"], [item])
    await world.work()
    return item.reasons[0].reason if item.reasons else None


async def blocked(world: World, **other: Any) -> Request:
    """Not proven: whoever reads the contact on file says that it was not she."""
    request = await world.submit(**other)
    token = world.tokens.link(request.id, 1, "disown", request.digest)
    await carry(world.house, STATIONS["verification"], [Item(Disown(request.tracking, token))])
    await world.work()
    return world.request(request.id)


async def nobody_matched(world: World) -> Request:
    """Nobody matched, and the request came to the desk all the same."""
    submitted = await world.submit(
        requester={"relation": "self", **STRANGER}, subject={"login_id": "minji.kim2"}
    )
    said = NothingArrived(submitted.tracking, by="park")
    await carry(world.house, STATIONS["verification"], [Item(said)])
    return world.request(submitted.id)
