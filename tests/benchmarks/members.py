"""The bench's members in MongoDB, what they ask for, and whether they got it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pymongo import MongoClient

COPIES = ("deliveries", "newsletter", "orders")
_BATCH = 5_000


def seed(client: MongoClient[dict[str, Any]], name: str, count: int) -> None:
    """Members 1 … count in the database of this name, with the indexes that a shop has."""
    database = client[name]
    database["members"].create_index("email", unique=True)
    for other in (*COPIES, "ledger"):
        database[other].create_index("member_id")
    for start in range(1, count + 1, _BATCH):
        keys = range(start, min(start + _BATCH, count + 1))
        database["members"].insert_many([member(key) for key in keys])
        for other in COPIES:
            database[other].insert_many([_copy(key) for key in keys])
        database["ledger"].insert_many([_disclosure(key) for key in keys])


def outcome(client: MongoClient[dict[str, Any]], db: str, count: int) -> dict[str, tuple[int, int]]:
    """Per collection how many documents hold a new address, beside how many must."""
    database = client[f"{db}_company"]
    places = {"members": "home_address"} | dict.fromkeys(COPIES, "address")
    return {
        f"corrected in {each}": (
            database[each].count_documents({path: {"$regex": "^새 주소"}}),
            count,
        )
        for each, path in places.items()
    }


def submissions(count: int) -> Iterator[tuple[str, bytes]]:
    """One correction for each member: its id and the body to publish."""
    asked = now()
    for key in range(1, count + 1):
        submission_id = str(uuid4())
        body = {
            "schema": "dsr.submission/1",
            "submission_id": submission_id,
            "channel": "web",
            "submitted_at": asked,
            "kind": "correction",
            "language": "ko",
            "requester": {"relation": "self", "name": f"김민지{key}", "phone": phone(key)},
            "subject": {"email": email(key)},
            "changes": [{"field": "home_address", "value": f"새 주소 {key}, 서울 용산구 강변로 1"}],
            "statement": "이사를 했습니다. 새 주소로 바꾸어 주십시오.",
        }
        yield submission_id, json.dumps(body, ensure_ascii=False).encode()


def now() -> str:
    """When it is asked: of an older request the department would be told that its end is near."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def proofs(mails: list[dict[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """The proof that answers each challenge mail: its id and the body to publish."""
    for mail in mails:
        proof_id = str(uuid4())
        body = {
            "schema": "dsr.proof/1",
            "proof_id": proof_id,
            "tracking": mail["tracking"],
            "code": mail["code"],
            "channel": "web",
        }
        yield proof_id, json.dumps(body).encode()


def phone(key: int) -> str:
    """Of the member alone: many requests of one sender are put off."""
    return f"010-{key // 10_000:04d}-{key % 10_000:04d}"


def email(key: int) -> str:
    """Where a member reads mails."""
    return f"member{key}@mail.example"


def member(key: int) -> dict[str, Any]:
    """A home document."""
    return {
        "_id": key,
        "name": f"김민지{key}",
        "email": email(key),
        "home_address": f"옛 주소 {key}",
        "points": key % 97,
    }


def _copy(key: int) -> dict[str, Any]:
    return {"member_id": key, "address": f"옛 주소 {key}", "note": "문 앞에 놓아 주세요"}


def _disclosure(key: int) -> dict[str, Any]:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    return {"member_id": key, "to": "carrier", "items": ["home_address"], "at": at}
