"""What the doctor sees of the databases: permissions, and who reads past the views."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pymongo import AsyncMongoClient

from tests.conftest import Names
from workers.adapters import probes
from workers.doctor import databases
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


async def make_user(admin: Made, db: str, name: str, *roles: dict[str, str] | str) -> None:
    await admin[db].command({"createUser": name, "pwd": "p", "roles": list(roles)})


def as_user(names: Names, name: str, db: str = "admin") -> Settings:
    url = names.mongo_url.replace("mongodb://", f"mongodb://{name}:p@") + f"&authSource={db}"
    return Settings(mongo_url=url, db=names.db, subject_db=names.subject_db)


async def test_every_user_who_reads_a_base_collection_is_listed_and_no_other(
    admin: Made, names: Names
) -> None:
    db = names.subject_db
    await make_user(admin, "admin", "dsr", "readWriteAnyDatabase", "userAdminAnyDatabase")
    await make_user(admin, "admin", "everything", "readAnyDatabase")
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


async def test_whoever_may_not_list_users_is_told_what_to_grant(admin: Made, names: Names) -> None:
    await make_user(admin, "admin", "dsr", {"role": "readWrite", "db": names.subject_db})
    seen = await probes.readers(
        as_user(names, "dsr").mongo_url, names.subject_db, ["members"], "DSR_MONGO_URL"
    )
    # A server without access control lets this user list them all the same.
    assert seen == ()


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
