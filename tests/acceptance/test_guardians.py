"""A guardian asks for a child; whoever is none, or is one no longer, comes to a person."""

from __future__ import annotations

from typing import Any

from tests.town import Town
from tests.town.newcomers import ADDRESS, GUARDIAN, ask, born, join, standing, until
from tests.town.processes import dsr_here

JIHO = {"relation": "guardian", "name": GUARDIAN["name"], "email": "jiho@office.example"}


async def prove(town: Town, request: str) -> dict[str, Any]:
    await town.until(lambda: bool(town.spool.of(request, "challenge-1")), "a challenge")
    (mail,) = town.spool.of(request, "challenge-1")
    assert mail.to == (GUARDIAN["email"],)
    return await town.channel.answer(await town.channel.prove(mail.tracking, mail.code))


async def test_a_guardian_corrects_and_then_deletes_his_childs_data_and_nobody_elses(
    town: Town,
) -> None:
    await join(town, 1042, "seoyun", birth_date=born(11), guardian=GUARDIAN)
    before = await town.company["members"].find_one({"_id": 1})
    await town.work()
    requester = {**JIHO, "email": GUARDIAN["email"], "phone": "+82 10 2222 3333"}
    correction, _ = await ask(town, "seoyun", requester=requester)
    assert (await prove(town, correction))["accepted"]
    await until(town, correction, "completed")
    child = await town.company["members"].find_one({"_id": 1042})
    assert child["profile"]["address"] == ADDRESS
    deletion, _ = await ask(town, "seoyun", requester=requester, kind="deletion", changes=None)
    assert (await prove(town, deletion))["accepted"]
    await until(town, deletion, "completed")
    assert await town.company["members"].find_one({"_id": 1042}) is None
    assert await town.company["members"].find_one({"_id": 1}) == before
    await dsr_here("audit", "verify", settings=town.env)


async def test_without_a_clear_right_nothing_goes_out_and_all_come_to_a_person_alike(
    town: Town,
) -> None:
    """No guardian on the record, a child of fifteen, another guardian, an unknown child."""
    await join(town, 1043, "without", birth_date=born(11))
    await join(town, 1044, "fifteen", birth_date=born(15), guardian=GUARDIAN)
    await join(town, 1045, "anothers", birth_date=born(11), guardian={**GUARDIAN, "name": "박수상"})
    before = await town.snapshot()
    await town.work(DSR_PROOF_HOURS="0.0004", DSR_GRACE_MINUTES="0")
    requests = [
        await ask(town, login, requester={**JIHO, "email": f"{login}@office.example"})
        for login in ("without", "fifteen", "anothers", "unknown")
    ]
    for request, _ in requests:
        await until(town, request, "in_review")
        stands = await standing(town, request)
        assert stands["review"]["why"] == ["guardian_unclear"]
        assert stands.get("challenge") is None
        (mail,) = town.spool.of(request)
        assert mail.purpose == "acknowledgement"
    assert await town.snapshot() == before
