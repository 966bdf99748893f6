"""What the company's database refuses is that item's outcome; slots decide everything else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from schemas.errors import DsrError
from schemas.request import SubjectRef
from tests.integration.subject_data.company import JIHO, MINJI, NEW, PATRON, Company
from workers.adapters.subject_data import effects
from workers.ports import Correct, Release, Restrict

JIHO_PATRON = SubjectRef(type="patron", key="jiho@mail.example")


async def test_a_correction_is_applied_once_however_often_it_comes(shop: Company) -> None:
    first = await shop.correct("r1", MINJI, name="김민서")
    await shop.db["members"].update_one({"_id": 1}, {"$set": {"name": "changed by hand"}})
    again = await shop.correct("r1", MINJI, name="김민서")
    assert first.outcome == "done"
    assert again.outcome == "already"
    assert (again.seq, again.places) == (first.seq, first.places)
    assert (await shop.one("members", 1))["name"] == "changed by hand"


async def test_the_number_of_corrections_is_the_number_of_their_slots(shop: Company) -> None:
    await shop.correct("r1", MINJI, name="김민서")
    await shop.release("r2", MINJI)
    await shop.correct("r3", MINJI, name="김민아")
    await shop.correct("r3", MINJI, name="김민아")
    control = await shop.db["dsr_subjects"].find_one({"_id": {"t": "member", "k": 1}})
    assert control is not None
    assert control["seq"] == 2
    kinds = {request: slot["kind"] for request, slot in control["slots"].items()}
    assert kinds == {"r1": "correct", "r2": "release", "r3": "correct"}
    assert control["slots"]["r3"]["places"] == {"name": 8}
    assert control["slots"]["r3"]["at"].tzinfo is not None


async def test_a_release_that_came_first_wins(shop: Company) -> None:
    results = await asyncio.gather(
        *(
            shop.data.apply([effect])
            for effect in (
                Correct("r1", MINJI, {"name": "김민서"}),
                Release("r1", MINJI),
                Correct("r1", MINJI, {"name": "김민서"}),
                Release("r1", MINJI),
            )
        )
    )
    outcomes = [result.outcome for (result,) in results]
    assert sorted(outcomes) in (
        sorted(["done", "already", "lost", "lost"]),
        sorted(["done", "lost", "already", "lost"]),
    )
    corrected = (await shop.one("members", 1))["name"] == "김민서"
    assert corrected is (outcomes[0] in {"done", "already"})


async def test_two_effects_on_one_subject_in_one_call_go_one_after_the_other(
    shop: Company,
) -> None:
    results = await shop.data.apply(
        [
            Restrict("r1", MINJI, ("name",)),
            Correct("r2", JIHO, {"name": "이지수"}),
            Correct("r1", MINJI, {"name": "김민서"}),
            Correct("r3", MINJI, {"name": "김민아"}),
        ]
    )
    assert [result.outcome for result in results] == ["done"] * 4
    assert [result.seq for result in results] == [0, 1, 1, 2]
    assert (await shop.one("members", 1))["name"] == "김민아"


async def test_nobody_there_is_told_so_and_leaves_nothing(shop: Company) -> None:
    for key in ("77", "007", "abc", "1.0", ""):
        gone = SubjectRef(type="member", key=key)
        assert (await shop.correct("r1", gone, name="x")).outcome == "gone"
        assert (await shop.restrict("r1", gone, "name")).outcome == "gone"
    assert await shop.db["dsr_subjects"].count_documents({}) == 0


async def test_a_unique_index_refuses_one_item_and_never_its_neighbours(library: Company) -> None:
    await library.db["patrons"].create_index("card", unique=True)
    before = await library.one("patrons", PATRON.key)
    await library.restrict("r1", PATRON, "card")
    taken, fine = await library.data.apply(
        [
            Correct("r1", PATRON, {"card": "L-000124"}),
            Correct("r2", JIHO_PATRON, {"mobile_phone": "01098765432"}),
        ]
    )
    assert (taken.outcome, fine.outcome) == ("refused", "done")
    assert await library.one("patrons", PATRON.key) == before
    control = await library.db["dsr_subjects"].find_one({"_id.k": PATRON.key})
    assert control is not None
    assert control["restricted"] == {"card": ["r1"]}
    assert "slots" not in control


async def test_a_validator_refuses_the_whole_item_and_nothing_of_it_stays(
    library: Company,
) -> None:
    await library.db.command("collMod", "loans", validator={"slip": {"$not": {"$regex": "^금지"}}})
    before = await library.everything()
    value = {"street": "금지로 1", "house_no": 7, "city": "서울", "postcode": 6236}
    assert (await library.correct("r1", PATRON, address=value)).outcome == "refused"
    assert await library.everything() == before


@pytest.mark.parametrize(
    ("collection", "id_", "path", "odd"),
    [
        ("members", 1, "name", {"first": "민지"}),
        ("messages", 1, "author.name", 5),
        ("members", 1, "name", ["김민지"]),
    ],
)
async def test_a_value_of_another_type_is_left_as_it_is(
    shop: Company, collection: str, id_: Any, path: str, odd: Any
) -> None:
    await shop.db[collection].update_one({"_id": id_}, {"$set": {path: odd}})
    before = await shop.everything()
    assert (await shop.correct("r1", MINJI, name="김민서")).outcome == "refused"
    assert await shop.everything() == before


async def test_a_place_that_a_null_bars_is_made(shop: Company) -> None:
    await shop.db["members"].update_one({"_id": 1}, {"$set": {"profile": None}})
    result = await shop.correct("r1", MINJI, home_address=NEW, hobbies=["수영"])
    assert result.outcome == "done"
    assert (await shop.one("members", 1))["profile"] == {
        "address": {"postcode": NEW["postcode"], "road": NEW["road"]},
        "hobbies": ["수영"],
    }


async def test_an_array_without_the_element_is_for_a_person_to_decide(library: Company) -> None:
    await library.db["patrons"].update_one({"_id": PATRON.key}, {"$set": {"contacts": []}})
    assert (await library.correct("r1", PATRON, mobile_phone="01098765432")).outcome == "refused"


async def test_what_already_stands_is_not_written_again(shop: Company) -> None:
    before = await shop.everything()
    result = await shop.correct("r1", MINJI, name="김민지")
    assert result.outcome == "done"
    assert result.places == {"name": 0}
    assert await shop.everything() == before


@pytest.mark.parametrize("request_id", ["a.b", "$set", "", "x" * 81, "a\0b"])
async def test_a_request_id_never_becomes_a_path(shop: Company, request_id: str) -> None:
    with pytest.raises(ValueError, match="request"):
        await shop.correct(request_id, MINJI, name="김민서")


async def test_a_lack_of_permission_is_told_without_any_value(
    shop: Company, monkeypatch: pytest.MonkeyPatch
) -> None:

    async def refuse(*_: object) -> None:
        raise OperationFailure("not allowed to change 김민지", 13)

    monkeypatch.setattr(effects, "plan_group", refuse)
    with pytest.raises(DsrError) as raised:
        await shop.correct("r1", MINJI, name="김민서")
    assert "김민지" not in str(raised.value)
