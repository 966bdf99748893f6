"""Where everything lies: our database, the keys', the company's and the archive's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from workers.adapters import mongo
from workers.settings import Settings


@dataclass(frozen=True, slots=True)
class Databases:
    """One client for each server, however many of the databases it holds."""

    client: mongo.Client
    own: mongo.Database
    keys: mongo.Collection
    company: mongo.Database
    archive: mongo.Database


@contextmanager
def open_databases(settings: Settings) -> Iterator[Databases]:
    """Clients, which connect when they are first asked something, and are closed at the end."""
    with ExitStack() as stack:

        def client_of(server: str) -> mongo.Client:
            if server == settings.mongo_url:
                return client
            another = mongo.connect(server)
            stack.callback(another.close)
            return another

        client = mongo.connect(settings.mongo_url)
        stack.callback(client.close)
        yield Databases(
            client=client,
            own=mongo.database(client, settings.db),
            keys=mongo.keys_collection(client, settings.keys_database),
            company=mongo.database(client_of(settings.subject_server), settings.subject_db),
            archive=mongo.database(client_of(settings.archive_server), settings.archive_db),
        )
