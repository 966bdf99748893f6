"""A person with very many copies is corrected part by part, hidden until the last one."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.integration.subject_data.company import JIHO, MINJI, NEW, Company
from workers.ports import Correct, SubjectResult

MANY = 450


async def write_much(shop: Company, count: int = MANY) -> None:
    await shop.db["messages"].insert_many(
        [{"_id": f"m{n}", "author": {"id": 1, "name": "김민지"}} for n in range(count)]
    )


async def until_done(shop: Company, effect: Correct) -> tuple[SubjectResult, int]:
    parts = 0
    while True:
        (result,) = await shop.data.apply([effect])
        if result.outcome != "more":
            return result, parts
        parts += 1


async def test_the_parts_together_correct_every_copy_once(shop: Company) -> None:
    await write_much(shop)
    result, parts = await until_done(shop, Correct("r1", MINJI, {"name": "김민서"}))
    assert parts >= 2
    assert result.outcome == "done"
    assert result.places == {"name": MANY + 8}
    assert result.seq == 1
    assert await shop.db["messages"].count_documents({"author.name": "김민서"}) == MANY + 1
    assert await shop.db["messages"].count_documents({"author.name": "김민지"}) == 1
    control = await shop.db["dsr_subjects"].find_one({})
    assert control is not None
    assert "progress" not in control or control["progress"] == {}


async def test_between_the_parts_no_view_shows_old_or_new(shop: Company) -> None:
    await write_much(shop)
    effect = Correct("r1", MINJI, {"name": "김민서"})
    while (await shop.data.apply([effect]))[0].outcome == "more":
        shown = await shop.db["messages_usable"].count_documents(
            {"author.id": 1, "author.name": {"$exists": True}}
        )
        assert shown == 0
        assert "name" not in (await shop.usable("members"))[0]
    assert "name" in (await shop.usable("members"))[0]


async def test_a_login_is_followed_in_parts_too(shop: Company) -> None:
    posts: list[dict[str, Any]] = [{"_id": f"p{n}", "author_login": "minji90"} for n in range(MANY)]
    await shop.db["posts"].insert_many(posts)
    result, parts = await until_done(shop, Correct("r1", MINJI, {"login_id": "kim.minji"}))
    assert parts >= 2
    assert result.places == {"login_id": MANY + 4}  # one post by author and by comment
    assert await shop.db["posts"].count_documents({"author_login": "minji90"}) == 0


async def test_a_release_between_the_parts_wins(shop: Company) -> None:
    await write_much(shop)
    effect = Correct("r1", MINJI, {"name": "김민서"})
    assert (await shop.data.apply([effect]))[0].outcome == "more"
    assert (await shop.release("r1", MINJI)).outcome == "done"
    assert (await shop.data.apply([effect]))[0].outcome == "lost"
    assert (await shop.one("members", 1))["name"] == "김민지"


async def test_two_workers_at_the_same_parts_do_each_once(shop: Company) -> None:
    await write_much(shop)
    effect = Correct("r1", MINJI, {"name": "김민서"})
    results = await asyncio.gather(*(until_done(shop, effect) for _ in range(3)))
    assert sorted(result.outcome for result, _ in results) == ["already", "already", "done"]
    assert {result.places["name"] for result, _ in results if result.places} == {MANY + 8}
    assert await shop.db["messages"].count_documents({"author.name": "김민서"}) == MANY + 1


async def test_neighbours_of_a_person_with_many_copies_are_done_at_once(shop: Company) -> None:
    await write_much(shop)
    minji, jiho = await shop.data.apply(
        [Correct("r1", MINJI, {"name": "김민서"}), Correct("r2", JIHO, {"home_address": NEW})]
    )
    assert (minji.outcome, jiho.outcome) == ("more", "done")
