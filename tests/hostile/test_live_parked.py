"""Parked messages as an operator finds them: listed, corrected and retried, dropped; none lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from schemas.review import Role
from tests.conftest import Vhosts
from tests.town import Correction, Town, open_town
from tests.town.place import at
from workers import wiring
from workers.local.stack import Stack

pytestmark = pytest.mark.timeout(240)

SECRET = "secret-of-minji"
HAN = ("--by", "han")
"""A reviewer, as whom all of this is done."""


@pytest.fixture(scope="module")
async def town(
    stack: Stack, vhosts: Vhosts, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """With a worker at work; every test looks at its own messages only."""
    folder = tmp_path_factory.mktemp("town")
    async with open_town(folder, at(stack, await vhosts.take())) as made:
        await made.work()
        await made.staff(park=Role.AGENT, han=Role.REVIEWER)
        yield made


async def listed(town: Town, message_id: str, status: str = "parked") -> list[dict[str, Any]]:
    """What `dsr dead list` tells of the messages with this id."""
    code, out, said = await town.dsr("dead", "list", "--json", "--status", status)
    assert code == 0, said
    return [row for row in json.loads(out) if row["origin"]["message_id"] == message_id]


async def waiting(town: Town, message_id: str) -> list[dict[str, Any]]:
    """The same as it stands in the database, which is asked more quickly."""
    wanted = {"status": "parked", "origin.message_id": message_id}
    return [dict(row) async for row in town.ours["parked"].find(wanted)]


async def refused(town: Town) -> tuple[Correction, dict[str, Any]]:
    """A member's wish for a field that does not exist, and its parked message."""
    wish = town.correction(len(town.corrections) + 1, hobbies=["등산"])
    spoilt = wish.submission(changes=[{"field": "no_such_field", "value": SECRET}])
    answer = await town.channel.answer(await town.channel.submit(spoilt))
    assert answer["accepted"] is False
    (found,) = await waiting(town, wish.id)
    return wish, found


async def test_a_refused_submission_is_listed_with_its_reasons_and_no_value(town: Town) -> None:
    wish, _ = await refused(town)
    (found,) = await listed(town, wish.id)
    assert found["reasons"] == [{"path": "$.changes.0.field", "reason": "unknown_field"}]
    assert found["origin"]["message_id"] == wish.id
    assert SECRET not in json.dumps(found)
    code, out, _ = await town.dsr("dead", "list")
    assert code == 0
    assert found["_id"] in out


async def test_a_corrected_submission_is_retried_and_completes(town: Town) -> None:
    wish, found = await refused(town)
    file = town.folder / "corrected.json"
    code, _, said = await town.dsr("dead", "retry", found["_id"], "--save", str(file), *HAN)
    assert code == 0, said
    content = json.loads(file.read_bytes())
    assert content["submission_id"] == wish.id
    assert file.stat().st_mode & 0o777 == 0o600
    content["changes"] = [{"field": "hobbies", "value": ["등산"]}]
    file.write_text(json.dumps(content))
    code, _, said = await town.dsr("dead", "retry", found["_id"], "--file", str(file), *HAN)
    assert code == 0, said
    await town.prove(wish)
    await town.until_completed([wish])
    assert await listed(town, wish.id) == []
    (settled,) = await listed(town, wish.id, "retried")
    assert settled["settled_by"] == "han"
    assert [one["by"] for one in settled["seen"]] == ["han"], "who saved it has seen it"


async def test_what_is_refused_again_is_listed_again_and_sealed_from_then_on(town: Town) -> None:
    wish, found = await refused(town)
    times = {found["_id"]: found["times"]}
    for _ in range(3):
        (now,) = await waiting(town, wish.id)
        times[now["_id"]] = now["times"]
        code, _, said = await town.dsr("dead", "retry", now["_id"], *HAN)
        assert code == 0, said

        async def back() -> bool:
            rows = await waiting(town, wish.id)
            return [row["times"] > times.get(row["_id"], 0) for row in rows] == [True]

        await town.until(back, "one parked message again")
        (again,) = await waiting(town, wish.id)
        assert again["origin"]["content_type"] == "application/jose"
        assert again["origin"]["message_id"] == wish.id
        assert again["reasons"] == found["reasons"]
    file = town.folder / "body.json"
    await town.dsr("dead", "retry", again["_id"], "--save", str(file), *HAN)
    assert json.loads(file.read_bytes())["submission_id"] == wish.id


