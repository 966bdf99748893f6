"""The two files of a package, written in one pass over the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Protocol

from schemas.package import PackagedRecord, PackageHead, RecordCount
from workers.adapters.packages.sealed import SealedWriter


class Page(Protocol):
    """The page that people read, in pieces."""

    def head(self) -> str:
        """Everything before the first record."""

    def record(self, record: PackagedRecord, *, first: bool, number: int) -> str:
        """One record; the first of a section opens that."""

    def foot(self, counts: Mapping[str, int]) -> str:
        """Everything after the last record; the records per collection."""


class Renderer(Protocol):
    """Begins the page of one package, in a language."""

    def __call__(self, head: PackageHead, language: str) -> Page:
        """A page that knows the labels of this head's fields."""


async def write(
    head: PackageHead,
    records: AsyncIterator[PackagedRecord],
    page: Page,
    *,
    json: SealedWriter,
    html: SealedWriter,
) -> tuple[dict[str, int], dict[str, int]]:
    """Everything into both; the records per collection, and per field those that hold it."""
    counts: Counter[str] = Counter()
    holding: Counter[str] = Counter()
    opened = _safe(head.model_dump_json(by_alias=True)).removesuffix("}")
    await json.write(f'{opened},"records":[')
    await html.write(page.head())
    section = ""
    async for record in records:
        counts[record.collection] += 1
        holding.update({value.field for value in record.values})
        comma = "," if counts.total() > 1 else ""
        await json.write(f"{comma}\n{_safe(record.model_dump_json(exclude_defaults=True))}")
        first, section = record.collection != section, record.collection
        number = counts[record.collection]
        await html.write(page.record(record, first=first, number=number))
    ends = ",".join(_counted(counts))
    await json.write(f'\n],"counts":[{ends}]}}\n')
    await html.write(page.foot(counts))
    return dict(counts), dict(holding)


def _counted(counts: Mapping[str, int]) -> Iterator[str]:
    for collection, number in counts.items():
        yield RecordCount(collection=collection, records=number).model_dump_json()


def _safe(json: str) -> str:
    """Nothing in it opens a tag, whatever shows it as a page: `<` stands in texts only."""
    return json.replace("<", "\\u003c")
