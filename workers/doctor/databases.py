"""The databases: servers, permissions, who reads past the views."""

from __future__ import annotations

from workers.adapters import probes
from workers.doctor.finding import Finding, doubtful, version, wrong
from workers.settings import Settings
from workers.wiring import read_datamap

LEAST = (6, 0)
COMPANY = "company database"


async def own(settings: Settings) -> list[Finding]:
    """Requests and parked messages."""
    return await _database("MongoDB", settings.mongo_url, settings.db, "DSR_MONGO_URL")


async def keys(settings: Settings) -> list[Finding]:
    """Wrapped keys, on the same server."""
    what, name = "keys database", settings.keys_database
    return await _database(what, settings.mongo_url, name, "DSR_MONGO_URL")


async def company(settings: Settings) -> list[Finding]:
    """What is corrected and deleted."""
    setting = "DSR_SUBJECT_URL" if settings.subject_url else "DSR_MONGO_URL"
    return await _database(COMPANY, settings.subject_server, settings.subject_db, setting)


async def archive(settings: Settings) -> list[Finding]:
    """What the law keeps."""
    setting = "DSR_ARCHIVE_URL" if settings.archive_url else "DSR_MONGO_URL"
    name = settings.archive_db
    return await _database("archive database", settings.archive_server, name, setting)


async def readers(settings: Settings) -> list[Finding]:
    """Who reads what is restricted, since it reads the collections in place of the views."""
    what = "restriction views"
    setting = "DSR_SUBJECT_URL" if settings.subject_url else "DSR_MONGO_URL"
    server, name = settings.subject_server, settings.subject_db
    collections = read_datamap(settings).collections
    if (await probes.database(server, name, setting)).open_to_all:
        return [
            doubtful(
                what,
                "the server lets everybody in, so whoever reaches it reads past the views",
                "start mongod with access control, and let others read the `_usable` views alone",
            )
        ]
    seen = await probes.readers(server, name, collections, setting)
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
    ] or [Finding(what, ok=True, detail="no other database user reads past them")]


async def _database(what: str, server: str, name: str, setting: str) -> list[Finding]:
    seen = await probes.database(server, name, setting)
    findings = [version(what, seen.version, LEAST)]
    if not seen.replica_set:
        findings.append(
            wrong(
                what,
                "not a replica set, so it has no transactions",
                "start mongod with --replSet and initiate it",
            )
        )
    if seen.lacking:
        findings.append(
            wrong(
                what,
                f"the user of {setting} may not {', '.join(seen.lacking)} in `{name}`",
                f"grant it readWrite on `{name}`",
            )
        )
    return findings
