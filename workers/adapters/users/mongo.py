"""Users and roles of one MongoDB server, both in its database `admin`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pymongo.errors import OperationFailure

from schemas.errors import NotAllowed
from workers.adapters.mongo import connect, reaching
from workers.adapters.users.folder import with_user
from workers.ports.privileges import DatabaseUser, Privilege

_UNAUTHORIZED: Final = 13
_WRONG_PASSWORD: Final = 18
_HERE: Final = "MongoDB"
Command = tuple[str, str, dict[str, Any]]
"""What it does, in words; the command, and its arguments."""


def address(url: str, user: str, password: str) -> str:
    """The same server for a user of ours, who is one of its database `admin`."""
    split = urlsplit(with_user(url, user, password))
    options = [pair for pair in parse_qsl(split.query) if pair[0].lower() != "authsource"]
    return urlunsplit(split._replace(path="/", query=urlencode(options)))


@dataclass(frozen=True, slots=True)
class Known:
    """A user that is wanted, and its password."""

    user: DatabaseUser
    password: str


class MongoUsers:
    """Of the server at this address, which names an administrator."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def make(self, wanted: Sequence[Known], prefix: str, *, plan: bool) -> list[str]:
        """Whatever is missing or differs; a line for each change, with `plan` only named.

        `prefix`: what the names of a house's users begin with; others of it are told, and stay.
        """
        client = connect(self._url)
        try:
            with reaching(_HERE):
                try:
                    return await self._make(client.admin, wanted, prefix, plan=plan)
                except OperationFailure as error:
                    if error.code != _UNAUTHORIZED:
                        raise
                    raise NotAllowed(
                        "users are made by an administrator: name one in DSR_MONGO_URL (and"
                        " DSR_SUBJECT_URL, DSR_ARCHIVE_URL), with the role `userAdminAnyDatabase`"
                    ) from error
        finally:
            client.close()

    async def _make(
        self, admin: Any, wanted: Sequence[Known], prefix: str, *, plan: bool
    ) -> list[str]:
        roles = await self._roles(admin, [one.user.name for one in wanted])
        users = await self._users(admin)
        changes = []
        for one in wanted:
            name = one.user.name
            commands = [
                *_role(one.user, roles.get(name)),
                *_user(one, users.get(name)),
            ]
            if name in users and not await self._opens(name, one.password):
                commands.append(
                    (f"password of {name} on MongoDB", "updateUser", {"pwd": one.password})
                )
            for what, command, arguments in commands:
                changes.append(what)
                if not plan:
                    await admin.command(command, name, **arguments)
        known = {one.user.name for one in wanted}
        strangers = sorted(u for u in users if u.startswith(f"{prefix}-") and u not in known)
        return changes + [
            f"left alone: {name} on MongoDB, which no role is any more" for name in strangers
        ]

    async def _roles(self, admin: Any, names: Sequence[str]) -> dict[str, set[Privilege]]:
        asked = [{"role": name, "db": "admin"} for name in names]
        answer = await admin.command({"rolesInfo": asked, "showPrivileges": True})
        return {one["role"]: set(map(_privilege, one["privileges"])) for one in answer["roles"]}

    async def _users(self, admin: Any) -> dict[str, list[str]]:
        """The names of the roles of each user of this database."""
        answer = await admin.command({"usersInfo": 1})
        return {user["user"]: [role["role"] for role in user["roles"]] for user in answer["users"]}

    async def _opens(self, name: str, password: str) -> bool:
        client = connect(address(self._url, name, password))
        try:
            await client.admin.command("ping")
        except OperationFailure as error:
            if error.code != _WRONG_PASSWORD:
                raise
            return False
        finally:
            client.close()
        return True


def _role(user: DatabaseUser, there: set[Privilege] | None) -> list[Command]:
    if there == set(user.privileges):
        return []
    command = "createRole" if there is None else "updateRole"
    arguments = {"privileges": [_document(one) for one in user.privileges], "roles": []}
    return [(f"role {user.name} on MongoDB", command, arguments)]


def _user(one: Known, there: list[str] | None) -> list[Command]:
    name = one.user.name
    roles = [{"role": name, "db": "admin"}]
    if there is None:
        arguments = {"pwd": one.password, "roles": roles}
        return [(f"user {name} on MongoDB", "createUser", arguments)]
    if there != [name]:
        return [(f"roles of {name} on MongoDB", "updateUser", {"roles": roles})]
    return []


def _document(privilege: Privilege) -> dict[str, Any]:
    where = {"db": privilege.database, "collection": privilege.collection}
    return {"resource": where, "actions": list(privilege.actions)}


def _privilege(found: Mapping[str, Any]) -> Privilege:
    """As the server tells it, which may be of a kind that we never make."""
    resource = found["resource"]
    return Privilege(
        resource.get("db", "(another kind)"),
        resource.get("collection", "(another kind)"),
        tuple(sorted(found["actions"])),
    )
