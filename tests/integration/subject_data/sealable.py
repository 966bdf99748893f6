"""The shop with fields that are plain or sealed, and what is seen of them from outside."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import bson
import yaml

from schemas.datamap import DataMap, parse
from tests.integration.subject_data.company import MEMBERS, Company, member
from workers.ports.conversion import Converted

ROOT = Path(__file__).parents[3]
FILE = ROOT / "deploy/datamaps/smallmachines.yaml"
FOREIGN_FILE = ROOT / "tests/datamaps/foreign.yaml"
SEALED = ("home_phone", "mobile_phone", "birth_date", "home_address")


def a_map(*, sealed: bool) -> DataMap:
    """The shop's, with more copies of phone numbers, and a birth date that may be sealed too."""
    content = yaml.load(FILE.read_text(), yaml.BaseLoader)  # noqa: S506 - nothing but text
    mapped = content["subjects"]["member"]["fields"]
    mapped["mobile_phone"]["copies"] += [
        {"collection": "rooms", "path": "participants.$key.phone"},
        {"collection": "clubs", "path": "groups.$[].people.$[].phone"},
        {"collection": "orders", "path": "invoice.phone", "follow": "false"},
    ]
    mapped["birth_date"]["blind_index"] = "birth_index"
    for name in SEALED:
        mapped[name]["protection"] = "sealed" if sealed else "plain"
        if not sealed:
            mapped[name].pop("blind_index", None)
    return parse(content, source="shop.yaml")


def filled() -> dict[str, list[dict[str, Any]]]:
    made = deepcopy({name: list(documents) for name, documents in MEMBERS.items()})
    made["rooms"][0]["participants"]["1"]["phone"] = "010-1234-5678"
    made["rooms"][0]["participants"]["2"]["phone"] = "010-2222-3333"
    made["clubs"][0]["groups"][1]["people"][0]["phone"] = "010-9999-0000"
    made["clubs"][0]["groups"][1]["people"][1]["phone"] = "01012345678"
    made["orders"][0]["invoice"]["phone"] = "010-0000-1111"
    made["deliveries"][0]["receiver"]["phone"] = "010-1234-5678"
    return made


def people(numbers: range) -> list[dict[str, Any]]:
    return [
        member(
            n,
            f"회원{n}",
            f"login{n}",
            f"m{n}@mail.example",
            f"010-{1000 + n // 10000}-{n % 10000:04}",
        )
        for n in numbers
    ]


async def converted(
    company: Company, field: str, *, undo: bool = False, dry_run: bool = False
) -> dict[str, Converted]:
    report = await company.data.convert(field, undo=undo, dry_run=dry_run)
    return {one.collection: one for one in report.collections}


async def all_bytes(company: Company) -> bytes:
    """Every collection of the database, the workers' own included."""
    found = b""
    for name in await company.db.list_collection_names(filter={"type": "collection"}):
        if not name.startswith("system."):
            async for document in company.db[name].find():
                found += bson.encode(document)
    return found


async def found_by(company: Company, **identifiers: str) -> str | None:
    person = await company.data.find(identifiers)
    return person.ref.key if person else None
