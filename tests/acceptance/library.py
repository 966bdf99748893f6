"""The library of `tests/datamaps/foreign.yaml`, as its own application keeps it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bson import Int64, ObjectId

from tests.forked import ROOT
from tests.town import Town

DATA_MAP = ROOT / "tests/datamaps/foreign.yaml"
PATRONS = 24
JOINED = datetime(2019, 4, 1, tzinfo=UTC)
VALIDATOR = {
    "$jsonSchema": {
        "required": ["card", "person", "addr"],
        "properties": {
            "card": {"bsonType": "string", "pattern": "^L-[0-9]{6}$"},
            "person": {
                "required": ["family", "given"],
                "properties": {
                    "family": {"bsonType": "string"},
                    "given": {"bsonType": "string"},
                },
            },
            "addr": {
                "required": ["street", "zip"],
                "additionalProperties": False,
                "properties": {
                    "street": {"bsonType": "string"},
                    "house": {"bsonType": "long"},
                    "city": {"bsonType": "string"},
                    "zip": {"bsonType": "int"},
                },
            },
        },
    }
}


def email(number: int) -> str:
    """A patron's e-mail, which is the key."""
    return f"reader{number}@mail.example"


def patron(number: int) -> dict[str, Any]:
    """One patron."""
    return {
        "_id": email(number),
        "card": f"L-{number:06d}",
        "person": {"family": "김", "given": f"민지{number}"},
        "addr": {
            "street": "세종대로",
            "house": Int64(number),
            "city": "서울",
            "zip": 4524,
        },
        "contacts": [
            {"kind": "mobile", "value": f"010{number:08d}", "since": JOINED},
            {"kind": "fax", "value": f"02{number:07d}"},
        ],
        "joined": JOINED,
        "points": 12,
    }


def loan(number: int) -> dict[str, Any]:
    """A loan whose slip repeats the address."""
    return {
        "_id": ObjectId(),
        "book": "토지",
        "patron": email(number),
        "due": JOINED,
        "slip": f"세종대로 {number}, 서울",
        "card": f"L-{number:06d}",
        "renewed": 0,
    }


def circle() -> dict[str, Any]:
    """One document in which all patrons stand."""
    numbers = range(1, PATRONS + 1)
    return {
        "_id": "poetry",
        "people": [{"ref": email(n), "nick": f"김민지{n}", "call": f"010{n:08d}"} for n in numbers],
        "minutes": [
            {
                "on": "3월",
                "said": [
                    {"card": f"L-{n:06d}", "who": f"김민지{n}", "text": "좋았어요"} for n in numbers
                ],
            }
        ],
        "meetings": 0,
    }


async def seed(town: Town) -> None:
    """The library's database, with its validator and its unique indexes."""
    numbers = range(1, PATRONS + 1)
    await town.company.create_collection("patrons", validator=VALIDATOR)
    await town.company["patrons"].create_index("card", unique=True)
    await town.company["patrons"].create_index("contacts.value", unique=True)
    await town.company["patrons"].insert_many([patron(n) for n in numbers])
    await town.company["loans"].insert_many([loan(n) for n in numbers])
    await town.company["circles"].insert_one(circle())
