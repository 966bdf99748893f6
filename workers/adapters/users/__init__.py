"""Makes the users of roles on the servers: a module for each kind of server.

Both say what they would change before they change it, and change only what differs. A user that
nobody's role is any more is left alone and told, never removed.
"""

from workers.adapters.users.folder import UserFolder, with_user
from workers.adapters.users.mongo import Known, MongoUsers, address
from workers.adapters.users.rabbit import RabbitUsers, hashed, opens

__all__ = [
    "Known",
    "MongoUsers",
    "RabbitUsers",
    "UserFolder",
    "address",
    "hashed",
    "opens",
    "with_user",
]
