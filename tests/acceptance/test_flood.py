"""Twenty requests of a stranger in a member's name do not stop the member's own."""

from __future__ import annotations

from schemas.messages import Summon
from tests.town import Town
from tests.town.checks import assert_stores
from workers import wiring
from workers.pipeline import STATIONS
from workers.runtime.conveyor import Item, carry


async def test_a_flooded_member_has_the_own_code_sent(town: Town) -> None:
    strangers = [town.correction(1, hobbies=[f"바둑 {number}"]) for number in range(20)]
    await town.work()
    await town.submit(*strangers)

    def digests() -> list[str]:
        return [mail.text for mail in town.spool.all() if mail.purpose.startswith("digest-")]

    await town.until(lambda: bool(digests()), "a digest")
    minji = town.correction(1, hobbies=["등산"])
    (tracking,) = await town.submit(minji)

    async def waits() -> bool:
        return await town.status(minji) == "awaiting_proof"

    await town.until(waits, "that it waits for its code")
    assert not town.spool.of(minji.id, "challenge-1")
    (link,) = (line for line in digests()[0].splitlines() if "/waiting/" in line)
    async with wiring.open_parts(town.settings) as parts:
        summon = Item(Summon(tracking, link.strip().rpartition("/")[2]))
        await carry(parts.house, STATIONS["verification"], [summon])
    await town.prove(minji)
    await town.until_completed([minji])
    member = await town.company["members"].find_one({"_id": 1})
    assert member["profile"]["hobbies"] == ["등산"]
    challenges = [m for m in town.spool.all() if m.purpose.startswith("challenge-")]
    assert len(challenges) == 4
    assert len(digests()) == 1
    await assert_stores(town)
