"""Who may do what: every process of the house has users of its own, with the least that it needs.

Pure. Read `needs` (what each part of the house asks of the databases), then `roles` (the table),
`resolve` (the users of one house, under the names of its databases), `definitions` (the same as
RabbitMQ imports it) and `page` (as docs/privileges.md shows it). `workers.wiring.users` makes them.

What servers cannot tell apart stays together, and is no promise: fields of one document (whoever
commits transitions may write all of a request, its history too), kinds of keys in one collection.
"""

from workers.privileges.definitions import definitions, users
from workers.privileges.resolve import Names, broker_user, channel_users, database_user
from workers.privileges.roles import CHANNELS, roles

__all__ = [
    "CHANNELS",
    "Names",
    "broker_user",
    "channel_users",
    "database_user",
    "definitions",
    "roles",
    "users",
]
