"""The table: every role of the house, and what it may do.

A stage is a role, since it is what runs as a process of its own. `worker` and `web` are for a house
that runs all stages, or all pages, in one process: they may do what those together may do, and keep
nothing of what is said of them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final, get_args

from schemas.datamap import AmqpTransport, DataMap
from schemas.messages import ACKS, EVENTS, INTAKE, WORK
from schemas.submission import Channel
from workers.pipeline import PIPELINE, Station
from workers.ports.privileges import BrokerRights, Grant, Role
from workers.privileges import needs
from workers.runtime.topology import DEAD, queue_name, topology

CHANNELS: Final[tuple[str, ...]] = get_args(Channel)
_ANSWERS: Final = "amq.default"
"""What permissions call the exchange by which a publisher hears what became of its message."""
_OWN_QUEUE: Final = r"amq\.gen-.*"
"""What the broker calls the exclusive queue of a listener."""

_OF_STAGES: Final[Mapping[str, tuple[Grant, ...]]] = {
    "registration": (needs.REGISTER,),
    "verification": needs.IDENTIFY,
    "review": (*needs.IDENTIFY, needs.DESTROY_EXHIBITS, needs.DESTROY_KEYS),
    "correction": (needs.CHANGE_MAPPED, needs.CONTROLS),
    "access": (
        *(needs.READ_MAPPED, needs.READ_LEDGERS, needs.CONTROLS, needs.DESTROY_KEYS),
        *needs.MAKE_PACKAGES,
    ),
    "deletion": (
        *(*needs.ERASE_MAPPED, needs.ARCHIVE, needs.DESTROY_KEYS),
        *needs.DESTROY_PACKAGES,
    ),
    "restriction": (needs.READ_PERSON, needs.CONTROLS),
    "objection": (needs.CHANGE_MAPPED, needs.CONTROLS),
    "propagation": (
        *(needs.READ_PERSON, needs.READ_CONTROL, needs.READ_LEDGERS, needs.RECIPIENT_STATES),
    ),
    "completion": (),
    "mailing": (),
    "upkeep": (*needs.RETENTION, *needs.KEEP_LOG),
}
"""Beside what all stages need."""

_STAGE: Final = (*needs.HOUSE, needs.COMMIT, needs.PARK, needs.SEAL, needs.AFTER_A_RESTORE)
_DESK: Final = (
    *(*needs.HOUSE, needs.COMMIT, needs.SEAL, needs.DESTROY_KEYS, needs.AFTER_A_RESTORE),
    *(*needs.IDENTIFY, needs.READ_MAPPED, needs.READ_LEDGERS),
    *(needs.KEEP_EXHIBITS, needs.READ_PARKED, needs.SETTLE_PARKED, *needs.STAFF),
    *(needs.RECIPIENT_STATES, needs.FETCH_PACKAGES, needs.READ_SWEEPS),
    *(needs.READ_ARCHIVE, needs.RECORD_ARCHIVE_READS, needs.READ_LOG),
)
_ROTATION: Final = (*(*needs.HOUSE, needs.COMMIT, *needs.REWRAP, needs.AFTER_A_RESTORE),)


def roles(datamap: DataMap) -> dict[str, Role]:
    """Every role by its name; the map says which recipients have a queue on our broker."""
    queues = recipient_queues(datamap)
    stages = [_stage(station, queues) for station in PIPELINE]
    pages = [_form(), _links(), _recipients_pages(), _desk()]
    rare = [_init(queues), _retention(), _keys(), _doctor()]
    own = [
        *stages,
        _together("worker", "`dsr worker` with all stages in one process", stages),
        *pages,
        _together("web", "`dsr web` with all pages in one process", pages),
        _mailbox(),
        *rare,
        _operator([*stages, *pages, *rare]),
    ]
    others = [
        *map(_channel, CHANNELS),
        _listener(),
        *(_recipient(name, queue) for name, queue in queues.items()),
    ]
    return {role.name: role for role in (*own, *others)}


def recipient_queues(datamap: DataMap) -> dict[str, str]:
    """Per recipient that is told by a queue, its name, which is its exchange's as well."""
    return {
        name: recipient.transport.queue
        for name, recipient in datamap.recipients.items()
        if isinstance(recipient.transport, AmqpTransport)
    }


def intake_words() -> tuple[str, ...]:
    """The first words of routing keys on the intake."""
    return tuple(word for station in PIPELINE for word, _ in station.intake)


def _stage(station: Station, queues: Mapping[str, str]) -> Role:
    write = list(_names(WORK, EVENTS))
    if station.intake:
        write += _names(_ANSWERS)
    if station.name == "propagation":
        write += _names(*queues.values())
    read = _names(queue_name(station) if station.listens else DEAD)
    who = f"`dsr worker {station.name}`"
    grants = (*_STAGE, *_OF_STAGES[station.name])
    return Role(station.name, who, BrokerRights(write=tuple(write), read=read), grants)


def _form() -> Role:
    return Role(
        "form",
        "`dsr web --pages form`: the request form and the page for a code; it only publishes",
        BrokerRights(write=_names(INTAKE), channels=("web",)),
    )


