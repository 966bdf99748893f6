"""`dsr init --with-users`: the users of all roles, on every server, and what they log in with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from workers import privileges
from workers.adapters import probes
from workers.adapters.users import Known, MongoUsers, RabbitUsers, UserFolder, address, with_user
from workers.ports.privileges import BrokerUser, Place
from workers.settings import Settings
from workers.wiring.company import read_datamap

IMPORT = "rabbitmq-users.json"
"""What a broker without a management API is given with `rabbitmqctl import_definitions`."""
_CHANNEL_USERS = "DSR_CHANNEL_USERS"


async def make_users(settings: Settings, folder: Path, *, plan: bool = False) -> list[str]:
    """Make whatever is missing or differs; a line for each change, with `plan` only named.

    The settings name administrators. Passwords that stand in the folder are kept.
    """
    datamap = read_datamap(settings)
    names = names_of(settings)
    roles = privileges.roles(datamap)
    kept = UserFolder(folder)
    passwords = {name: kept.password(name) for name in roles}
    values: dict[str, dict[str, str]] = defaultdict(dict)

    vhost, _ = probes.place_of(settings.amqp_url)
    users = [privileges.broker_user(role, names) for role in roles.values()]
    rabbit = RabbitUsers(
        {names.user(role): password for role, password in passwords.items()},
        partial(_rendered, users, vhost),
    )
    changes = rabbit.write(folder / IMPORT, plan=plan)
    if settings.amqp_management_url:
        url = settings.amqp_management_url
        changes += await rabbit.tell(url, names.own, plan=plan)
    for name in roles:
        values[name]["DSR_AMQP_URL"] = with_user(
            settings.amqp_url, names.user(name), passwords[name]
        )

    for server, places in _servers(settings).items():
        known = {
            name: Known(user, passwords[name])
            for name, role in roles.items()
            if (user := privileges.database_user(role, names, datamap, chain(*places.values())))
        }
        changes += await MongoUsers(server).make([*known.values()], names.own, plan=plan)
        for name, one in known.items():
            for setting in places:
                values[name][setting] = address(server, one.user.name, one.password)

    allowed = privileges.channel_users(roles, names)
    for name, role in roles.items():
        if role.grants:
            values[name][_CHANNEL_USERS] = ",".join(f"{c}={users}" for c, users in allowed.items())
        changes += kept.keep(name, values[name], plan=plan)
    return changes


def _servers(settings: Settings) -> dict[str, dict[str, list[Place]]]:
    """Per server, which databases it holds, by the setting that names it."""
    company = "DSR_SUBJECT_URL" if settings.subject_url else "DSR_MONGO_URL"
    archive = "DSR_ARCHIVE_URL" if settings.archive_url else "DSR_MONGO_URL"
    where: tuple[tuple[str, str, Place], ...] = (
        (settings.mongo_url, "DSR_MONGO_URL", "own"),
        (settings.mongo_url, "DSR_MONGO_URL", "keys"),
        (settings.subject_server, company, "company"),
        (settings.archive_server, archive, "archive"),
    )
    found: dict[str, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for server, setting, place in where:
        found[server][setting].append(place)
    return found


def _rendered(
    users: Sequence[BrokerUser], vhost: str, hashes: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    return privileges.users(users, hashes, vhost)


def names_of(settings: Settings) -> privileges.Names:
    """How the databases of this house are called."""
    return privileges.Names(
        settings.db, settings.keys_database, settings.subject_db, settings.archive_db
    )
