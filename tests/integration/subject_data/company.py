"""The documents of two companies, and a look at them that does not go through the workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import bson
from bson import Decimal128, Int64, ObjectId

from schemas.datamap import DataMap
from schemas.request import SubjectRef
from workers.adapters.mongo import Database
from workers.adapters.subject_data import SubjectData
from workers.adapters.tokens import Tokens
from workers.adapters.vault import Vault
from workers.ports import Correct, Release, Restrict, SubjectResult

OURS = "tests-of-subject-data"
"""What the server calls our clients: others work on it too, and are not to be failed."""
Filling = Mapping[str, Sequence[dict[str, Any]]]

OLD = {"postcode": "04524", "road": "서울 중구 세종대로 110", "detail": "3층"}
NEW = {"postcode": "06236", "road": "서울 강남구 테헤란로 152", "detail": None}
OLD_LINE = "(04524) 서울 중구 세종대로 110 3층"
NEW_LINE = "(06236) 서울 강남구 테헤란로 152"

MINJI = SubjectRef(type="member", key="1")
JIHO = SubjectRef(type="member", key="2")
ASKER_ID = ObjectId("665544332211665544332211")
ASKER = SubjectRef(type="inquirer", key=str(ASKER_ID))
PATRON = SubjectRef(type="patron", key="minji@mail.example")


def member(number: int, name: str, login: str, email: str, mobile: str) -> dict[str, Any]:
    """One member as the shop's application writes it, with things in it that no map names."""
    return {
        "_id": number,
        "name": name,
        "birth_date": datetime(1990, 3, 1, 15, 0, tzinfo=UTC),  # 2 March in Seoul
        "login": {"id": login, "password": "scrypt$…", "visits": 3},
        "phones": {"home": "02-123-4567", "mobile": mobile},
        "profile": {
            "address": {**OLD, "geo": [37.5, 127.0]},
            "gender": "F",
            "hobbies": ["등산", "독서"],
            "theme": "dark",
        },
        "email": email,
        "contact_since": {"email": datetime(2020, 5, 1, tzinfo=UTC)},
        "points": Int64(120),
        "balance": Decimal128("10.50"),
        "joined_at": datetime(2020, 5, 1, tzinfo=UTC),
    }


MEMBERS: Filling = {
    "members": [
        member(1, "김민지", "minji90", "minji@mail.example", "010-1234-5678"),
        member(2, "이지호", "jiho", "jiho@mail.example", "010-2222-3333"),
        member(3, "김민지", "minji.k", "other@mail.example", "010-9999-0000"),
    ],
    "orders": [
        {
            "_id": n,
            "member_id": owner,
            "invoice": {"name": "김민지", "address": dict(OLD)},
            "total": Decimal128("39000"),
        }
        for n, owner in ((101, 1), (102, 1), (103, 2))
    ],
    "deliveries": [
        {
            "_id": n + 1000,
            "order_id": n,
            "receiver": {"name": "김민지"},
            "label": OLD_LINE,
            "box": 2,
        }
        for n in (101, 103)
    ],
    "delivery_plans": [
        {
            "_id": f"plan-{n}",
            "member": {"id": str(n)},
            "to": {"zip": "04524", "line1": OLD["road"], "line2": "3층", "door": "#1234"},
        }
        for n in (1, 2)
    ],
    "delivery_zones": [{"_id": n, "member_id": n, "postcode": "04524"} for n in (1, 2)],
    "messages": [
        {"_id": n, "author": {"id": author, "name": name}, "text": f"{name} 님, 안녕하세요"}
        for n, author, name in ((1, 1, "김민지"), (2, 2, "이지호"), (3, 3, "김민지"))
    ],
    "rooms": [
        {
            "_id": "room",
            "participants": {
                "1": {"name": "김민지", "unread": 2},
                "2": {"name": "이지호", "unread": 0},
            },
        }
    ],
    "posts": [
        {
            "_id": 1,
            "author_login": "minji90",
            "text": "minji90",
            "comments": [
                {"member_id": 2, "login": "jiho", "text": "@minji90"},
                {"member_id": 1, "login": "minji90", "text": "네"},
            ],
        },
        {"_id": 2, "author_login": "jiho", "comments": [{"member_id": 1, "login": "minji90"}]},
    ],
    "clubs": [
        {
            "_id": "hikers",
            "groups": [
                {"name": "A", "people": [{"member_id": 2, "name": "이지호"}]},
                {
                    "name": "B",
                    "people": [
                        {"member_id": 3, "name": "김민지"},
                        {"member_id": 1, "name": "김민지", "role": "lead"},
                    ],
                },
            ],
        }
    ],
    "files": [
        {"_id": "f1", "owner": {"id": 1, "name": "김민지"}},
        {"_id": "f2", "owner": {"id": 2, "name": "이지호"}},
    ],
    "file_shares": [
        {"_id": "s1", "file_id": "f1", "shared_by": "김민지"},
        {"_id": "s2", "file_id": "f2", "shared_by": "이지호"},
    ],
    "file_downloads": [
        {"_id": "d1", "share_id": "s1", "file": {"owner_name": "김민지"}},
        {"_id": "d2", "share_id": "s2", "file": {"owner_name": "이지호"}},
    ],
    "payments": [{"_id": 1, "member_id": 1, "payer": {"name": "김민지"}, "ip": "1.2.3.4"}],
    "member_changes": [
        {"_id": 1, "member_id": 1, "before": {"name": "김민희", "address": OLD_LINE}}
    ],
    "disclosures": [
        {
            "_id": 1,
            "member_id": 1,
            "recipient": "hanbit-delivery",
            "items": ["name", "home_address"],
        },
        {"_id": 2, "member_id": 1, "recipient": "hanbit-delivery", "items": ["home_address"]},
        {"_id": 3, "member_id": 1, "recipient": "dain-marketing", "items": ["email"]},
        {"_id": 4, "member_id": 2, "recipient": "korea-pay", "items": ["name"]},
        {"_id": 5, "member_id": 1, "recipient": "long-gone", "items": ["name"]},
    ],
    "inquirers": [
        {
            "_id": ASKER_ID,
            "name": "박서준",
            "email": "asker@mail.example",
            "phone": "+82 10 5555 6666",
        }
    ],
    "inquiries": [{"_id": 1, "inquirer_id": ASKER_ID, "from": {"name": "박서준"}, "text": "?"}],
}

