"""What a deletion would come to is told beforehand, and nothing is touched for it."""

from __future__ import annotations

import pytest

from schemas.datamap import DataMap
from schemas.errors import NotFound
from schemas.request import SubjectRef
from tests.integration.subject_data.company import NewCompany
from tests.integration.subject_data.erasing import Eraser, counts, dated, everywhere
from tests.integration.subject_data.test_erasure import COUNTS, MINJI
from workers.adapters.erasure import preview
from workers.ports import ErasureResult


@pytest.fixture
async def eraser(new_company: NewCompany, shop_map: DataMap) -> Eraser:
    company = new_company(shop_map)
    filling = dated()
    for member in filling["members"]:
        member["_id"] += 70
    await company.fill(filling)
    await company.data.init()
    return Eraser(company)


async def previewed(eraser: Eraser, *fields: str) -> ErasureResult:
    summary = await eraser.erasure.preview(eraser.effect("r1", MINJI, *fields))
    return ErasureResult("done", {}, summary)


@pytest.mark.parametrize("batch", [2, 3, 5_000])
@pytest.mark.parametrize("fields", [(), ("name", "login_id")])
async def test_it_says_what_is_then_done_however_large_the_subject_is(
    eraser: Eraser, monkeypatch: pytest.MonkeyPatch, batch: int, fields: tuple[str, ...]
) -> None:
    monkeypatch.setattr(preview, "BATCH", batch)
    key = f"subject:member:{eraser.company.tokens.pseudonym('member', '71')}"
    await eraser.keys.vault.data_keys([key], create=True)
    before = await everywhere(eraser.company)
    told = await previewed(eraser, *fields)
    assert await everywhere(eraser.company) == before
    assert (eraser.archive.items, eraser.ledger.entries) == ({}, {})
    done = await eraser.to_the_end("r1", MINJI, *fields)
    assert done.outcome == "done"
    assert counts(told) == counts(done)
    assert told.summary.keys_destroyed == done.summary.keys_destroyed
    kept = [{(k.collection, k.basis, k.documents) for k in r.summary.kept} for r in (told, done)]
    assert kept[0] == kept[1]
    if not fields:
        assert counts(told) == COUNTS


async def test_what_would_be_in_the_way_is_told(eraser: Eraser) -> None:
    await eraser.company.db["payments"].insert_one({"_id": "undated", "member_id": 71})
    told = await previewed(eraser)
    result = await eraser.to_the_end("r1", MINJI)
    assert result.outcome == "blocked"
    assert told.summary.findings == result.summary.findings
    assert counts(told) == counts(result)


async def test_one_that_is_under_way_is_told_as_it_will_end(
    eraser: Eraser, monkeypatch: pytest.MonkeyPatch
) -> None:
    destroy = eraser.keys.destroy

    async def away(_names: object) -> int:
        raise ConnectionError

    monkeypatch.setattr(eraser.keys, "destroy", away)
    key = f"subject:member:{eraser.company.tokens.pseudonym('member', '71')}"
    await eraser.keys.vault.data_keys([key], create=True)
    with pytest.raises(ConnectionError):
        await eraser.once("r1", MINJI)
    assert counts(await previewed(eraser)) == COUNTS
    monkeypatch.setattr(eraser.keys, "destroy", destroy)
    assert counts(await eraser.to_the_end("r1", MINJI)) == COUNTS


async def test_of_nobody_there_is_nothing_to_tell(eraser: Eraser) -> None:
    nobody = SubjectRef(type="member", key="404")
    with pytest.raises(NotFound, match="Nothing of this person"):
        await eraser.erasure.preview(eraser.effect("r1", nobody))