async def test_what_was_settled_already_is_not_published_again(town: Town) -> None:
    _, found = await refused(town)
    await town.dsr("dead", "drop", found["_id"], "--reason", "no person behind it", *HAN)
    code, _, said = await town.dsr("dead", "retry", found["_id"], *HAN)
    assert code == 1
    assert said == f"dsr: {found['_id']} is dropped already; see `dsr dead list`\n"


async def test_dropping_wants_a_reason_and_an_account_and_leaves_a_record(town: Town) -> None:
    wish, found = await refused(town)
    drop, why = ("dead", "drop", found["_id"]), ("--reason", "asked by phone, withdrawn")
    for missing in (HAN, why, ("--reason", " ", *HAN)):
        assert (await town.dsr(*drop, *missing))[0] == 2
    code, _, said = await town.dsr(*drop, *why, *HAN)
    assert code == 0, said
    assert await listed(town, wish.id) == []
    (dropped,) = await listed(town, wish.id, "dropped")
    assert (dropped["settled_by"], dropped["settled_reason"]) == (
        "han",
        "asked by phone, withdrawn",
    )


@pytest.mark.parametrize("by", ["nobody1", "park"])
async def test_only_whoever_may_in_the_browser_settles_or_reads_one(town: Town, by: str) -> None:
    wish, found = await refused(town)
    body = town.folder / f"for-{by}.json"
    for words in (
        ("drop", found["_id"], "--reason", "x"),
        ("retry", found["_id"]),
        ("retry", found["_id"], "--save", str(body)),
    ):
        code, _, said = await town.dsr("dead", *words, "--by", by)
        assert (code, said.count("\n")) == (1, 1), "one plain sentence"
        assert "Traceback" not in said
    assert not body.exists()
    (still,) = await listed(town, wish.id)
    assert "seen" not in still


async def test_a_status_that_there_is_not_is_wrong_usage(town: Town) -> None:
    code, _, said = await town.dsr("dead", "list", "--status", "nonsense")
    assert code == 2
    assert "nonsense" in said


async def test_a_dropped_message_that_the_broker_delivers_again_stays_dropped(town: Town) -> None:
    wish, found = await refused(town)
    await town.dsr("dead", "drop", found["_id"], "--reason", "no person behind it", *HAN)
    body = town.folder / "body.json"
    await town.dsr("dead", "retry", found["_id"], "--save", str(body), *HAN)
    await town.channel.raw(
        "submission.web", body.read_bytes(), message_id=wish.id, content_type="application/json"
    )
    behind = town.correction(len(town.corrections) + 1, hobbies=["사진"])
    await town.submit(behind)
    assert await listed(town, wish.id) == []


async def test_what_is_not_parked_cannot_be_settled(town: Town) -> None:
    for arguments in (("retry", "nothing"), ("drop", "nothing", "--reason", "x")):
        code, _, said = await town.dsr("dead", *arguments, *HAN)
        assert code == 1
        assert said.startswith("dsr: no parked message nothing")
        assert "Traceback" not in said


@pytest.mark.parametrize("key", ["proof.web", "submission.web", "withdrawal.web"])
@pytest.mark.parametrize("sealed", [False, True])
async def test_a_parked_proof_keeps_no_code_by_whichever_way_it_came(
    town: Town, key: str, sealed: bool
) -> None:
    proof = {
        "schema": "dsr.proof/2" if key == "proof.web" else "dsr.proof/1",
        "proof_id": str(uuid4()),
        "tracking": "DSR-AAAA-AAAA",
        "code": "12345678",
        "channel": "web",
    }
    content = json.dumps(proof).encode()
    await town.channel.raw(
        key,
        wiring.sealed(town.settings, content) if sealed else content,
        message_id=proof["proof_id"],
        content_type="application/jose" if sealed else "application/json",
    )

    async def there() -> bool:
        return bool(await waiting(town, proof["proof_id"]))

    await town.until(there, "the parked proof")
    (found,) = await waiting(town, proof["proof_id"])
    async with wiring.open_parts(town.settings) as parts:
        stored = json.loads(await parts.parked.body(found["_id"]))
    assert stored == {name: value for name, value in proof.items() if name != "code"}
    body = town.folder / f"{proof['proof_id']}.json"
    assert (await town.dsr("dead", "retry", found["_id"], "--save", str(body), *HAN))[0] == 0
    assert json.loads(body.read_bytes()) == stored
