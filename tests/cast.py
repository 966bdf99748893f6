"""The same few people in every test, and what they say.

Kim Minji (김민지) is a member. The stranger knows her tracking code and nothing else. Park works at
the desk and types in what callers read out. Lee Jiho (이지호) is the father of a member of eleven.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from schemas.base import parse
from schemas.datamap import DataMap
from schemas.request import Contact, SubjectRef
from schemas.submission import Proof, Submission, Withdrawal
from workers.datamap_file import load

MORNING = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
"""Nine o'clock in Seoul, on the Monday that the tests play on."""

MINJI = SubjectRef(type="member", key="1001")
MINJIS_MAIL = Contact(kind="mail", value="minji@mail.example")
MINJI_IS_KNOWN_BY = {
    "login_id": "minji.kim",
    "name": "김민지",
    "email": "minji@mail.example",
    "phone": "+821012345678",
}
STRANGER = {"name": "박수상", "email": "stranger@elsewhere.example"}
JIHO = {"relation": "guardian", "name": "이지호", "email": "jiho@mail.example"}
AGENT_PARK = "park"

OLD_ADDRESS = {"postcode": "04524", "road": "서울특별시 중구 세종대로 110", "detail": "3층"}
NEW_ADDRESS = {"postcode": "06236", "road": "서울특별시 강남구 테헤란로 152", "detail": "12층"}
NEW_HOBBIES = ["등산", "사진"]


@cache
def datamap() -> DataMap:
    """The map of the company whose member Minji is."""
    return load(Path(__file__).parents[1] / "deploy/datamaps/smallmachines.yaml")


def new_id() -> str:
    """An id as a channel draws it."""
    return str(uuid.uuid4())


def submission_content(**other: Any) -> dict[str, Any]:
    """What the web form makes of Minji's "my address is wrong"; `other` replaces parts of it."""
    content = {
        "schema": "dsr.submission/1",
        "submission_id": new_id(),
        "channel": "web",
        "submitted_at": "2026-11-23T09:00:00+09:00",
        "kind": "correction",
        "language": "ko",
        "requester": {"relation": "self", "name": "김민지", "email": "minji@mail.example"},
        "subject": {"login_id": "minji.kim", "email": "minji@mail.example"},
        "changes": [{"field": "home_address", "value": NEW_ADDRESS}],
    }
    return {name: value for name, value in {**content, **other}.items() if value is not None}


def submission(**other: Any) -> Submission:
    """The same, as the registration stage gets it."""
    return said(submission_content(**other))


def said(content: dict[str, Any]) -> Submission:
    """What a channel published, as the registration stage gets it."""
    return parse(Submission, json.dumps(content).encode())


def proof_content(tracking: str, code: str | None, **other: Any) -> dict[str, Any]:
    """What somebody typed who holds a code."""
    content = {
        "schema": "dsr.proof/1",
        "proof_id": new_id(),
        "tracking": tracking,
        "code": code,
        "channel": "web",
    }
    return {name: value for name, value in {**content, **other}.items() if value is not None}


def proof(tracking: str, code: str | None, **other: Any) -> Proof:
    """The same, as the verification stage gets it."""
    return parse(Proof, json.dumps(proof_content(tracking, code, **other)).encode())


def withdrawal(tracking: str, code: str, **other: Any) -> Withdrawal:
    """Somebody takes a request back."""
    content = {
        "schema": "dsr.withdrawal/1",
        "withdrawal_id": new_id(),
        "tracking": tracking,
        "code": code,
        "channel": "web",
        **other,
    }
    return parse(Withdrawal, json.dumps(content).encode())