FOREIGN: Filling = {
    "patrons": [
        {
            "_id": key,
            "card": card,
            "person": {"family": family, "given": given},
            "addr": {"street": "세종대로 110", "house": 3, "city": "서울", "zip": 4524},
            "contacts": [
                {"kind": "fax", "value": "0212345678"},
                {"kind": "mobile", "value": mobile, "since": datetime(2019, 1, 1, tzinfo=UTC)},
            ],
            "joined": datetime(2019, 1, 1, tzinfo=UTC),
            "points": 12,
        }
        for key, card, family, given, mobile in (
            ("minji@mail.example", "L-000123", "김", "민지", "01012345678"),
            ("jiho@mail.example", "L-000124", "이", "지호", "01022223333"),
        )
    ],
    "loans": [
        {
            "book": "토지",
            "patron": patron,
            "slip": "세종대로 110 3, 서울",
            "card": card,
        }
        for patron, card in (
            ("minji@mail.example", "L-000123"),
            ("minji@mail.example", "L-000123"),
            ("jiho@mail.example", "L-000124"),
        )
    ],
    "circles": [
        {
            "_id": "poetry",
            "people": [
                {"ref": "jiho@mail.example", "nick": "이지호", "call": "01022223333"},
                {"ref": "minji@mail.example", "nick": "김민지", "call": "01012345678"},
            ],
            "minutes": [
                {
                    "on": "2026-11-01",
                    "said": [
                        {"card": "L-000124", "who": "이지호", "text": "시작"},
                        {"card": "L-000123", "who": "김민지", "text": "네"},
                    ],
                }
            ],
        }
    ],
}


class Company:
    """One company: its database, its map, and what the workers do there."""

    def __init__(self, db: Database, datamap: DataMap, vault: Vault, tokens: Tokens) -> None:
        self.db = db
        self.tokens = tokens
        self._vault = vault
        self.use(datamap)

    def use(self, datamap: DataMap) -> None:
        """Go on with another map."""
        self.datamap = datamap
        self.data = SubjectData(self.db, datamap, self._vault, self.tokens)

    async def fill(self, filling: Filling) -> None:
        """Insert its documents, those of members with sealed fields sealed."""
        home = {subject.home: name for name, subject in self.datamap.subjects.items()}
        for collection, documents in filling.items():
            made = [dict(document) for document in documents]
            if collection in home:
                kind = home[collection]
                whose = [
                    (SubjectRef(type=kind, key=str(document["_id"])), collection, document)
                    for document in made
                ]
                made = await self.data.seal_documents(whose)
            await self.db[collection].insert_many(made)

    async def one(self, collection: str, id_: Any) -> dict[str, Any]:
        """One document, as it stands."""
        found = await self.db[collection].find_one({"_id": id_})
        assert found is not None
        return found

    async def usable(self, collection: str) -> list[dict[str, Any]]:
        """What downstream systems see of a collection."""
        return await self.db[f"{collection}_usable"].find().sort("_id", 1).to_list(None)

    async def bytes_of(self, collection: str) -> dict[Any, bytes]:
        """Every document, to the byte."""
        found = await self.db[collection].find().sort("_id", 1).to_list(None)
        return {str(document["_id"]): bson.encode(document) for document in found}

    async def everything(self) -> dict[str, dict[Any, bytes]]:
        """All of the company's own documents, to the byte."""
        return {name: await self.bytes_of(name) for name in self.datamap.collections}

    async def restrict(self, request: str, subject: SubjectRef, *fields: str) -> SubjectResult:
        """Restrict alone."""
        (result,) = await self.data.apply([Restrict(request, subject, fields)])
        return result

    async def correct(
        self, request: str, subject: SubjectRef, at: datetime | None = None, **values: Any
    ) -> SubjectResult:
        """Correct alone."""
        (result,) = await self.data.apply([Correct(request, subject, values, at)])
        return result

    async def release(self, request: str, subject: SubjectRef) -> SubjectResult:
        """Release alone."""
        (result,) = await self.data.apply([Release(request, subject)])
        return result


NewCompany = Callable[[DataMap], Company]
"""Makes a company of its own from a data map."""
