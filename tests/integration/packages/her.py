"""A member with something in every mapped place, beside another in each shared document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas.request import SubjectRef

HER = SubjectRef(type="member", key="7")
ATTACK = '=HYPERLINK("https://evil.example","open")<script>alert(1)</script>'


def everything_of_her() -> dict[str, list[dict[str, Any]]]:
    """Per collection; what is hers begins with `her`, but for values of a form."""
    address = {"postcode": "04524", "road": "her-road", "detail": "3F"}
    line = "(04524) her-road 3F"
    at = datetime(2026, 11, 1, 3, 4, 5, tzinfo=UTC)
    hers, other = {"name": "her-name"}, {"name": "OTHER"}
    return {
        "members": [
            {
                "_id": 7,
                "name": "her-name",
                "birth_date": datetime(1990, 3, 1, 15, tzinfo=UTC),
                "login": {
                    "id": "her.login",
                    "password": "NEVER-hash",
                    "recovery": {"question": "her-question", "answer": "NEVER-answer"},
                },
                "phones": {"home": "02-123-4567", "mobile": "010-1234-5678"},
                "email": "her@mail.example",
                "profile": {
                    "address": {**address, "geo": "UNMAPPED"},
                    "gender": "F",
                    "occupation": ATTACK,
                    "company": {
                        "name": "her-firm",
                        "department": "her-department",
                        "job_title": "her-title",
                        "phone": "02-765-4321",
                    },
                    "hobbies": ["her-hiking", "her-reading"],
                    "marital_status": "single",
                    "anniversaries": [
                        {"name": "her-day", "date": datetime(2020, 5, 4, 15, tzinfo=UTC)}
                    ],
                },
                "guardian": {"name": "MASKED-guardian", "relation": "mother"},
                "identity": {"rrn": "900302-2345678"},
                "last_login": {"ip": "192.0.2.7"},
                "note": "UNMAPPED",
            },
            {"_id": 8, "name": "OTHER", "login": {"id": "OTHER.login"}, "email": "OTHER@x.example"},
        ],
        "orders": [
            {"_id": n, "member_id": who, "invoice": {"name": name, "address": where}}
            for n, who, name, where in ((1, 7, "her-name", address), (2, 8, "OTHER", {}))
        ],
        "deliveries": [
            {"order_id": 1, "receiver": {**hers, "phone": "010-1234-5678"}, "label": line},
            {"order_id": 2, "receiver": other, "label": "OTHER"},
        ],
        "delivery_plans": [
            {"member": {"id": "7"}, "to": {"zip": "04524", "line1": "her-road", "line2": "3F"}}
        ],
        "delivery_zones": [{"member_id": 7, "postcode": "04524"}],
        "messages": [
            {"author": {"id": 7, **hers}, "text": "UNMAPPED"},
            {"author": {"id": 8, **other}},
        ],
        "rooms": [{"participants": {"7": hers, "8": other}}],
        "clubs": [
            {"groups": [{"people": [{"member_id": 8, **other}, {"member_id": 7, **hers}]}]},
        ],
        "files": [{"_id": "f", "owner": {"id": 7, **hers}}, {"_id": "o", "owner": {"id": 8}}],
        "file_shares": [
            {"_id": "s", "file_id": "f", "shared_by": "her-name"},
            {"_id": "t", "file_id": "o", "shared_by": "OTHER"},
        ],
        "file_downloads": [
            {"share_id": "s", "file": {"owner_name": "her-name"}},
            {"share_id": "t", "file": {"owner_name": "OTHER"}},
        ],
        "support_tickets": [
            {"member_id": 7, "opened_at": at, "contact": {**hers, "email": "her@mail.example"}}
        ],
        "payments": [
            {
                "member_id": 7,
                "paid_at": at,
                "payer": {**hers, "email": "her@mail.example"},
                "payment": {
                    "method": "card",
                    "amount": 39000,
                    "card": "1111-2222-3333-9876",
                    "approval": "12345678",
                },
                "ip": "192.0.2.7",
            }
        ],
        "member_changes": [{"member_id": 7, "before": {"name": "her-old-name", "address": line}}],
        "posts": [
            {
                "author_login": "her.login",
                "comments": [{"member_id": 8, "login": "OTHER.login", "text": "OTHER"}],
            },
            {
                "author_login": "OTHER.login",
                "comments": [
                    {"member_id": 7, "login": "her.login"},
                    {"member_id": 8, "login": "OTHER.login"},
                ],
            },
        ],
        "newsletter": [{"member_id": 7, "email": "her@mail.example"}],
        "usage_records": [
            {
                "member_id": 7,
                "usage": {"service": "her-service", "page": "/", "seconds": 3},
                "cookie": "her-cookie",
            }
        ],
        "access_logs": [
            {"member_id": who, "at": at, "ip": ip, "request": {"action": "in", "agent": "x"}}
            for who, ip in ((7, "192.0.2.7"), (8, "OTHER"))
        ],
        "disclosures": [
            {"member_id": 7, "recipient": "hanbit-delivery", "items": ["name", "home_address"]},
            {"member_id": 8, "recipient": "korea-pay", "items": ["name"]},
        ],
    }
