"""A deletion seen from outside: nothing is left, no backup opens, and the certificate says so."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from schemas.errors import KeyGone
from schemas.request import SubjectRef
from tests.acceptance.files import flushed, forms, found
from tests.town import Town
from tests.town.deletions import assert_deleted
from workers import wiring
from workers.adapters.vault import KeyFolder, Wrapped
from workers.local.stack import Stack


async def certificate_of(town: Town, request: str, folder: Path) -> tuple[Path, Path]:
    """The certificate and the public key as two files, and nothing else."""
    document = await town.ours["requests"].find_one({"_id": request})
    file, key = folder / "certificate.json", folder / "key.pem"
    file.write_text(json.dumps(document["certificate"], ensure_ascii=False))
    code, printed, _ = await town.dsr("receipt", "public-key")
    assert code == 0
    key.write_text(printed)
    return file, key


async def test_a_deleted_member_is_nowhere_and_the_certificate_verifies_offline(
    town: Town, tmp_path: Path
) -> None:
    wish = town.deletion(3)
    await town.work()
    await town.submit(wish)
    await town.prove(wish)
    await town.until_completed([wish])
    await assert_deleted(town, [wish])
    file, key = await certificate_of(town, wish.id, tmp_path)
    code, said, _ = await town.dsr("receipt", "verify", str(file), "--key", str(key))
    assert code == 0
    assert "Genuine" in said
    file.write_text(file.read_text().replace('"deleted": 1', '"deleted": 2', 1))
    code, _, said = await town.dsr("receipt", "verify", str(file), "--key", str(key))
    assert code == 1
    assert "Traceback" not in said


async def test_until_it_has_cooled_off_it_is_announced_and_nothing_is_used(town: Town) -> None:
    town.env |= {"DSR_COOLING_OFF_HOURS": "24", "DSR_COOLING_OFF_YOUNG_HOURS": "24"}
    wish = town.deletion(3)
    await town.work()
    await town.submit(wish)
    await town.prove(wish)
    await town.until(lambda: bool(town.spool.of(wish.id, "cooling-1")), "the announcement")
    assert (
        await town.company["members_usable"].count_documents(
            {"login.id": wish.member["login"]["id"]}
        )
        == 0
    )
    (mail,) = town.spool.of(wish.id, "cooling-1")
    assert mail.to == (wish.contact,)
    assert await town.company["members"].count_documents({"_id": 3}) == 1
    assert await town.status(wish) == "verified"


@pytest.mark.timeout(240)
async def test_what_was_sealed_is_nowhere_and_no_copy_from_before_can_be_opened(
    town: Town, stack: Stack, tmp_path: Path
) -> None:
    seed = uuid4().int
    print(f"seed {seed}")  # noqa: T201 - to play it again
    random = Random(seed)
    phone = f"010-{random.randint(2000, 9999)}-{random.randint(1000, 9999)}"
    plain = f"canary{uuid4().hex}"
    async with wiring.open_parts(town.settings) as parts:
        member = dict(town.before["members"][0])
        member |= {"phones": {"mobile": phone}, "_id": 1001, "email": f"{plain}@mail.example"}
        member["login"] = {**member["login"], "id": "canary.kim"}
        ref = SubjectRef(type="member", key="1001")
        await town.company["members"].insert_many(
            await parts.subject_data.seal_documents([(ref, "members", member)])
        )
    town.before = await town.snapshot()
    # The copy of the data folder that a backup holds: every wrapped key, as it is before.
    keys = town.mongo[town.env.get("DSR_KEYS_DB") or f"{town.env['DSR_DB']}_keys"]["keys"]
    backup = await keys.find().to_list()
    assert any("1001" not in row["_id"] and row["_id"].startswith("subject:") for row in backup)
    wish = town.deletion(1001)
    await town.work()
    await town.submit(wish)
    await town.prove(wish)
    await town.until_completed([wish])
    code, printed, said = await town.dsr("keys", "rotate", "--json")
    assert code == 0, said
    assert json.loads(printed)["certificates"] == 1
    await flushed(town)
    assert found(stack.mongo.folder, [plain.encode()])[plain.encode()], "the search finds nothing"
    assert not any(found(stack.mongo.folder, forms(phone)).values())
    assert not any(found(stack.rabbit.folder, forms(phone)).values())
    assert not any(found(town.folder, forms(phone)).values())
    for documents in (await town.snapshot()).values():
        assert plain not in str(documents)
    left = KeyFolder.open(town.settings.keys)
    for row in backup:
        with pytest.raises(KeyGone):
            left.unwrap(Wrapped(row["epoch"], row["wrapped"]), row["_id"])
    file, _ = await certificate_of(town, wish.id, tmp_path)
    shown = json.loads(file.read_text())
    assert shown["shredded_at"] is not None
    assert shown["revision"] == 2
