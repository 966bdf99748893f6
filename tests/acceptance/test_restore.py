"""A backup that is older than a deletion is restored: nobody works until it was replayed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from schemas.evidence import DestructionCertificate
from schemas.request import SubjectRef
from tests.town import Correction, Town
from tests.town.processes import start_dsr
from workers import wiring
from workers.ports import Erase

Copy = dict[str, list[dict[str, Any]]]
SENTENCE = "restored from a backup that is older than deletions: run `dsr restore replay`."
KEY = 1
"""Kim Minji."""


async def copy_of(town: Town) -> Copy:
    """What a dump of the company's database holds."""
    found = await town.company.list_collections(filter={"type": "collection"})
    names = [info["name"] async for info in found if not info["name"].startswith("system.")]
    return {name: await town.company[name].find().to_list() for name in names}


async def restore(town: Town, copy: Copy) -> None:
    """What was copied and nothing else; indexes, validators and views stay."""
    found = await town.company.list_collections(filter={"type": "collection"})
    async for info in found:
        if not info["name"].startswith("system."):
            await town.company[info["name"]].delete_many({})
    for name, documents in copy.items():
        if documents:
            await town.company[name].insert_many(documents)


def holds(node: Any, wanted: set[Any]) -> bool:
    if isinstance(node, dict):
        return any(name in wanted or holds(value, wanted) for name, value in node.items())
    if isinstance(node, list):
        return any(holds(element, wanted) for element in node)
    return not isinstance(node, bool) and isinstance(node, int | str) and node in wanted


async def found_in(town: Town, member: dict[str, Any]) -> list[str]:
    """The collections in which the member's key at its paths, or another name of hers, stands."""
    names = {member["login"]["id"], member["email"], member["name"]}
    whose = {"member_id": member["_id"], "member.id": str(member["_id"])}
    return [
        name
        for name, documents in (await copy_of(town)).items()
        if any(holds(document, names) for document in documents)
        or await town.company[name].count_documents({"$or": [{p: v} for p, v in whose.items()]})
    ]


async def deleted_by_request(town: Town, member: dict[str, Any]) -> Correction:
    """Ask for it, prove it, and wait until it is certified."""
    wish = Correction(member, {})
    submission = wish.submission(kind="deletion")
    del submission["changes"]
    await town.channel.answer(await town.channel.submit(submission))
    assert await town.prove(wish) == {"accepted": True}

    async def certified() -> bool:
        return (await town.request(wish)).get("certificate") is not None

    await town.until(certified, "a certificate")
    return wish


@pytest.fixture
def minji(town: Town) -> dict[str, Any]:
    town.env |= {"DSR_COOLING_OFF_HOURS": "0", "DSR_COOLING_OFF_YOUNG_HOURS": "0"}
    return next(dict(each) for each in town.before["members"] if each["_id"] == KEY)


