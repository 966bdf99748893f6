"""What a person gets who asks to see what is held about him: the package, as a machine reads it.

The file is one JSON object (`PackageFile`). It holds, for every field of the data map that may be
handed out, each place in which a value of this person stands; nothing of anybody else.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from schemas.base import Ours
from schemas.datamap.base import Label
from schemas.instants import Instant

PACKAGE: Final = "dsr.package/1"

Export = Literal["full", "masked", "never"]


class PackagedField(Ours):
    """A field of the data map, and how it is handed out.

    `masked`: registration numbers and the like, in part only. `never`: what would help whoever gets
    hold of the file, such as a password; that it exists is said, its value is not.
    """

    field: str
    label: Label
    category: str
    export: Export


class PackagedRecipient(Ours):
    """A third party, and the fields that it received according to the ledger of disclosures."""

    recipient: str
    label: Label
    fields: tuple[str, ...]


class PackagedValue(Ours):
    """One value where it stands: `path` is that of the data map, `$[]` any element of an array.

    A date is `YYYY-MM-DD`, a moment ISO 8601 in UTC, an object has the parts that the map declares.
    """

    field: str
    path: str
    value: Any = None
    unreadable: bool = False
    """It is sealed and does not open: altered, or its key is gone."""


class PackagedRecord(Ours):
    """One document that holds something of the person, with that part of it only."""

    collection: str
    at: str | None = None
    """When it happened, where the data map says what tells so."""
    values: tuple[PackagedValue, ...]


class RecordCount(Ours):
    """How many records a collection has in a package."""

    collection: str
    records: int


class PackageHead(Ours):
    """What a package says before its records."""

    schema_: Literal["dsr.package/1"] = Field(default=PACKAGE, alias="schema")
    tracking: str
    made_at: Instant
    issuer: Label
    subject_type: str
    datamap: str
    """The name of the data map that says where personal data is."""
    fields: tuple[PackagedField, ...]
    recipients: tuple[PackagedRecipient, ...]


class PackageFile(PackageHead):
    """The whole file."""

    records: tuple[PackagedRecord, ...]
    counts: tuple[RecordCount, ...]
