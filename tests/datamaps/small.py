"""The smallest map that is complete, to be spoiled in one place by a test."""

from __future__ import annotations

from typing import Any

from schemas.datamap import DataMap, parse

LABEL = {"ko": "가", "en": "A"}


def content() -> dict[str, Any]:
    """Give a fresh copy of what a map's file holds: members, their orders and a ledger."""
    return {
        "schema": "dsr.datamap/1",
        "name": "shop",
        "organisation": {
            "name": LABEL,
            "department": LABEL,
            "phone": "02-000-0000",
            "email": "privacy@shop.example",
            "address": LABEL,
            "complaint_bodies": [{"name": LABEL, "phone": "118", "url": "https://a.example"}],
        },
        "subjects": {
            "member": {
                "label": LABEL,
                "home": "members",
                "key": "_id",
                "key_type": "int",
                "fields": {
                    "name": field("name", copies=[{"collection": "orders", "path": "buyer.name"}]),
                    "email": field("email", value="email", lookup="email", contact="mail"),
                    "address": field(
                        "profile.address",
                        value={"kind": "object", "parts": {"postcode": "text", "road": "text"}},
                    ),
                },
            }
        },
        "collections": {
            "members": {},
            "orders": {"links": {"member": {"key": "buyer.id"}}},
            "ledger": {"links": {"member": {"key": "member_id"}}},
        },
        "retention_bases": {"contract": {"law": LABEL, "duration": "5 years"}},
        "recipients": {
            "carrier": {
                "label": LABEL,
                "subject": "member",
                "fields": {"name": "receiver"},
                "transport": {"kind": "webhook", "url": "https://carrier.example/dsr"},
            }
        },
        "disclosures": [
            {
                "collection": "ledger",
                "subject": "member",
                "subject_key": "member_id",
                "recipient": "to",
                "fields": "items",
                "at": "at",
            }
        ],
    }


def field(path: str, value: Any = "text", **more: Any) -> dict[str, Any]:
    """Give the content of one field."""
    return {"path": path, "category": "user.name", "label": LABEL, "value": value, **more}


def build(**members: dict[str, Any]) -> DataMap:
    """Build the small map with more fields of a member, or other ones of the same name."""
    made = content()
    made["subjects"]["member"]["fields"] |= members
    return parse(made, source="small.yaml")
