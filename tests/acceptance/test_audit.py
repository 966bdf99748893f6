"""`dsr audit verify` on real stores: it ends with 1 and names what is broken, and with 0 again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from tests.town import Town
from tests.town.company import new_address


async def test_what_is_broken_in_the_stores_is_named_and_the_command_fails(town: Town) -> None:
    wish = town.correction(1, home_address=new_address(1))
    await town.work()
    await town.submit(wish)
    await town.prove(wish)
    await town.until_completed([wish])
    sound, said, _ = await town.dsr("audit", "verify", "--json")
    assert (sound, json.loads(said)) == (0, {"requests": 1, "offences": [], "ok": True})

    waits = {"status": "parked", "due": datetime.now(UTC) - timedelta(hours=1)}
    spoilt = (
        (town.company["dsr_subjects"], {"seq": 1}, {"$inc": {"seq": 1}}, {"$inc": {"seq": -1}}),
        (
            town.ours["requests"],
            {"_id": wish.id},
            {"$set": {"proof.digest": "another"}},
            {"$set": {"proof.digest": (await town.request(wish))["proof"]["digest"]}},
        ),
    )
    for collection, which, spoil, _ in spoilt:
        assert (await collection.update_one(which, spoil)).modified_count == 1
    await town.ours["parked"].insert_one({"_id": "0" * 24, **waits})
    broken, said, _ = await town.dsr("audit", "verify", "--json")
    assert broken == 1
    found = json.loads(said)
    assert (found["requests"], found["ok"]) == (1, False)
    assert sorted((one["invariant"], one["request"], one["what"]) for one in found["offences"]) == [
        ("I14", "-", "1 parked messages wait for too long"),
        ("I2", wish.id, "its subject counts other changes than slots"),
        ("I6", wish.id, "the proof was given for other content"),
    ]
    code, said, _ = await town.dsr("audit", "verify")
    assert code == 1
    assert f"I6  {wish.id}  the proof was given for other content\n" in said
    assert said.endswith("1 requests checked, 3 offences\n")

    for collection, _, _, mend in spoilt:
        await collection.update_one({}, mend)
    await town.ours["parked"].delete_one({"_id": "0" * 24})
    assert (await town.dsr("audit", "verify"))[0] == 0
