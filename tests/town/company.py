"""The company before and after: what a correction must change there, worked out a second time.

Nothing here knows the workers' code: the copies are those that the sample company is known to have.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

from workers.local.demo.members import sample_company
from workers.local.demo.people import Known

Company = dict[str, list[dict[str, Any]]]

MINJI = Known(
    "김민지",
    "minji.kim",
    {
        "profile.address": {
            "postcode": "08826",
            "road": "서울특별시 관악구 관악로 1",
            "detail": "3층 301호",
        },
        "phones.mobile": "010-2345-0001",
    },
)
"""Kim Minji, member 1."""

THEIR_WORDS: Mapping[str, Mapping[str, str]] = {
    "hanbit-delivery": {"home_address": "address", "mobile_phone": "phone", "name": "receiver"},
    "dain-marketing": {
        "home_address": "postal_address",
        "hobbies": "interests",
        "name": "full_name",
        "email": "email",
    },
    "korea-pay": {"mobile_phone": "payer_phone", "name": "payer_name", "email": "payer_email"},
}
"""Per recipient, our name of a field and its own."""


@lru_cache(maxsize=2)
def company(count: int) -> Company:
    """The sample company, Kim Minji its first member. Not to be changed."""
    now = datetime.now(UTC).replace(microsecond=0)
    return sample_company(now, {1: MINJI}, count=count)


@dataclass(frozen=True)
class Correction:
    """One member's wish, as the test knows it."""

    member: Mapping[str, Any]
    changes: Mapping[str, Any]
    channel: str = "web"
    language: str = "ko"
    id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def key(self) -> int:
        """The member's number."""
        return int(self.member["_id"])

    @property
    def contact(self) -> str:
        """The address on file."""
        return str(self.member["email"])

    @property
    def writes_from(self) -> str:
        """The address that the submission gives: not the one on file."""
        return f"writer.{self.id[:8]}@elsewhere.example"

    def submission(self, **other: Any) -> dict[str, Any]:
        """What the channel publishes."""
        return {
            "schema": "dsr.submission/1",
            "submission_id": self.id,
            "channel": self.channel,
            "submitted_at": datetime.now(UTC).isoformat(),
            "kind": "correction",
            "language": self.language,
            "requester": {
                "relation": "self", "name": self.member["name"], "email": self.writes_from,
            },
            "subject": {"login_id": self.member["login"]["id"], "email": self.contact},
            "changes": [{"field": name, "value": value} for name, value in self.changes.items()],
            **other,
        }  # fmt: skip


@dataclass(frozen=True)
class Deletion(Correction):
    """One member who wants to be forgotten."""

    def submission(self, **other: Any) -> dict[str, Any]:
        """What the channel publishes."""
        content = super().submission(kind="deletion", **other)
        return {name: value for name, value in content.items() if name != "changes"}

    @property
    def names(self) -> frozenset[Any]:
        """What tells this member from all others, wherever it stands."""
        login, phone = self.member["login"]["id"], self.member["phones"]["mobile"]
        return frozenset(
            {login, self.contact, phone} if isinstance(phone, str) else {login, self.contact}
        )


def new_address(number: int) -> dict[str, str]:
    """An address that nobody in the sample has."""
    return {
        "postcode": f"{10_000 + number:05d}",
        "road": f"서울특별시 중구 세종대로 {number}길",
        "detail": f"{number}동 {number}호",
    }


def label(address: Mapping[str, str]) -> str:
    """An address as it is printed on a parcel."""
    return f"({address['postcode']}) {address['road']} {address['detail']}"


@dataclass
class Expected:
    """The whole company as it must be after corrections, and how often each document changed."""

    documents: Company
    updates: Counter[tuple[str, Any]] = field(default_factory=Counter)

    @classmethod
    def after(cls, before: Company, corrections: Iterable[Correction]) -> Expected:
        """Work them out, one after the other."""
        made = cls(deepcopy(before))
        rows = made._rows()
        for correction in corrections:
            for name, path, field_name, value in _places():
                if field_name in correction.changes:
                    for document in rows[name][correction.key]:
                        made._put(name, document, path, value(correction.changes[field_name]))
        return made

    def _rows(self) -> dict[str, dict[int, list[dict[str, Any]]]]:
        """Per collection with copies, the documents of each member."""
        orders = {order["_id"]: order["member_id"] for order in self.documents["orders"]}
        owner: dict[str, Callable[[dict[str, Any]], int]] = {
            "members": lambda document: document["_id"],
            "deliveries": lambda document: orders[document["order_id"]],
            "delivery_plans": lambda document: int(document["member"]["id"]),
            "delivery_zones": lambda document: document["member_id"],
        }
        rows: dict[str, dict[int, list[dict[str, Any]]]] = {}
        for name, whose in owner.items():
            rows[name] = defaultdict(list)
            for document in self.documents[name]:
                rows[name][whose(document)].append(document)
        return rows

    def _put(self, name: str, document: dict[str, Any], path: str, value: Any) -> None:
        *above, last = path.split(".")
        node = document
        for step in above:
            node = node[step]
        if node[last] != value:
            node[last] = value
            self.updates[name, document["_id"]] += 1


def _places() -> tuple[tuple[str, str, str, Callable[[Any], Any]], ...]:
    """Collection, path, field, and how the value is written there."""
    return (
        ("members", "profile.hobbies", "hobbies", list),
        ("members", "profile.address", "home_address", dict),
        ("deliveries", "label", "home_address", label),
        ("delivery_zones", "postcode", "home_address", lambda address: address["postcode"]),
        (
            "delivery_plans",
            "to",
            "home_address",
            lambda a: {"zip": a["postcode"], "line1": a["road"], "line2": a["detail"]},
        ),
    )


def told(before: Company, correction: Correction) -> dict[str, set[str]]:
    """Per recipient that received a corrected field, those fields."""
    received: dict[str, set[str]] = {}
    for row in before["disclosures"]:
        if row["member_id"] == correction.key:
            received.setdefault(row["recipient"], set()).update(row["items"])
    fields = {name: set(correction.changes) & items for name, items in received.items()}
    return {name: items for name, items in fields.items() if items}
