"""The databases: servers, permissions, who reads past the views."""

from __future__ import annotations

from workers.adapters import probes
from workers.doctor.finding import Finding, doubtful, version, wrong
from workers.ports.privileges import Place
from workers.privileges import database_user, roles
from workers.settings import Settings
from workers.wiring import names_of, read_datamap

LEAST = (6, 0)
COMPANY = "company database"


NEEDED = ("find", "insert", "update", "remove")
"""What workers do with documents, where one user does all of it."""


async def own(settings: Settings) -> list[Finding]:
    """Requests and parked messages."""
    return await _database(settings, "MongoDB", "own", "DSR_MONGO_URL")


async def keys(settings: Settings) -> list[Finding]:
    """Wrapped keys, on the same server."""
    return await _database(settings, "keys database", "keys", "DSR_MONGO_URL")


async def company(settings: Settings) -> list[Finding]:
    """What is corrected and deleted."""
    setting = "DSR_SUBJECT_URL" if settings.subject_url else "DSR_MONGO_URL"
    return await _database(settings, COMPANY, "company", setting)


async def archive(settings: Settings) -> list[Finding]:
    """What the law keeps."""
    setting = "DSR_ARCHIVE_URL" if settings.archive_url else "DSR_MONGO_URL"
    return await _database(settings, "archive database", "archive", setting)


async def readers(settings: Settings) -> list[Finding]:
    """Who reads what is restricted, since it reads the collections in place of the views."""
    what = "restriction views"
    setting = "DSR_SUBJECT_URL" if settings.subject_url else "DSR_MONGO_URL"
    server, name = settings.subject_server, settings.subject_db
    datamap, names = read_datamap(settings), names_of(settings)
    # Our own roles read past them, as their table says: they are who corrects and deletes.
    ours = {f"admin.{names.user(role)}" for role in roles(datamap)}
    if (await probes.database(server, name, setting)).open_to_all:
        return [
            doubtful(
                what,
                "the server lets everybody in, so whoever reaches it reads past the views",
                "start mongod with access control, and let others read the `_usable` views alone",
            )
        ]
    seen = await probes.readers(server, name, datamap.collections, setting)
    if seen is None:
        return [
            doubtful(
                what,
                "not looked at who reads past them: this user may not list users",
                f"grant it `viewUser` on all databases, or run `dsr doctor` with {setting} of an"
                " administrator",
            )
        ]
    return [
        doubtful(
            what,
            f"the database user {reader.name} reads past them: {', '.join(reader.collections)}",
            "give it `find` on the `_usable` views alone",
        )
        for reader in seen
        if reader.name not in ours
    ] or [Finding(what, ok=True, detail="no other database user reads past them")]


async def _database(settings: Settings, what: str, place: Place, setting: str) -> list[Finding]:
    names = names_of(settings)
    servers = {"company": settings.subject_server, "archive": settings.archive_server}
    server = servers.get(place, settings.mongo_url)
    seen = await probes.database(server, getattr(names, place), setting)
    findings = [version(what, seen.version, LEAST)]
    if not seen.replica_set:
        findings.append(
            wrong(
                what,
                "not a replica set, so it has no transactions",
                "start mongod with --replSet and initiate it",
            )
        )
    role = next((r for r in roles(read_datamap(settings)) if names.user(r) == seen.user), None)
    if role is not None:
        findings += _as_role(settings, what, place, role, seen)
    elif lacking := seen.lacks(NEEDED):
        findings.append(
            wrong(
                what,
                f"the user of {setting} may not {', '.join(lacking)} in `{seen.name}`",
                f"grant it readWrite on `{seen.name}`",
            )
        )
    return findings


def _as_role(
    settings: Settings, what: str, place: Place, role: str, seen: probes.DatabaseSeen
) -> list[Finding]:
    """Whether a user that is a role's may do what the table says of it."""
    datamap = read_datamap(settings)
    wanted = database_user(roles(datamap)[role], names_of(settings), datamap, (place,))
    return [
        wrong(
            what,
            f"the role `{role}` lacks {', '.join(lacking)} on `{one.collection or seen.name}`",
            "run `dsr init --with-users` again, as it was run before",
        )
        for one in (wanted.privileges if wanted else ())
        if (lacking := seen.lacks(one.actions, one.collection))
    ]
