"""Makes a replica set of the members it is given, where there is none; ends once it has a primary.

Usage: replica_set.py NAME HOST:PORT …   with MONGO_ADMIN_URL_FILE: a file with an administrator's
address of the first member. Safe to repeat; a set that stands already is left as it is.
"""

import os
import sys
import time
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, ConnectionFailure, OperationFailure
from pymongo.uri_parser import parse_uri

NOT_YET_INITIALIZED = 94
ALREADY_INITIALIZED = 23
LONGEST = 120.0


def main(name: str, *members: str) -> None:
    """Make it, and wait."""
    address = Path(os.environ["MONGO_ADMIN_URL_FILE"]).read_text(encoding="utf-8").strip()
    account = parse_uri(address)
    host, _, port = members[0].rpartition(":")
    client: MongoClient[dict[str, object]] = MongoClient(
        host,
        int(port),
        username=account["username"],
        password=account["password"],
        authSource="admin",
        directConnection=True,
        serverSelectionTimeoutMS=int(LONGEST * 1000),
    )
    with client:
        if not _stands(client):
            each = [{"_id": number, "host": member} for number, member in enumerate(members)]
            try:
                client.admin.command("replSetInitiate", {"_id": name, "members": each})
            except OperationFailure as error:
                if error.code != ALREADY_INITIALIZED:
                    raise
        _await_primary(client)


def _stands(client: MongoClient[dict[str, object]]) -> bool:
    try:
        client.admin.command("replSetGetStatus")
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        return False
    return True


def _await_primary(client: MongoClient[dict[str, object]]) -> None:
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        try:
            found = client.admin.command("hello")
        except (AutoReconnect, ConnectionFailure):
            found = {}
        if found.get("primary"):
            print(f"{found['setName']} has its primary: {found['primary']}")  # noqa: T201
            return
        time.sleep(0.2)
    sys.exit("no primary was elected in two minutes")


if __name__ == "__main__":
    main(*sys.argv[1:])
