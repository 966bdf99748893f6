"""Writes the sample company to its database, sealed where the data map says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.datamap import KeyLink, Path
from schemas.request import SubjectRef
from workers.adapters import mongo
from workers.wiring import Parts

Document = dict[str, Any]
Company = Mapping[str, list[Document]]
SUBJECT = "member"


async def seed(parts: Parts, company: Company) -> None:
    """Seal what is to be sealed, under each member's own key, and insert everything."""
    db = mongo.database(parts.client, parts.settings.subject_db)
    for name, documents in company.items():
        stored = await _sealed(parts, company, name)
        with mongo.reaching("The company's database"):
            await db[name].insert_many(stored or documents, ordered=False)


async def _sealed(parts: Parts, company: Company, name: str) -> list[Document]:
    """The collection as it is to be stored; empty where nothing in it is sealed."""
    if not any(place.sealed for place in parts.datamap.placements_in(name)):
        return []
    members = _members(parts, company, name)
    return await parts.subject_data.seal_documents(
        [
            (SubjectRef(type=SUBJECT, key=str(member)), name, document)
            for member, document in zip(members, company[name], strict=True)
        ]
    )


def _members(parts: Parts, company: Company, name: str) -> list[Any]:
    """Whose each document is: by a key of its own, or by that of a document it points to."""
    link = parts.datamap.link(SUBJECT, name)
    assert link is not None, "sealed values belong to somebody"
    hops, end = parts.datamap.hops(SUBJECT, link)
    assert isinstance(end, KeyLink), "sealed values have one owner"
    documents = company[name]
    for hop in hops:
        by_reference = {_at(each, hop.foreign): each for each in company[hop.collection]}
        documents = [by_reference[_at(document, hop.local)] for document in documents]
    return [_at(document, end.key) for document in documents]


def _at(document: Any, path: Path) -> Any:
    for step in path.steps:
        document = document[step]
    return document