def _links() -> Role:
    """Links and the status page carry what verification and access decide."""
    return Role(
        "links",
        "`dsr web --pages links`: links of mails, status, packages, certificates, receipts",
        BrokerRights(write=_names(INTAKE, WORK, EVENTS), channels=("web",)),
        (
            *(*needs.HOUSE, needs.COMMIT, *needs.IDENTIFY),
            *(needs.FETCH_PACKAGES, needs.READ_RECEIPTS, needs.COUNT),
        ),
    )


def _recipients_pages() -> Role:
    return Role(
        "recipients",
        "`dsr web --pages recipients`: acknowledgements, callbacks, the disclosure gate",
        BrokerRights(write=_names(WORK, EVENTS)),
        (
            *(*needs.HOUSE, needs.COMMIT, needs.READ_MAPPED, needs.CONTROLS),
            *(needs.RECORD_DISCLOSURES, needs.RECIPIENT_STATES, needs.COUNT),
        ),
    )


def _desk() -> Role:
    return Role(
        "desk",
        "`dsr web --pages desk`, and its commands: `dsr review`, `calls`, `letters`, `dead` …",
        BrokerRights(write=_names(INTAKE, WORK, EVENTS), channels=CHANNELS),
        _DESK,
    )


def _mailbox() -> Role:
    return Role(
        "mailbox",
        "`dsr mailbox`",
        BrokerRights(write=_names(INTAKE, WORK, EVENTS), channels=("email",)),
        (*needs.HOUSE, needs.COMMIT, needs.SEAL, needs.KEEP_EXHIBITS),
    )


def _init(queues: Mapping[str, str]) -> Role:
    wanted = topology()
    ours = [*wanted.exchanges, *(queue.name for queue in wanted.queues), *queues.values()]
    names = _names(*ours)
    return Role(
        "init",
        "`dsr init`, without `--with-users`, which takes an administrator",
        # A queue is bound by whoever may write to it and read the exchange; what it gives up on
        # goes by the default exchange.
        BrokerRights(configure=names, write=(*names, *_names(_ANSWERS)), read=names),
        (
            *(*needs.HOUSE, needs.DECLARE_OWN, *needs.MIGRATE, needs.DECLARE_KEYS),
            *(needs.DECLARE_COMPANY, needs.DECLARE_ARCHIVE),
        ),
    )


def _retention() -> Role:
    return Role(
        "retention",
        "`dsr retention run`",
        BrokerRights(write=_names(WORK, EVENTS)),
        (*needs.HOUSE, *needs.RETENTION, needs.AFTER_A_RESTORE),
    )


def _keys() -> Role:
    return Role("keys", "`dsr keys rotate`", BrokerRights(write=_names(WORK, EVENTS)), _ROTATION)


def _doctor() -> Role:
    """It looks, and changes nothing; passive declarations ask for no permission."""
    return Role(
        "doctor",
        "`dsr doctor`",
        BrokerRights(),
        (*needs.HOUSE, needs.AFTER_A_RESTORE),
        server=("viewRole", "viewUser"),
    )


def _operator(all_others: Iterable[Role]) -> Role:
    """Commands that are rare and reach far: a restore, an announcement, sealing a field."""
    return _together(
        "operator",
        "a person who runs the rare commands: `dsr restore`, `announce`, `seal`, `disclosures`",
        all_others,
        needs.ANNOUNCE,
        needs.CHANGE_MAPPED,
        needs.RECORD_DISCLOSURES,
        needs.RECORD_ARCHIVE_READS,
    )


def _channel(name: str) -> Role:
    return Role(
        f"channel-{name}",
        f"the intake channel `{name}`, where it is a program of yours",
        BrokerRights(write=_names(INTAKE), channels=(name,)),
    )


def _listener() -> Role:
    """A downstream system: an exclusive queue of its own, and whatever `dsr.events` tells."""
    return Role(
        "events",
        "whoever listens to `dsr.events`",
        BrokerRights(
            configure=(_OWN_QUEUE,), write=(_OWN_QUEUE,), read=(_OWN_QUEUE, *_names(EVENTS))
        ),
    )


def _recipient(name: str, queue: str) -> Role:
    who = f"the third party `{name}`, which reads its queue on our broker, and acknowledges there"
    rights = BrokerRights(write=_names(ACKS), read=_names(queue), acks=_names(name))
    return Role(f"recipient-{name}", who, rights)


def _together(name: str, who: str, parts: Iterable[Role], *more: Grant) -> Role:
    """Everything that these may do."""
    parts = list(parts)
    rights = [part.broker for part in parts]
    return Role(
        name,
        who,
        BrokerRights(
            configure=_once(chain.from_iterable(one.configure for one in rights)),
            write=_once(chain.from_iterable(one.write for one in rights)),
            read=_once(chain.from_iterable(one.read for one in rights)),
            channels=_once(chain.from_iterable(one.channels for one in rights)),
            acks=_once(chain.from_iterable(one.acks for one in rights)),
        ),
        tuple(dict.fromkeys((*chain.from_iterable(part.grants for part in parts), *more))),
        _once(chain.from_iterable(part.server for part in parts)),
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _names(*names: str) -> tuple[str, ...]:
    return tuple(map(re.escape, names))
