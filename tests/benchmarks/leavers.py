"""Members with 60 documents each who want to be deleted, and whether they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from pymongo import MongoClient

from tests.benchmarks.members import email, member, now, phone

DELIVERIES, ORDERS, POSTS, LEDGER = 20, 10, 9, 20
"""Documents of each member beside the home: 60 in all."""
NOBODY: Final = 0
"""Whose a post is once its author has gone."""
_BATCH: Final = 1_000


def seed(client: MongoClient[dict[str, Any]], name: str, count: int) -> None:
    """Members 1 … count in the database of this name, with the indexes that a shop has."""
    database = client[name]
    database["members"].create_index("email", unique=True)
    made = {"deliveries": _deliveries, "orders": _orders, "posts": _posts, "ledger": _disclosures}
    for other in made:
        database[other].create_index("member_id")
    for start in range(1, count + 1, _BATCH):
        keys = range(start, min(start + _BATCH, count + 1))
        database["members"].insert_many([member(key) for key in keys])
        for other, documents in made.items():
            database[other].insert_many([each for key in keys for each in documents(key)])


def submissions(count: int) -> Iterator[tuple[str, bytes]]:
    """A deletion of everything for each member: its id and the body to publish."""
    asked = now()
    for key in range(1, count + 1):
        submission_id = str(uuid4())
        body = {
            "schema": "dsr.submission/1",
            "submission_id": submission_id,
            "channel": "web",
            "submitted_at": asked,
            "kind": "deletion",
            "language": "ko",
            "requester": {"relation": "self", "name": f"김민지{key}", "phone": phone(key)},
            "subject": {"email": email(key)},
            "statement": "탈퇴합니다. 개인정보를 모두 삭제해 주십시오.",
        }
        yield submission_id, json.dumps(body, ensure_ascii=False).encode()


def outcome(client: MongoClient[dict[str, Any]], db: str, count: int) -> dict[str, tuple[int, int]]:
    """What the stores hold now, each number beside what it must be."""
    company = client[f"{db}_company"]
    found = {
        f"left in {name}": (company[name].count_documents({}), 0)
        for name in ("members", "deliveries", "orders", "ledger", "dsr_subjects")
    }
    nameless = {"member_id": NOBODY, "author": "탈퇴한 회원"}
    archived = client[f"{db}_archive"]["documents"]
    return found | {
        "posts without author": (company["posts"].count_documents(nameless), POSTS * count),
        "archived": (archived.count_documents({}), ORDERS * count),
        "markers": (company["dsr_tombstones"].count_documents({"done": True}), count),
    }


def _deliveries(key: int) -> list[dict[str, Any]]:
    return [
        {"member_id": key, "address": f"옛 주소 {key}", "note": f"문 앞에 놓아 주세요 {n}"}
        for n in range(DELIVERIES)
    ]


def _orders(key: int) -> list[dict[str, Any]]:
    paid = datetime.now(UTC).replace(microsecond=0)
    return [
        {
            "member_id": key,
            "address": f"옛 주소 {key}",
            "total": 1_000 * n,
            "paid_at": paid - timedelta(days=n),
        }
        for n in range(ORDERS)
    ]


def _posts(key: int) -> list[dict[str, Any]]:
    return [
        {"member_id": key, "author": f"김민지{key}", "text": f"잘 받았습니다 {n}"}
        for n in range(POSTS)
    ]


def _disclosures(key: int) -> list[dict[str, Any]]:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    return [
        {"member_id": key, "to": "carrier", "items": ["home_address"], "at": at + timedelta(days=n)}
        for n in range(LEDGER)
    ]
