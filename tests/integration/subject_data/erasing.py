"""What a deletion needs beside the company: an archive, a ledger and keys that can be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import bson

from schemas.request import SubjectRef
from tests.integration.subject_data.company import MEMBERS, OLD, Company, Filling
from workers.adapters.erasure import Erasure
from workers.adapters.mongo import Collection, database
from workers.adapters.vault import Tombstone, Vault
from workers.ports import Erase, ErasureResult
from workers.ports.archive import ArchiveItem

RECENT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)
LONG_AGO = RECENT - timedelta(days=6 * 365)


class KeptItems:
    """An archive that keeps what it is given in memory."""

    def __init__(self) -> None:
        self.items: dict[bytes, ArchiveItem] = {}

    async def keep(self, items: Sequence[ArchiveItem]) -> None:
        for item in items:
            name = (item.pseudonym, item.basis, item.collection, item.document_id)
            self.items[bson.encode({"": name})] = item

    def of(self, collection: str) -> list[ArchiveItem]:
        """Those of one collection."""
        return [item for item in self.items.values() if item.collection == collection]


class Ledger:
    """The tombstones, in memory; asks that each has its marker first."""

    def __init__(self, company: Company) -> None:
        self.entries: dict[str, Tombstone] = {}
        self._markers = company.db["dsr_tombstones"]

    async def add(self, entries: Sequence[Tombstone]) -> None:
        for entry in entries:
            assert await self._markers.find_one({"_id": entry.request}) is not None
            self.entries[entry.request] = entry


class KeyStore:
    """The company's real vault, with what destroys keys in it."""

    def __init__(self, vault: Vault, collection: Collection) -> None:
        self.vault = vault
        self._collection = collection

    async def data_keys(self, names: Iterable[str], *, create: bool = False) -> dict[str, Any]:
        return await self.vault.data_keys(names, create=create)

    async def present(self, names: Iterable[str]) -> set[str]:
        return await self.vault.present(names)

    async def destroy(self, names: Iterable[str]) -> int:
        result = await self._collection.delete_many({"_id": {"$in": list(names)}})
        return result.deleted_count


class NoPackages:
    """Nobody here asked to see anything."""

    async def keys_of(self, pseudonyms: Sequence[str]) -> dict[str, list[str]]:
        return {name: [] for name in pseudonyms}

    async def destroy_of(self, pseudonyms: Sequence[str]) -> None:
        raise AssertionError(len(pseudonyms))


class Eraser:
    """Deletes people of one company."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.archive = KeptItems()
        self.ledger = Ledger(company)
        collection = database(company.db.client, f"{company.db.name}_keys")["keys"]
        self.keys = KeyStore(company._vault, collection)  # noqa: SLF001 - the same one
        self.earlier: dict[str, list[str]] = {}
        self.erasure = self.another()

    def another(self) -> Erasure:
        """Another worker beside the first."""
        return Erasure(
            self.company.db,
            self.company.datamap,
            keys=self.keys,
            archive=self.archive,
            tombstones=self.ledger,
            earlier_requests=self._earlier,
            packages=NoPackages(),
        )

    def effect(self, request: str, subject: SubjectRef, *fields: str, **more: Any) -> Erase:
        """What the stage declares."""
        pseudonym = self.company.tokens.pseudonym(subject.type, subject.key)
        return Erase(request, subject, pseudonym, fields or None, **more)

    async def once(
        self, request: str, subject: SubjectRef, *fields: str, **more: Any
    ) -> ErasureResult:
        """One call."""
        (result,) = await self.erasure.apply([self.effect(request, subject, *fields, **more)])
        return result

    async def to_the_end(self, request: str, subject: SubjectRef, *fields: str) -> ErasureResult:
        """As many calls as it takes."""
        result = await self.once(request, subject, *fields)
        while result.outcome == "more":
            result = await self.once(request, subject, *fields, checkpoint=result.checkpoint)
        return result

    async def _earlier(self, pseudonyms: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {name: self.earlier.get(name, []) for name in pseudonyms}


async def everywhere(company: Company) -> dict[str, list[bytes]]:
    """All that stands in the company's database, as bytes."""
    names = await company.db.list_collection_names(filter={"type": "collection"})
    return {
        name: [bson.encode(document) async for document in company.db[name].find()]
        for name in names
        if not name.startswith("system.")
    }


async def found_in(company: Company, *values: Any) -> dict[str, int]:
    """Per collection, the documents in which one of the values stands as a value or as a name."""
    made = {}
    for name, documents in (await everywhere(company)).items():
        count = sum(_holds(bson.decode(document), values) for document in documents)
        if count:
            made[name] = count
    return made


def counts(result: ErasureResult) -> dict[str, tuple[int, int, int, int]]:
    """Per collection: deleted, anonymised, changed, archived."""
    return {
        one.collection: (one.deleted, one.anonymised, one.changed, one.archived)
        for one in result.summary.counts
    }


def _holds(node: Any, wanted: Sequence[Any]) -> bool:
    if isinstance(node, dict):
        return any(name in wanted or _holds(value, wanted) for name, value in node.items())
    if isinstance(node, list):
        return any(_holds(element, wanted) for element in node)
    return any(type(node) is type(value) and node == value for value in wanted)


def dated() -> Filling:
    """The shop's documents with the times from which the law counts, and more of the map's kinds.

    Member numbers that no other number equals: 71 is Kim Minji, 72 Lee Jiho, 73 another Kim Minji.
    """
    made: dict[str, list[dict[str, Any]]] = deepcopy(
        {name: list(map(dict, documents)) for name, documents in MEMBERS.items()}
    )
    made = {name: [_renumbered(d) for d in documents] for name, documents in made.items()}
    for order in made["orders"]:
        order["ordered_at"] = RECENT
    made["orders"][1]["ordered_at"] = LONG_AGO
    made["payments"] = [
        {
            "_id": f"pay-{n}",
            "member_id": owner,
            "paid_at": RECENT,
            "payer": {"name": name, "email": email},
            "payment": {"method": "card", "amount": 10},
            "ip": "1.2.3.4",
        }
        for n, (owner, name, email) in enumerate(
            (
                (71, "김민지", "minji@mail.example"),
                (71, "김민지", "minji@mail.example"),
                (72, "이지호", "jiho@mail.example"),
            )
        )
    ]
    made["posts"][0]["text"] = "안녕하세요"
    made["access_logs"] = [
        {
            "_id": f"log-{n}",
            "member_id": owner,
            "at": RECENT,
            "ip": "1.2.3.4",
            "request": {"action": "login", "agent": "x"},
        }
        for n, owner in enumerate((71, 71, 71, 72))
    ]
    made["usage_records"] = [
        {"_id": f"use-{n}", "member_id": owner, "cookie": "c"} for n, owner in enumerate((71, 72))
    ]
    made["newsletter"] = [
        {"_id": f"news-{n}", "member_id": owner, "email": email, "active": True}
        for n, (owner, email) in enumerate(((71, "minji@mail.example"), (72, "jiho@mail.example")))
    ]
    for disclosure in made["disclosures"]:
        disclosure["at"] = RECENT
    made["members"][0]["profile"]["address"] = dict(OLD)
    return made


def _renumbered(node: Any, name: str = "") -> Any:
    if isinstance(node, dict):
        return {
            (f"7{k}" if name == "participants" else k): _renumbered(v, k) for k, v in node.items()
        }
    if isinstance(node, list):
        return [_renumbered(element, name) for element in node]
    if name in {"member_id", "id"} and node in (1, 2, 3):
        return 70 + node
    if name == "id" and node in ("1", "2"):
        return f"7{node}"
    return node
