"""The table of roles: complete, tight where it says so, and the same in every file made from it."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from schemas.datamap import AmqpTransport
from tests.cast import datamap
from workers.adapters.users import UserFolder, address, hashed, opens, with_user
from workers.cli.privileges import rendered
from workers.pipeline import STATIONS
from workers.ports.privileges import Place, Role
from workers.privileges import (
    CHANNELS,
    Names,
    broker_user,
    channel_users,
    database_user,
    roles,
)
from workers.privileges.needs import MARKERS, NEVER_REMOVED, ONLY_GROWS
from workers.runtime.topology import topology

ROOT = Path(__file__).parents[2]
ALL: tuple[Place, ...] = ("own", "keys", "company", "archive")
TABLE = roles(datamap())


def may(role: Role, action: str, collection: str) -> bool:
    user = database_user(role, Names(), datamap(), ALL)
    return user is not None and any(
        action in one.actions and one.collection in {collection, ""} for one in user.privileges
    )


def test_every_stage_is_a_role_that_reads_its_own_queue_alone() -> None:
    queues = {queue.name for queue in topology().queues}
    read = {}
    for name in STATIONS:
        pattern = broker_user(TABLE[name], Names()).read
        read[name] = {queue for queue in queues if re.search(pattern, queue)}
    assert all(len(found) == 1 for found in read.values())
    assert set().union(*read.values()) == queues, "every queue has its reader"


@pytest.mark.parametrize("role", TABLE.values(), ids=TABLE)
def test_no_role_may_rewrite_or_remove_what_only_grows(role: Role) -> None:
    for name in ONLY_GROWS:
        assert not may(role, "update", name)
    for name in (*ONLY_GROWS, *NEVER_REMOVED, MARKERS):
        assert not may(role, "remove", name)
        assert not may(role, "dropCollection", name)


def test_whoever_verifies_destroys_nothing_and_only_few_destroy() -> None:
    def destroy(collection: str) -> set[str]:
        return {name for name, role in TABLE.items() if may(role, "remove", collection)}

    assert destroy("members") == {"deletion", "upkeep", "retention", "worker", "operator"}
    assert "verification" not in destroy("keys")
    assert destroy("documents") == {"upkeep", "retention", "worker", "operator"}


def test_a_channel_speaks_for_itself_and_for_nobody_else() -> None:
    for channel in CHANNELS:
        user = broker_user(TABLE[f"channel-{channel}"], Names())
        (pattern,) = user.topics.values()
        spoken = [
            key
            for other in CHANNELS
            for key in (f"submission.{other}", f"proof.{other}", f"withdrawal.{other}")
            if re.search(pattern, key)
        ]
        assert spoken == [f"{word}.{channel}" for word in ("submission", "proof", "withdrawal")]
        assert re.search(user.write, "dsr.intake")
        assert not re.search(user.write, "dsr.work")
        assert not re.search(user.write, "dsr.intake.another")
        assert (user.configure, user.read) == ("^$", "^$")


def test_whoever_may_speak_for_a_channel_is_told_to_the_workers() -> None:
    allowed = channel_users(TABLE, Names(own="acme"))
    assert set(allowed) == set(CHANNELS)
    assert "acme-channel-web" in allowed["web"].split("|")
    assert "acme-mailbox" in allowed["email"].split("|")
    assert "acme-mailbox" not in allowed["web"].split("|")


def test_a_recipient_with_a_queue_reads_it_and_propagation_writes_to_it() -> None:
    the_map = datamap()
    name, recipient = next(iter(the_map.recipients.items()))
    told = recipient.model_copy(
        update={"transport": AmqpTransport(queue="dsr.recipient.hanbit-delivery")}
    )
    table = roles(the_map.model_copy(update={"recipients": {name: told}}))
    reader = broker_user(table[f"recipient-{name}"], Names())
    assert re.search(reader.read, "dsr.recipient.hanbit-delivery")
    assert not re.search(reader.read, "dsr.work")
    assert reader.write == r"^dsr\.acks$"
    assert reader.topics == {"dsr.acks": r"^ack\.hanbit\-delivery$"}
    writer = broker_user(table["propagation"], Names())
    assert re.search(writer.write, "dsr.recipient.hanbit-delivery")
    assert not re.search(
        broker_user(table["mailing"], Names()).write, "dsr.recipient.hanbit-delivery"
    )


def test_databases_on_servers_of_their_own_get_users_of_their_own() -> None:
    deletion = TABLE["deletion"]
    archive = database_user(deletion, Names(archive="kept"), datamap(), ("archive",))
    assert archive is not None
    assert {one.database for one in archive.privileges} == {"kept"}
    assert database_user(TABLE["mailing"], Names(), datamap(), ("archive",)) is None


def test_the_committed_definitions_and_the_page_are_those_of_the_table() -> None:
    page = (ROOT / "docs/privileges.md").read_text(encoding="utf-8")
    for file, content in rendered(datamap(), page).items():
        assert (ROOT / file).read_text(encoding="utf-8") == content, "run `dsr privileges --out .`"
    made = json.loads((ROOT / "deploy/rabbitmq/definitions.json").read_text())
    assert {user["password_hash"] for user in made["users"]} == {""}


# --- What is kept for the roles ------------------------------------------------------------------


def test_a_password_is_made_once_and_stays(tmp_path: Path) -> None:
    folder = UserFolder(tmp_path / "roles")
    url = with_user("amqp://guest:guest@rabbit:5672/vhost", "dsr-form", folder.password("form"))
    assert folder.keep("form", {"DSR_AMQP_URL": url}, plan=True) == ["file form/DSR_AMQP_URL"]
    assert not (tmp_path / "roles").exists()
    folder.keep("form", {"DSR_AMQP_URL": url}, plan=False)
    assert folder.keep("form", {"DSR_AMQP_URL": url}, plan=False) == []
    again = with_user("amqp://a:b@elsewhere", "dsr-form", folder.password("form"))
    assert again.split("@")[0] == url.split("@")[0]
    file = tmp_path / "roles/form/DSR_AMQP_URL"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("administrator", "expected"),
    [
        ("mongodb://127.0.0.1/", "mongodb://u:p%40@127.0.0.1/"),
        (
            "mongodb://root:x@a:1,b:2/other?replicaSet=rs0&authSource=other",
            "mongodb://u:p%40@a:1,b:2/?replicaSet=rs0",
        ),
        ("mongodb+srv://root:x@cluster.example", "mongodb+srv://u:p%40@cluster.example/"),
    ],
)
def test_a_users_address_is_the_administrators_but_for_who_it_is(
    administrator: str, expected: str
) -> None:
    assert address(administrator, "u", "p@") == expected


def test_a_hash_opens_for_its_password_alone() -> None:
    made = hashed("geheim")
    assert opens(made, "geheim")
    assert not opens(made, "anderes")
    assert made != hashed("geheim"), "salted"
