"""Third parties: who they are, how they are told, and where disclosures to them are recorded."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from schemas.datamap.base import CollectionName, Label, MapModel, Slug
from schemas.datamap.links import KeyType
from schemas.datamap.retention import Duration
from schemas.path import Path

MailAddress = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9.-]{1,255}$")]


class WebhookTransport(MapModel):
    """JSON over HTTPS, signed as Standard Webhooks; the secret comes from the settings."""

    kind: Literal["webhook"] = "webhook"
    url: str

    @property
    def host(self) -> str:
        """The one host that may be called for this recipient."""
        return urlsplit(self.url).hostname or ""


class OpenDsrTransport(MapModel):
    """OpenDSR 2.0 for deletion and access, our namespaced extension for correction."""

    kind: Literal["opendsr"] = "opendsr"
    url: str
    """Up to the version: `https://opendsr.processor.example/v2`."""
    controller_id: Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]
    """What the processor calls us."""
    domain: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,252}$")] | None = None
    """Of the certificate by which it signs, where it is not the host's."""
    identity_type: Literal[
        "controller_customer_id", "email", "android_advertising_id", "android_id",
        "fire_advertising_id", "ios_advertising_id", "ios_vendor_id", "microsoft_advertising_id",
        "microsoft_publisher_id", "roku_publisher_id", "roku_advertising_id",
    ] = "controller_customer_id"  # fmt: skip
    """What `subject_key` is, in the words of OpenDSR."""
    regulation: Literal["gdpr", "ccpa"] = "gdpr"
    """OpenDSR knows two; for another law, the one that the processor goes by."""

    @property
    def host(self) -> str:
        """The one host that may be called for this recipient."""
        return urlsplit(self.url).hostname or ""

    @property
    def signs_as(self) -> str:
        """The domain of the certificate by which it signs."""
        return self.domain or self.host


class AmqpTransport(MapModel):
    """An exchange and a queue of that name, the recipient's own, on our broker or another."""

    kind: Literal["amqp"] = "amqp"
    queue: Annotated[str, Field(pattern=r"^dsr\.recipient\.[a-z][a-z0-9-]{0,47}$")]


class MailTransport(MapModel):
    """A link by mail to a page where the notice is read and settled."""

    kind: Literal["mail"] = "mail"
    address: MailAddress
    language: Literal["ko", "en"] = "ko"


class TaskTransport(MapModel):
    """A checklist item at the desk, for paper and for systems without an interface."""

    kind: Literal["task"] = "task"
    instructions: Label


Transport = Annotated[
    WebhookTransport | OpenDsrTransport | AmqpTransport | MailTransport | TaskTransport,
    Field(discriminator="kind"),
]


class Recipient(MapModel):
    """A third party to whom fields were disclosed.

    `subject_key` is what it knows the person by: `key` (the subject's own key) or a field's name.
    `fields` are the names it may receive, ours -> its own.
    """

    label: Label
    subject: Slug
    subject_key: Slug = "key"
    fields: dict[Slug, str] = Field(min_length=1)
    transport: Transport
    acknowledge_within: Duration = Duration(3, "day")
    contact: MailAddress | None = None
    """Where a person there gets the code for the page of its open notices."""

    @property
    def reached_at(self) -> str | None:
        """The address of a person there, where the map has one."""
        return self.transport.address if isinstance(self.transport, MailTransport) else self.contact


class LedgerRecord(MapModel):
    """Where our own entries have what the company's need not have: their id, and on which basis."""

    id: Path = Path(("_id",))
    basis: Path = Path(("basis",))
    reference: Path = Path(("reference",))


class DisclosureLedger(MapModel):
    """Where the company records what it gave to whom; every path is in `collection`.

    `fields` leads to a list of names; `field_names` and `recipient_names` translate stored names
    into ours where they differ.
    """

    collection: CollectionName
    subject: Slug
    subject_key: Path
    key_type: KeyType | None = None
    recipient: Path
    fields: Path
    at: Path
    field_names: dict[str, Slug] = Field(default_factory=dict)
    recipient_names: dict[str, str] = Field(default_factory=dict)
    record: LedgerRecord | None = None
    """With it the disclosure gate writes into this ledger; one for each type of person."""
