"""What a role may do on the broker and in the databases, as plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Place = Literal["own", "keys", "company", "archive"]
"""Which database: `DSR_DB`, `DSR_KEYS_DB`, `DSR_SUBJECT_DB`, `DSR_ARCHIVE_DB`."""


class Mapped(StrEnum):
    """Collections of the company, which only a data map can name."""

    HOMES = "homes of the data map"
    """Where the people of each subject type have their own document."""
    ALL = "all of the data map"
    LEDGERS = "ledgers of the data map"
    """Where disclosures are recorded."""


EVERY = ""
"""In place of a collection: every one of the database, as MongoDB writes it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions, by MongoDB's names, on collections of one database; and what they are for."""

    place: Place
    collections: tuple[str | Mapped, ...]
    actions: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class BrokerRights:
    """Names of exchanges and queues, each a regular expression of its own."""

    configure: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    """The intake channels for which it publishes; whoever writes to the intake has some."""
    acks: tuple[str, ...] = ()
    """The recipients for which it acknowledges; whoever writes to that exchange has some."""


@dataclass(frozen=True, slots=True)
class Role:
    """Who runs as it, and what it may do; without grants it has no user in the databases."""

    name: str
    who: str
    broker: BrokerRights
    grants: tuple[Grant, ...] = ()
    server: tuple[str, ...] = ()
    """Actions on all databases of a server, such as to list its users."""


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user of RabbitMQ with its permissions on one virtual host, as RabbitMQ writes them."""

    name: str
    configure: str
    write: str
    read: str
    topics: Mapping[str, str] = field(default_factory=dict)
    """Per topic exchange, the routing keys under which it may publish."""


@dataclass(frozen=True, slots=True)
class Privilege:
    """Actions on one collection, or (`EVERY`) on one database, or on all databases (no name)."""

    database: str
    collection: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatabaseUser:
    """A user of MongoDB and the one role of the same name that it has, both in `admin`."""

    name: str
    privileges: tuple[Privilege, ...]
