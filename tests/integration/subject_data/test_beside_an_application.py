"""An application writes to the same documents all the while: neither it nor we lose anything."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from schemas.request import SubjectRef
from tests.integration.subject_data.company import MINJI, PATRON, Company, member
from workers.ports import Correct, Restrict

SEED = 20261122
MEMBERS = 40


async def test_no_write_of_the_application_is_lost(shop: Company) -> None:
    people = [
        member(n, f"회원{n}", f"login{n}", f"m{n}@mail.example", f"010-5555-{n:04}")
        for n in range(100, 100 + MEMBERS)
    ]
    await shop.fill(
        {
            "members": people,
            "messages": [
                {"_id": n, "author": {"id": n, "name": f"회원{n}"}, "likes": 0}
                for n in range(100, 100 + MEMBERS)
            ],
        }
    )
    everybody = {f"{n}": {"name": f"회원{n}", "unread": 0} for n in range(100, 100 + MEMBERS)}
    await shop.db["rooms"].insert_one({"_id": "all", "participants": everybody, "said": 0})
    crowd = [{"member_id": n, "name": f"회원{n}", "score": 0} for n in range(100, 100 + MEMBERS)]
    await shop.db["clubs"].insert_one({"_id": "all", "groups": [{"people": crowd}]})
    written = {"visits": 0, "likes": 0, "said": 0, "score": 0}
    stop = asyncio.Event()
    dice = random.Random(SEED)

    async def application() -> None:
        """Counts things, and moves elements of an array about, as applications do."""
        while not stop.is_set():
            n = dice.randrange(100, 100 + MEMBERS)
            await shop.db["members"].update_one({"_id": n}, {"$inc": {"login.visits": 1}})
            await shop.db["messages"].update_one({"_id": n}, {"$inc": {"likes": 1}})
            await shop.db["rooms"].update_one(
                {"_id": "all"}, {"$inc": {"said": 1, f"participants.{n}.unread": 1}}
            )
            await shop.db["clubs"].update_one(
                {"_id": "all"},
                {"$inc": {"groups.0.people.$[one].score": 1}},
                array_filters=[{"one.member_id": n}],
            )
            await shop.db["clubs"].update_one(
                {"_id": "all"},
                {"$push": {"groups.0.people": {"$each": [], "$sort": {"score": -1}}}},
            )
            for name in written:
                written[name] += 1

    writer = asyncio.create_task(application())
    turn = 0
    while turn < 4 or written["visits"] < MEMBERS:
        turn += 1
        effects = [
            Correct(
                f"r{turn}-{n}",
                SubjectRef(type="member", key=str(n)),
                {"name": f"새이름{n}-{turn}", "mobile_phone": f"010-6666-{n:04}"},
            )
            for n in range(100, 100 + MEMBERS)
        ]
        half = MEMBERS // 2
        groups = (effects[:half], effects[half:])
        results = await asyncio.gather(*(shop.data.apply(group) for group in groups))
        assert {result.outcome for part in results for result in part} == {"done"}
    stop.set()
    await writer
    everyone = await shop.db["members"].find({"_id": {"$gte": 100}}).to_list(None)
    assert {m["name"] for m in everyone} == {f"새이름{m['_id']}-{turn}" for m in everyone}
    assert sum(m["login"]["visits"] for m in everyone) == written["visits"] + 3 * MEMBERS
    messages = await shop.db["messages"].find({"_id": {"$gte": 100}}).to_list(None)
    assert sum(message["likes"] for message in messages) == written["likes"]
    assert all(m["author"]["name"] == f"새이름{m['_id']}-{turn}" for m in messages)
    room = await shop.one("rooms", "all")
    assert room["said"] == written["said"]
    assert sum(one["unread"] for one in room["participants"].values()) == written["said"]
    assert all(one["name"] == f"새이름{n}-{turn}" for n, one in room["participants"].items())
    people_now = (await shop.one("clubs", "all"))["groups"][0]["people"]
    assert all(one["name"] == f"새이름{one['member_id']}-{turn}" for one in people_now)
    assert sum(one["score"] for one in people_now) == written["score"]


async def test_nobody_elses_record_and_no_unmapped_field_changes(shop: Company) -> None:
    before = await shop.everything()
    await shop.restrict("r1", MINJI, "name", "login_id")
    await shop.correct("r1", MINJI, name="김민서", login_id="minseo")
    after = await shop.everything()
    changed = {
        (name, id_)
        for name in before
        for id_ in before[name]
        if before[name][id_] != after[name][id_]
    }
    assert changed == {
        ("members", "1"),
        ("deliveries", "1101"),
        ("messages", "1"),
        ("rooms", "room"),
        ("clubs", "hikers"),
        ("files", "f1"),
        ("file_shares", "s1"),
        ("file_downloads", "d1"),
        ("posts", "1"),
        ("posts", "2"),
    }
    member_now = await shop.one("members", 1)
    assert member_now["points"] == 120
    assert member_now["login"] == {"id": "minseo", "password": "scrypt$…", "visits": 3}


async def test_an_element_that_moved_meanwhile_is_never_mistaken_for_hers(
    library: Company,
) -> None:
    stop = asyncio.Event()
    moved = 0

    async def application() -> None:
        """Keeps shuffling whose element comes first."""
        nonlocal moved
        order = 1
        while not stop.is_set():
            order = -order
            each: dict[str, Any] = {"$each": [], "$sort": {"ref": order}}
            await library.db["circles"].update_one({"_id": "poetry"}, {"$push": {"people": each}})
            moved += 1

    mover = asyncio.create_task(application())
    for turn in range(30):
        await library.restrict(f"r{turn}", PATRON, "mobile_phone")
        result = await library.correct(f"r{turn}", PATRON, mobile_phone=f"010999900{turn:02}")
        assert result.outcome == "done"
    stop.set()
    await mover
    people = {p["ref"]: p for p in (await library.one("circles", "poetry"))["people"]}
    assert people["minji@mail.example"]["call"] == "01099990029"
    assert people["jiho@mail.example"] == {
        "ref": "jiho@mail.example",
        "nick": "이지호",
        "call": "01022223333",
    }
    assert moved > 30


@pytest.mark.parametrize("seed", range(3))
async def test_many_requests_about_one_person_are_each_done_once(shop: Company, seed: int) -> None:
    dice = random.Random(seed)
    effects: list[Correct | Restrict] = [
        Correct(f"r{n}", MINJI, {"name": f"이름{n}"}) for n in range(12)
    ] + [Restrict(f"r{n}", MINJI, ("name",)) for n in range(12)]
    twice = effects * 2
    dice.shuffle(twice)
    groups = [twice[start : start + 5] for start in range(0, len(twice), 5)]
    await asyncio.gather(*(shop.data.apply(group) for group in groups))
    control = await shop.db["dsr_subjects"].find_one({})
    assert control is not None
    assert control["seq"] == 12
    assert len(control["slots"]) == 12
    assert "restricted" not in control
