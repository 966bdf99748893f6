"""From roles to the users of one house: real names of databases, collections, exchanges. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.datamap import DataMap
from schemas.messages import ACKS, INTAKE
from workers.ports.privileges import (
    BrokerUser,
    DatabaseUser,
    Grant,
    Mapped,
    Place,
    Privilege,
    Role,
)
from workers.privileges.roles import intake_words


@dataclass(frozen=True, slots=True)
class Names:
    """How the databases of a house are called; its users are called like the first of them."""

    own: str = "dsr"
    keys: str = "dsr_keys"
    company: str = "company"
    archive: str = "dsr_archive"

    def user(self, role: str) -> str:
        """A role's user, on the broker and in the databases, so that houses can share servers."""
        return f"{self.own}-{role}"


def broker_user(role: Role, names: Names) -> BrokerUser:
    """Its permissions."""
    may = role.broker
    topics = {}
    if may.channels:
        topics[INTAKE] = f"^{_any(intake_words())}\\.{_any(may.channels)}$"
    if may.acks:
        topics[ACKS] = f"^ack\\.{_any(may.acks)}$"
    return BrokerUser(
        names.user(role.name),
        configure=pattern(may.configure),
        write=pattern(may.write),
        read=pattern(may.read),
        topics=topics,
    )


def pattern(names: Iterable[str]) -> str:
    """One expression that is each of these and nothing else; none of them: one that nothing is."""
    some = list(names)
    if not some:
        return "^$"
    return f"^{_any(some)}$"


def _any(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"({'|'.join(names)})"


def database_user(
    role: Role, names: Names, datamap: DataMap, places: Iterable[Place]
) -> DatabaseUser | None:
    """Its user on the server that holds these databases; None where it needs none there."""
    here = set(places)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for grant in role.grants:
        if grant.place in here:
            for collection in _collections(grant, datamap):
                found[getattr(names, grant.place), collection].update(grant.actions)
    if role.server:
        found["", ""].update(role.server)
    if not found:
        return None
    return DatabaseUser(
        names.user(role.name),
        tuple(
            Privilege(database, collection, tuple(sorted(actions)))
            for (database, collection), actions in sorted(found.items())
        ),
    )


def channel_users(roles: Mapping[str, Role], names: Names) -> dict[str, str]:
    """Per channel, the broker users that may publish for it, as `DSR_CHANNEL_USERS` has them."""
    found: dict[str, list[str]] = defaultdict(list)
    for role in roles.values():
        for channel in role.broker.channels:
            found[channel].append(names.user(role.name))
    return {channel: "|".join(users) for channel, users in found.items()}


def _collections(grant: Grant, datamap: DataMap) -> Iterable[str]:
    ledgers = [ledger.collection for ledger in datamap.disclosures]
    of_map = {
        Mapped.HOMES: [subject.home for subject in datamap.subjects.values()],
        Mapped.ALL: list(datamap.collections),
        Mapped.LEDGERS: ledgers,
    }
    for collection in grant.collections:
        yield from of_map[collection] if isinstance(collection, Mapped) else [collection]
