"""A member who is signed in with the company's own login needs no code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cast import said
from tests.login import Login
from tests.town import Town
from tests.town.checks import assert_stores
from tests.town.company import Correction

NO, YES = {"accepted": False}, {"accepted": True}


@pytest.fixture
def login(town: Town) -> Login:
    """The company's login; what it says of itself is configured before anybody works."""
    made = Login()
    file = town.folder / "issuers.json"
    file.write_text(made.configuration())
    town.env["DSR_ISSUERS"] = str(file)
    return made


def token(login: Login, wish: Correction, content: dict[str, Any], **other: Any) -> str:
    claims = {"sub": str(wish.key), **other}
    return login.says(said(json.loads(json.dumps(content))), datetime.now(UTC), **claims)


async def ask(town: Town, wish: Correction, content: dict[str, Any]) -> str:
    answer = await town.channel.answer(await town.channel.submit(content))
    return str(answer["tracking"])


async def test_a_signed_in_member_corrects_directly(town: Town, login: Login) -> None:
    minji = town.correction(1, hobbies=["등산"])
    content = minji.submission()
    await town.work()
    tracking = await ask(town, minji, content)
    given = token(login, minji, content)
    assert await town.channel.answer(await town.channel.vouch(tracking, given)) == YES
    await town.until_completed([minji])
    assert (await town.company["members"].find_one({"_id": 1}))["profile"]["hobbies"] == ["등산"]
    assert (await town.request(minji))["proof"]["route"] == "assertion"
    await assert_stores(town)


async def test_a_signed_in_member_deletes_directly(town: Town, login: Login) -> None:
    wish = town.deletion(3)
    content = wish.submission()
    await town.work()
    tracking = await ask(town, wish, content)
    given = token(login, wish, content)
    assert await town.channel.answer(await town.channel.vouch(tracking, given)) == YES
    await town.until_completed([wish])
    assert await town.company["members"].count_documents({"_id": 3}) == 0
    await assert_stores(town)


async def test_a_replay_a_wrong_digest_a_stale_login_and_a_foreign_one_change_nothing(
    town: Town, login: Login
) -> None:
    minji, other = town.correction(1, hobbies=["등산"]), town.correction(1, hobbies=["사진"])
    await town.work()
    content, another = minji.submission(), other.submission()
    tracking, second = await ask(town, minji, content), await ask(town, other, another)
    now = int(datetime.now(UTC).timestamp())
    foreign = Login()
    for wrong in (
        token(login, other, another),
        token(login, minji, content, auth_time=now - 700),
        token(login, minji, content, sub="2"),
        token(foreign, minji, content),
    ):
        assert await town.channel.answer(await town.channel.vouch(tracking, wrong)) == NO
    right = token(login, minji, content, jti="once")
    assert await town.channel.answer(await town.channel.vouch(tracking, right)) == YES
    await town.until_completed([minji])
    assert await town.channel.answer(await town.channel.vouch(tracking, right)) == NO
    again = token(login, other, another, jti="once")
    assert await town.channel.answer(await town.channel.vouch(second, again)) == NO
    assert (await town.request(other)).get("asserted") is None
    await assert_stores(town)
