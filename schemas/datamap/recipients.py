"""Third parties: who they are, how they are told, and where disclosures to them are recorded."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from schemas.datamap.base import CollectionName, Label, MapModel, Slug
from schemas.datamap.links import KeyType
from schemas.datamap.retention import Duration
from schemas.path import Path


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
    controller_id: str
    identity_type: str = "controller_customer_id"

    @property
    def host(self) -> str:
        """The one host that may be called for this recipient."""
        return urlsplit(self.url).hostname or ""


class AmqpTransport(MapModel):
    """A queue of the recipient's own on our broker."""

    kind: Literal["amqp"] = "amqp"
    queue: Annotated[str, Field(pattern=r"^dsr\.recipient\.[a-z][a-z0-9-]{0,47}$")]


class MailTransport(MapModel):
    """A link by mail to a page where the notice is read and settled."""

    kind: Literal["mail"] = "mail"
    address: Annotated[str, Field(pattern=r"^[\w.+-]{1,64}@[A-Za-z0-9.-]{1,255}$")]


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
