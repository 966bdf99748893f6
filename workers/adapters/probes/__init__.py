"""Look at servers without changing anything, for `dsr doctor`: a module for each kind of server."""

from workers.adapters.probes.broker import BrokerSeen, broker, place_of
from workers.adapters.probes.databases import DatabaseSeen, Reader, database, readers
from workers.adapters.probes.mail import mail
from workers.adapters.probes.management import (
    Alarm,
    ManagementSeen,
    Permissions,
    Policy,
    management,
)

__all__ = [
    "Alarm",
    "BrokerSeen",
    "DatabaseSeen",
    "ManagementSeen",
    "Permissions",
    "Policy",
    "Reader",
    "broker",
    "database",
    "mail",
    "management",
    "place_of",
    "readers",
]
