"""Somebody who is nobody's account: the same answer whatever is wrong, and five tries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from schemas.errors import NotAllowed, NotFound
from schemas.review import Role
from tests.conftest import Names
from workers.adapters import mongo
from workers.adapters.staff.accounts import MAX_TRIES, Accounts

PASSWORD = "correct horse battery"


@pytest.fixture
async def accounts(names: Names) -> AsyncIterator[Accounts]:
    client = mongo.connect(names.mongo_url)
    made = Accounts(mongo.database(client, names.db))
    await made.add("han", Role.REVIEWER, PASSWORD, "root")
    yield made
    await client.drop_database(names.db)
    client.close()


async def refused(accounts: Accounts, name: str, password: str) -> str:
    with pytest.raises(NotAllowed) as caught:
        await accounts.prove(name, password)
    return str(caught.value)


async def test_an_account_proves_itself_and_knows_whether_it_is_alone(accounts: Accounts) -> None:
    assert (await accounts.prove("han", PASSWORD)).alone
    await accounts.add("park", Role.AGENT, PASSWORD, "root")
    assert (await accounts.prove("han", PASSWORD)).alone
    await accounts.add("choi", Role.OFFICER, PASSWORD, "root")
    assert not (await accounts.prove("han", PASSWORD)).alone
    await accounts.disable("choi", "root")
    assert (await accounts.prove("han", PASSWORD)).alone


async def test_unknown_wrong_disabled_and_locked_get_one_answer(accounts: Accounts) -> None:
    await accounts.add("choi", Role.OFFICER, PASSWORD, "root")
    await accounts.disable("choi", "root")
    answers = {
        await refused(accounts, "nobody", PASSWORD),
        await refused(accounts, "choi", PASSWORD),
        *[await refused(accounts, "han", "wrong") for _ in range(MAX_TRIES)],
        await refused(accounts, "han", PASSWORD),
    }
    assert len(answers) == 1


async def test_many_guesses_at_once_are_no_more_than_five(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    async def is_right(found: dict[str, str] | None, password: str) -> bool:
        if found:
            looked_at.append(password)
        return False

    monkeypatch.setattr(accounts, "_is_right", is_right)
    await asyncio.gather(*(refused(accounts, "han", f"guess {n}") for n in range(40)))
    assert len(looked_at) == MAX_TRIES


async def test_four_wrong_tries_and_a_right_one_begin_the_count_again(accounts: Accounts) -> None:
    for _ in range(3):
        for _ in range(MAX_TRIES - 1):
            await refused(accounts, "han", "wrong")
        assert (await accounts.prove("han", PASSWORD)).name == "han"


@pytest.mark.parametrize("name", ["", "h", "Han", "$where", "han.*", "{'$ne': 1}", "h" * 41, "한"])
async def test_a_name_that_could_mean_more_is_no_name(accounts: Accounts, name: str) -> None:
    with pytest.raises(NotAllowed):
        await accounts.add(name, Role.OFFICER, PASSWORD, "root")
    await refused(accounts, name, PASSWORD)


async def test_a_name_is_given_once_and_no_password_is_shown(accounts: Accounts) -> None:
    with pytest.raises(NotAllowed, match="already"):
        await accounts.add("han", Role.OFFICER, PASSWORD, "root")
    with pytest.raises(NotAllowed, match="12"):
        await accounts.add("choi", Role.OFFICER, "short", "root")
    with pytest.raises(NotFound):
        await accounts.disable("choi", "root")
    (listed,) = await accounts.list()
    assert listed["_id"] == "han"
    assert "password" not in listed
    assert listed["created_at"] is not None
