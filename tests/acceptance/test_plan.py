"""`dsr plan` of a deletion: what it will touch, in the certificate's words, and nothing is done."""

from __future__ import annotations

import json
from typing import Any

from tests.town import Town
from tests.town.company import Deletion

OURS = ("dsr_subjects", "dsr_tombstones")


async def everything(town: Town) -> dict[str, Any]:
    """All that a plan might have changed."""
    archive = town.mongo[town.env["DSR_ARCHIVE_DB"]]["documents"]
    ours = {name: await town.company[name].find().to_list() for name in OURS}
    requests = await town.ours["requests"].find().sort("_id", 1).to_list()
    return {
        **await town.snapshot(),
        **ours,
        "archive": await archive.find().to_list(),
        "requests": [(r["_id"], r["version"]) for r in requests],
    }


def told(facts: dict[str, Any]) -> tuple[Any, ...]:
    """What a plan and a certificate both say."""
    kept = [(k["collection"], k["basis"], k["documents"]) for k in facts["kept"]]
    return facts["counts"], sorted(kept), facts["keys_destroyed"]


async def test_a_plan_says_what_the_certificate_says_afterwards_and_changes_nothing(
    town: Town,
) -> None:
    whole, some = town.deletion(3), town.deletion(4)
    await town.work()
    contents = [whole.submission(), some.submission(fields=["home_address", "hobbies"])]
    for answer in await town.channel.submit_all(contents):
        await town.channel.answer(answer)
    wishes: list[Deletion] = [whole, some]
    for wish in wishes:
        await town.until(lambda: bool(town.spool.of(wish.id, "challenge-1")), "a challenge")  # noqa: B023
    await town.until(lambda: at_rest(town), "requests that wait for their proofs")
    before = await everything(town)
    plans = {}
    for wish in wishes:
        tracking = (await town.request(wish))["tracking"]
        code, printed, said = await town.dsr("plan", tracking, "--json")
        assert code == 0, said
        plans[wish.id] = json.loads(printed)
    code, printed, _ = await town.dsr("plan", (await town.request(whole))["tracking"])
    assert code == 0
    assert "members: 1 deleted" in printed
    assert await everything(town) == before
    await town.prove_as_mail_arrives(wishes)
    await town.until_completed(wishes)
    for wish in wishes:
        request = await town.request(wish)
        assert told(plans[wish.id]) == told(request["certificate"])
        notices = {name: notice["fields"] for name, notice in request["notices"].items()}
        assert plans[wish.id]["recipients"] == notices
    code, _, said = await town.dsr("plan", (await town.request(whole))["tracking"])
    assert code == 1
    assert "is done" in said


async def at_rest(town: Town) -> bool:
    """Whether nothing is on its way: the next step is the person's."""
    requests = await town.ours["requests"].find().to_list()
    return all(not r["outbox"] and not any(":" in step for step in r["steps"]) for r in requests)
