"""What the doctor sees of the databases: permissions, keys, and who reads past the views."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient

from schemas.errors import KeyFolderError
from tests.conftest import Names
from workers.adapters import mongo
from workers.adapters.vault import KeyFolder, Vault
from workers.doctor import databases, house
from workers.settings import Settings

Made = AsyncMongoClient[dict[str, object]]


@pytest.fixture
async def admin(names: Names) -> AsyncIterator[Made]:
    """A client of nobody in particular: the embedded server lets everybody in."""
    async with AsyncMongoClient[dict[str, object]](names.mongo_url) as client:
        yield client
        for db in ("admin", names.subject_db):
            await client[db].command("dropAllUsersFromDatabase")
            await client[db].command("dropAllRolesFromDatabase")


DOCTOR = "a-doctor"
"""What the server calls it: others work on the same one, and are not to be refused."""


async def make_user(admin: Made, db: str, name: str, *roles: dict[str, str] | str) -> None:
    await admin[db].command({"createUser": name, "pwd": "p", "roles": list(roles)})


def as_user(names: Names, name: str, db: str = "admin") -> Settings:
    url = names.mongo_url.replace("mongodb://", f"mongodb://{name}:p@")
    url += f"&authSource={db}&appName={DOCTOR}"
    return Settings(mongo_url=url, db=names.db, subject_db=names.subject_db)


async def test_every_user_who_reads_a_base_collection_is_listed_and_no_other(
    admin: Made, names: Names
) -> None:
    db = names.subject_db
    await make_user(admin, "admin", "dsr", "readWriteAnyDatabase", "userAdminAnyDatabase")
    await make_user(admin, "admin", "everything", "readAnyDatabase")
    await make_user(admin, "admin", f"{names.db}-deletion", "readAnyDatabase")  # a role of ours
    await make_user(admin, db, "shop", {"role": "readWrite", "db": db})
    await make_user(admin, "admin", "elsewhere", {"role": "read", "db": "elsewhere"})
    for role, collection in (("usable", "members_usable"), ("base", "members")):
        may = [{"resource": {"db": db, "collection": collection}, "actions": ["find"]}]
        await admin[db].command({"createRole": role, "privileges": may, "roles": []})
    await make_user(admin, db, "downstream", {"role": "usable", "db": db})
    await make_user(admin, db, "reports", {"role": "base", "db": db})

    findings = await databases.readers(as_user(names, "dsr"))
    told = {f.detail.split(" reads past them: ")[0].split()[-1]: f for f in findings}
    assert set(told) == {"admin.everything", f"{db}.shop", f"{db}.reports"}
    assert told[f"{db}.reports"].detail.endswith(": members")
    assert "payments" in told["admin.everything"].detail
    assert not any(finding.fatal for finding in findings)


async def refuse_once(admin: Made, command: str) -> None:
    """As access control does, which the embedded server goes without."""
    await admin.admin.command(
        {
            "configureFailPoint": "failCommand",
            "mode": {"times": 1},
            "data": {"failCommands": [command], "errorCode": 13, "appName": DOCTOR},
        }
    )


async def test_whoever_may_not_list_users_is_told_what_to_grant(admin: Made, names: Names) -> None:
    await make_user(admin, "admin", "dsr", {"role": "readWrite", "db": names.subject_db})
    await refuse_once(admin, "usersInfo")
    (finding,) = await databases.readers(as_user(names, "dsr"))
    assert not finding.fatal
    assert "may not list users" in finding.detail
    assert "`viewUser`" in finding.advice


async def test_whoever_did_not_log_in_may_do_nothing_where_that_is_asked_for(
    admin: Made, names: Names
) -> None:
    await refuse_once(admin, "listCollections")
    url = f"{names.mongo_url}&appName={DOCTOR}"
    _, finding = await databases.own(Settings(mongo_url=url, db=names.db))
    assert finding.fatal
    assert "may not find, insert, update, remove in" in finding.detail


async def test_a_server_that_lets_everybody_in_is_told(names: Names) -> None:
    (finding,) = await databases.readers(Settings(mongo_url=names.mongo_url))
    assert not finding.fatal
    assert "lets everybody in" in finding.detail


async def test_what_our_user_may_not_do_is_named_for_each_database(
    admin: Made, names: Names
) -> None:
    await make_user(
        admin,
        "admin",
        "dsr",
        {"role": "readWrite", "db": names.db},
        {"role": "read", "db": names.subject_db},
    )
    settings = as_user(names, "dsr")
    assert all(finding.ok for finding in await databases.own(settings))
    _, company = await databases.company(settings)
    assert company.fatal
    assert "may not insert, update, remove in" in company.detail
    _, archive = await databases.archive(settings)
    assert "may not find, insert, update, remove in" in archive.detail


async def test_keys_that_the_key_folder_cannot_open_are_told(names: Names, tmp_path: Path) -> None:
    theirs, ours = KeyFolder.create(tmp_path / "theirs"), KeyFolder.create(tmp_path / "ours")
    settings = Settings(mongo_url=names.mongo_url, keys_db=names.keys_db, keys=tmp_path / "ours")
    client = mongo.connect(names.mongo_url)
    try:
        keys = mongo.keys_collection(client, names.keys_db)
        await Vault(keys, ours).data_keys(["request:1"], create=True)
        (finding,) = await house.wrapped_keys(settings)
        assert finding.ok
        await keys.drop()
        await Vault(keys, theirs).data_keys(["request:1"], create=True)
        with pytest.raises(KeyFolderError, match="opens none of the keys"):
            await house.wrapped_keys(settings)
    finally:
        client.close()