async def restored_backup(town: Town) -> dict[str, Any]:
    """What the doctor says of it."""
    _, out, err = await town.dsr("doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(out)}
    assert findings["wrapped keys"]["ok"], err
    return dict(findings["restored backup"])


async def replayed(town: Town, *options: str) -> dict[str, Any]:
    code, out, err = await town.dsr("restore", "replay", "--json", *options)
    assert code == 0, err
    return dict(json.loads(out))


async def test_workers_refuse_until_the_replay_has_cleaned_what_was_restored(
    town: Town, minji: dict[str, Any]
) -> None:
    assert await found_in(town, minji)
    backup = await copy_of(town)
    worker = await town.work()
    wish = await deleted_by_request(town, minji)
    assert await found_in(town, minji) == []
    assert await worker.stop() == 0
    before = DestructionCertificate.model_validate((await town.request(wish))["certificate"])

    await restore(town, backup)
    assert await found_in(town, minji)
    code, _, said = await town.dsr("worker")
    assert code == 1
    assert said.splitlines()[-1] == f"dsr: The company's database was {SENTENCE}"

    assert "dsr restore replay" in (await restored_backup(town))["detail"]

    dry = await replayed(town, "--dry-run")
    assert (dry["tombstones"], dry["found"]) == (1, 1)
    assert await found_in(town, minji)
    facts = await replayed(town)
    assert (facts["deleted"], facts["certified"], facts["uncertified"]) == (
        [wish.id],
        [wish.id],
        [],
    )
    assert (facts["restores"], facts["blocked"]) == (1, {})
    assert (await restored_backup(town))["ok"] is True
    assert await found_in(town, minji) == []
    assert await town.company["members"].count_documents({}) == len(town.before["members"]) - 1

    record = await town.request(wish)
    after = DestructionCertificate.model_validate(record["certificate"])
    assert after.revision == before.revision + 1
    assert len(after.rescans) == len(before.rescans) + 1
    assert record["history"][-1]["what"] == "deleted_after_restore"
    file = town.folder / "certificate.json"
    file.write_text(json.dumps(record["certificate"]))
    code, _, err = await town.dsr("receipt", "verify", str(file))
    assert code == 0, err
    assert (await replayed(town))["tombstones"] == 0
    await town.work()
    code, out, err = await town.dsr("audit", "verify")
    assert code == 0, out + err


async def test_who_signed_up_again_lives_on_after_the_replay(
    town: Town, minji: dict[str, Any]
) -> None:
    backup = await copy_of(town)
    await town.work()
    wish = await deleted_by_request(town, minji)
    at = (await town.company["dsr_tombstones"].find_one({"_id": wish.id}))["at"]
    again = {**minji, "joined_at": at + timedelta(minutes=1), "name": "김민서"}
    order = {"_id": ObjectId(), "member_id": KEY, "ordered_at": at + timedelta(minutes=2)}
    for worker in town.workers:
        await worker.stop()
    backup["members"] = [again if each["_id"] == KEY else each for each in backup["members"]]
    backup["orders"].append(order)
    await restore(town, backup)
    facts = await replayed(town)
    assert (facts["deleted"], facts["living"]) == ([], [wish.id])
    assert await town.company["members"].find_one({"_id": KEY}) == again
    assert await town.company["orders"].find_one({"_id": order["_id"]}) == order
    await town.work()


async def test_single_collections_that_were_restored_are_looked_for_on_request(
    town: Town, minji: dict[str, Any]
) -> None:
    worker = await town.work()
    wish = await deleted_by_request(town, minji)
    await worker.stop()
    await town.company["members"].insert_one(minji)
    assert (await replayed(town))["tombstones"] == 0
    dry = await replayed(town, "--all", "--dry-run")
    assert (dry["tombstones"], dry["found"]) == (1, 1)
    facts = await replayed(town, "--all")
    assert (facts["deleted"], facts["certified"]) == ([wish.id], [wish.id])
    assert await found_in(town, minji) == []


async def test_a_lost_ledger_keeps_workers_from_starting(town: Town, minji: dict[str, Any]) -> None:
    worker = await town.work()
    await deleted_by_request(town, minji)
    await worker.stop()
    folder = town.folder / "keys" / "tombstones"
    for file in folder.glob("*.jsonl"):
        file.unlink()
    for command in (("worker",), ("restore", "replay")):
        code, _, said = await town.dsr(*command)
        assert code == 1
        assert said.splitlines()[-1] == (
            f"dsr: {folder} lacks 1 deletions that the company's database knows of:"
            " restore it from the key folder's newest backup; if there is none,"
            " run `dsr restore ledger`."
        )
    code, out, _ = await town.dsr("restore", "ledger", "--json")
    assert (code, json.loads(out)) == (0, {"written": 1})
    await town.work()


async def test_a_replay_that_was_killed_is_finished_by_the_next(town: Town) -> None:
    backup = await copy_of(town)
    numbers = range(1, 11)
    async with wiring.open_parts(town.settings) as parts:
        refs = [SubjectRef(type="member", key=str(number)) for number in numbers]
        name = parts.tokens.pseudonym
        effects = [Erase(f"r{ref.key}", ref, name(ref.type, ref.key)) for ref in refs]
        while {result.outcome for result in await parts.house.subjects.apply(effects)} != {"done"}:
            pass
    await restore(town, backup)
    deletes = {
        "failCommands": ["delete"],
        "appName": "a-replay",  # others work on the same server
        "blockConnection": True,
        "blockTimeMS": 5_000,
    }
    whole = await count_of(town)
    fail_point = {"configureFailPoint": "failCommand"}
    await town.mongo.admin.command({**fail_point, "mode": {"skip": 2}, "data": deletes})
    url = f"{town.env['DSR_MONGO_URL']}&appName=a-replay"
    killed = await start_dsr("restore", "replay", settings={**town.env, "DSR_MONGO_URL": url})
    try:

        async def has_begun() -> bool:
            return await count_of(town) < whole

        await town.until(has_begun, "a document deleted again")
        killed.kill()
        await killed.wait()
    finally:
        await town.mongo.admin.command({**fail_point, "mode": "off"})
    assert await town.company["members"].count_documents({"_id": {"$in": list(numbers)}}) == 10
    code, _, said = await town.dsr("worker")
    assert code == 1
    assert SENTENCE in said
    facts = await replayed(town)
    assert set(facts["deleted"]) == {f"r{number}" for number in numbers}
    assert facts["restores"] == 1
    for member in town.before["members"]:
        assert bool(await found_in(town, member)) is (member["_id"] not in numbers)
    await town.work()


async def count_of(town: Town) -> int:
    """All documents of the company."""
    return sum(len(documents) for documents in (await town.snapshot()).values())
