"""What each part of the house asks of the databases: the words in which roles are written.

Found by recording what every stage really asked of mongod while it carried out every kind of
request, and completed by reading the adapters for what seldom happens. Two collections that nobody
may change or empty are named here, so that a test can hold every role to it.
"""

from __future__ import annotations

from typing import Final

from workers.ports.privileges import EVERY, Grant, Mapped

FIND: Final = ("find",)
ADD: Final = ("find", "insert")
CHANGE: Final = ("find", "insert", "update")
ALL_OF_IT: Final = ("find", "insert", "update", "remove")

ONLY_GROWS: Final = ("archive_reads", "audit_entries", "audit_checkpoints")
"""Of our own collections, those that are only added to: no role may change or remove anything."""
NEVER_REMOVED: Final = (
    *("requests", "receipts", "parked", "sweeps", "announcements", "announcement_marks"),
)
"""Those from which no role may remove a document, history and all."""
MARKERS: Final = "dsr_tombstones"
CONTROL: Final = "dsr_subjects"
_FILES: Final = ("packages.files", "packages.chunks")

# Our own database.
READ_REQUESTS: Final = Grant("own", ("requests",), FIND, "loads requests")
COMMIT: Final = Grant(
    "own", ("requests",), ("find", "update"), "commits transitions, each with its history entry"
)
REGISTER: Final = Grant("own", ("requests",), ("insert",), "registers new requests")
PARK: Final = Grant(
    "own", ("parked", "parked_parts"), CHANGE, "parks what can never be handled, before the ack"
)
SETTLE_PARKED: Final = Grant("own", ("parked",), ("find", "update"), "retries or drops what parked")
READ_PARKED: Final = Grant("own", ("parked", "parked_parts"), FIND, "lists what is parked")
KEEP_EXHIBITS: Final = Grant(
    "own", ("exhibits",), ("find", "insert", "remove"), "keeps evidence until the decision"
)
DESTROY_EXHIBITS: Final = Grant(
    "own", ("exhibits",), ("find", "remove"), "destroys evidence once it is decided"
)
MAKE_PACKAGES: Final = (
    Grant("own", ("packages",), CHANGE, "the rows of packages, which stay"),
    Grant("own", _FILES, ("find", "insert", "remove"), "their sealed content"),
)
DESTROY_PACKAGES: Final = (
    Grant("own", ("packages",), ("find", "update"), "marks packages as destroyed"),
    Grant("own", _FILES, ("find", "remove"), "their sealed content goes"),
)
FETCH_PACKAGES: Final = Grant("own", ("packages", *_FILES), FIND, "hands a package to its person")
RECIPIENT_STATES: Final = Grant(
    "own", ("recipients",), CHANGE, "recipients that are switched off, and their pages' doors"
)
STAFF: Final = (
    Grant("own", ("accounts",), CHANGE, "accounts of the desk"),
    Grant("own", ("sessions", "attempts"), ALL_OF_IT, "their sessions, and tries to sign in"),
)
SWEEPS: Final = Grant("own", ("sweeps",), CHANGE, "what retention sweeps have done")
COUNT: Final = Grant("own", ("attempts",), CHANGE, "counts how often an address came")
READ_SWEEPS: Final = Grant("own", ("sweeps",), FIND, "shows what retention sweeps have done")
RECORD_ARCHIVE_READS: Final = Grant(
    "own", ("archive_reads",), ADD, "who read the archive: recorded before it is read"
)
KEEP_LOG: Final = (
    Grant("own", ("audit_entries", "audit_checkpoints"), ADD, "takes transitions into the log"),
    Grant("own", ("receipts",), CHANGE, "issues receipts"),
)
READ_RECEIPTS: Final = Grant("own", ("receipts",), FIND, "hands out receipts")
READ_LOG: Final = Grant(
    "own",
    ("audit_entries", "audit_checkpoints", "receipts"),
    FIND,
    "checks the log, hands out receipts",
)
ANNOUNCE: Final = Grant(
    "own", ("announcements", "announcement_marks"), CHANGE, "announcements and who has them"
)
DECLARE_OWN: Final = Grant(
    "own",
    (EVERY,),
    ("createCollection", "createIndex", "listCollections", "listIndexes"),
    "declares collections and indexes",
)

