"""The whole map, and the questions that the rest of the program asks it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from schemas.datamap.addresses import url_fault
from schemas.datamap.base import CollectionName, Label, MapModel, RecipientName, Slug
from schemas.datamap.deletion import Delete
from schemas.datamap.links import KeyedObjectLink, KeyLink, ViaLink
from schemas.datamap.organisation import Organisation
from schemas.datamap.placements import Hop, Placement
from schemas.datamap.recipients import (
    DisclosureLedger,
    OpenDsrTransport,
    Recipient,
    WebhookTransport,
)
from schemas.datamap.retention import RetentionBasis, RetentionRule
from schemas.datamap.subjects import Collection, SubjectType
from schemas.errors import DataMapError

if TYPE_CHECKING:
    from schemas.datamap.fields import Copy, DataField
    from schemas.datamap.links import Link


class DataMap(MapModel):
    """One company database. Build it with `parse`, which also checks what spans several parts."""

    schema_: Literal["dsr.datamap/1"] = Field(alias="schema")
    name: Slug
    organisation: Organisation
    subjects: dict[Slug, SubjectType] = Field(min_length=1)
    collections: dict[CollectionName, Collection] = Field(min_length=1)
    retention_bases: dict[Slug, RetentionBasis] = Field(default_factory=dict)
    retention_rules: tuple[RetentionRule, ...] = ()
    recipients: dict[RecipientName, Recipient] = Field(default_factory=dict)
    disclosures: tuple[DisclosureLedger, ...] = ()

    def field(self, subject: str, name: str) -> DataField | None:
        """Give the field of that name, None where the subject type has none."""
        return self.subjects[subject].fields.get(name)

    def knows(self, name: str) -> bool:
        """Whether any subject type has a field of that name."""
        return any(name in subject.fields for subject in self.subjects.values())

    def field_named(self, name: str, subject: str | None = None) -> DataField:
        """Give it from that type, or else from the first that has it; KeyError where none has."""
        if subject is not None:
            return self.subjects[subject].fields[name]
        for declared in self.subjects.values():
            if name in declared.fields:
                return declared.fields[name]
        raise KeyError(name)

    def has(self, kind: str, subject: str, name: str) -> bool:
        """Whether a request of that kind can name it: an objection a purpose, others a field."""
        declared = self.subjects[subject]
        return name in (declared.purposes if kind == "objection" else declared.fields)

    def label(self, kind: str, name: str, subject: str | None = None) -> Label:
        """What people call it; without a type, as the first that has it does; else KeyError."""
        if kind != "objection":
            return self.field_named(name, subject).label
        types = self.subjects.values() if subject is None else [self.subjects[subject]]
        for declared in types:
            if name in declared.purposes:
                return declared.purposes[name].label
        raise KeyError(name)

    def consent_places(self, subject: str, purpose: str) -> tuple[Placement, ...]:
        """Where the consents of a purpose stand, in their order."""
        home = self.subjects[subject].home
        return tuple(
            Placement(
                subject=subject,
                field=purpose,
                collection=consent.collection or home,
                path=consent.path,
                link=self._link(subject, consent.collection or home, consent.link),
                where=consent.where,
                home=consent.link is None and consent.collection in {None, home},
                follow=True,
                sealed=False,
                part=None,
                text=None,
                parts={},
                on_delete=Delete(),
            )
            for consent in self.subjects[subject].purposes[purpose].consents
        )

    def link(self, subject: str, collection: str) -> Link | None:
        """How documents of the collection belong to subjects of the type; None: they do not."""
        declared = self.collections[collection].links.get(subject)
        home = self.subjects[subject]
        if declared is None and home.home == collection:
            return KeyLink(key=home.key, key_type=home.key_type)
        return declared

    def own_link(self, subject: str, collection: str) -> Link | None:
        """The collection's own link as placements have it, with its key type filled in."""
        if self.link(subject, collection) is None:
            return None
        return self._link(subject, collection, None)

    def placements(self, subject: str, name: str) -> tuple[Placement, ...]:
        """Every place of a field: its own first, then the copies in the order of the file."""
        return self._places[subject, name]

    def placements_in(self, collection: str) -> tuple[Placement, ...]:
        """Every mapped place in one collection, of all subject types: what its view must guard."""
        return tuple(
            place
            for places in self._places.values()
            for place in places
            if place.collection == collection
        )

    def hops(self, subject: str, link: Link) -> tuple[tuple[Hop, ...], Link]:
        """Follow `via` to its end: the hops from the document on, and the link that ends them."""
        hops: list[Hop] = []
        while isinstance(link, ViaLink):
            via = link.via
            hops.append(Hop(via.collection, via.local, via.foreign))
            link = self._link(subject, via.collection, None)
        return tuple(hops), link

    def recipients_of(self, subject: str, fields: set[str]) -> dict[str, Recipient]:
        """Those that may have received any of the fields; the ledger says whether they did."""
        return {
            name: recipient
            for name, recipient in self.recipients.items()
            if recipient.subject == subject and fields & recipient.fields.keys()
        }

    def with_recipient_url(
        self, name: str, url: str, *, allow_private_recipients: bool = False
    ) -> DataMap:
        """Give the map with another address for one recipient; `DataMapError` where it is none."""
        where = f"recipients.{name}"
        recipient = self.recipients.get(name)
        if recipient is None or not isinstance(
            recipient.transport, WebhookTransport | OpenDsrTransport
        ):
            raise DataMapError(where, "is no recipient with an address")
        if reason := url_fault(url, allow_private=allow_private_recipients):
            raise DataMapError(f"{where}.transport.url", reason)
        transport = recipient.transport.model_copy(update={"url": url})
        changed = recipient.model_copy(update={"transport": transport})
        return self.model_copy(update={"recipients": self.recipients | {name: changed}})

    @cached_property
    def _places(self) -> dict[tuple[str, str], tuple[Placement, ...]]:
        """Resolve every field's places once: each request asks for some of them."""
        return {
            (subject, name): (
                self._own_place(subject, name, field),
                *(self._copy_place(subject, name, field, copy) for copy in field.copies),
            )
            for subject, declared in self.subjects.items()
            for name, field in declared.fields.items()
        }

    def _own_place(self, subject: str, name: str, field: DataField) -> Placement:
        home = self.subjects[subject].home
        own = field.collection or home
        return Placement(
            subject=subject,
            field=name,
            collection=own,
            path=field.path,
            link=self._link(subject, own, None),
            where=field.where,
            home=own == home,
            follow=True,
            sealed=field.sealed,
            part=None,
            text=None,
            parts=field.parts,
            on_delete=field.on_delete,
        )

    def _copy_place(self, subject: str, name: str, field: DataField, copy: Copy) -> Placement:
        return Placement(
            subject=subject,
            field=name,
            collection=copy.collection,
            path=copy.path,
            link=self._link(subject, copy.collection, copy.link),
            where=copy.where,
            home=False,
            follow=copy.follow,
            sealed=field.sealed if copy.sealed is None else copy.sealed,
            part=copy.part,
            text=copy.text,
            parts=copy.parts or ({} if copy.part or copy.text else field.parts),
            on_delete=copy.on_delete or field.on_delete,
        )

    def _link(self, subject: str, collection: str, own: Link | None) -> Link:
        link = own or self.link(subject, collection)
        if link is None:  # pragma: no cover - `parse` refuses such a map
            raise KeyError(collection)
        if isinstance(link, KeyLink | KeyedObjectLink) and link.key_type is None:
            return link.model_copy(update={"key_type": self.subjects[subject].key_type})
        return link