READ_LAYOUT: Final = Grant("own", ("schema",), FIND, "which version the stored form has")
MIGRATE: Final = (
    Grant("own", ("schema",), CHANGE, "how far the migrations are"),
    Grant("own", ("requests",), ("find", "update"), "brings what is stored into its new form"),
)

# Wrapped keys.
OPEN_SEALS: Final = (
    Grant("keys", ("keys",), FIND, "fetches wrapped keys, which the key folder opens"),
    Grant("keys", (EVERY,), ("listCollections",), "looks at the fence that a rollover has put up"),
)
SEAL: Final = Grant("keys", ("keys",), ("insert",), "makes keys")
DESTROY_KEYS: Final = Grant("keys", ("keys",), ("remove",), "destroys keys")
REWRAP: Final = (
    Grant("keys", ("keys",), ("update",), "re-wraps keys under a new epoch"),
    Grant("keys", ("keys",), ("collMod",), "puts up the fence"),
)
DECLARE_KEYS: Final = Grant(
    "keys", (EVERY,), ("createCollection", "listCollections"), "looks whether it is there"
)

# The company's database.
AFTER_A_RESTORE: Final = Grant(
    "company", (MARKERS,), FIND, "refuses to start after a restore that brought people back"
)
IDENTIFY: Final = (
    Grant("company", (Mapped.HOMES,), ("find", "listIndexes"), "finds people and their contacts"),
    Grant("company", (CONTROL,), CHANGE, "restricts, and claims what must not happen twice"),
)
READ_PERSON: Final = Grant("company", (Mapped.HOMES,), FIND, "reads a person's own document")
READ_CONTROL: Final = Grant("company", (CONTROL,), FIND, "what is restricted")
CONTROLS: Final = Grant("company", (CONTROL,), CHANGE, "the proof of what was done, once")
READ_MAPPED: Final = Grant("company", (Mapped.ALL,), FIND, "reads what the data map names")
CHANGE_MAPPED: Final = Grant(
    "company", (Mapped.ALL,), ("find", "update"), "changes what the data map names, every copy"
)
ERASE_MAPPED: Final = (
    Grant(
        "company",
        (Mapped.ALL, Mapped.LEDGERS),
        ("find", "update", "remove"),
        "deletes or makes anonymous what the data map names",
    ),
    Grant("company", (CONTROL,), ALL_OF_IT, "how far a deletion has got; it goes in the end"),
    Grant("company", (MARKERS,), CHANGE, "marks who was deleted; no mark is ever removed"),
)
READ_LEDGERS: Final = Grant("company", (Mapped.LEDGERS,), FIND, "who received what")
RECORD_DISCLOSURES: Final = Grant(
    "company", (Mapped.LEDGERS,), ADD, "records what is passed on; nothing of it is changed"
)
DECLARE_COMPANY: Final = Grant(
    "company",
    (EVERY,),
    ("find", "createCollection", "createIndex", "collMod", "listCollections", "listIndexes"),
    "declares the `_usable` views, and indexes where `--indexes` asks for them",
)

# The archive.
ARCHIVE: Final = Grant(
    "archive", ("documents", "holdings"), CHANGE, "keeps what a law wants kept, sealed"
)
DESTROY_ARCHIVED: Final = Grant(
    "archive", ("documents", "holdings", "spent_keys"), ALL_OF_IT, "destroys what is due"
)
READ_ARCHIVE: Final = Grant(
    "archive", ("documents", "holdings"), FIND, "what is kept, and since when"
)
DECLARE_ARCHIVE: Final = Grant(
    "archive",
    (EVERY,),
    ("createCollection", "createIndex", "listCollections", "listIndexes"),
    "declares collections and indexes",
)

# All of a house that is open.
HOUSE: Final = (READ_REQUESTS, READ_LAYOUT, *OPEN_SEALS)
"""What `open_parts` asks, whoever opens it."""
RETENTION: Final = (
    *(REGISTER, COMMIT, SWEEPS, DESTROY_ARCHIVED, DESTROY_KEYS, SEAL, READ_CONTROL),
    *DESTROY_PACKAGES,
    Grant(
        "company",
        (Mapped.ALL,),
        ("find", "update", "remove"),
        "destroys what its rule no longer keeps",
    ),
)
"""A sweep, by the clock or by `dsr retention run`."""
