"""A company, and what collects for its people; every call as the stage would make it."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

from schemas.datamap import DataMap
from schemas.request import SubjectRef
from tests.integration.subject_data.company import Company
from workers.adapters import mongo
from workers.adapters.packages import Collector, PackageStore, PersonalRecords
from workers.adapters.tokens import Tokens
from workers.adapters.vault import KeyFolder, Vault
from workers.documents import PackagePage
from workers.ports import Collect, Collected, CollectResult


class House:
    """The company and our own database beside it."""

    def __init__(self, client: mongo.Client, name: str, datamap: DataMap, keys: KeyFolder) -> None:
        self.databases = (f"{name}_company", f"{name}_dsr", f"{name}_keys")
        company, ours, theirs = (mongo.database(client, each) for each in self.databases)
        self.ours = ours
        self.vault = Vault(theirs["keys"], keys)
        self.tokens = Tokens(keys)
        self.company = Company(company, datamap, self.vault, self.tokens)
        self.store = PackageStore(ours, self.vault)
        self.collector = self.another()

    def another(self) -> Collector:
        """Another worker beside the first."""
        company = self.company
        personal = PersonalRecords(company.db, company.datamap, self.vault, self.tokens)
        return Collector(company.data, personal, self.store, company.datamap, PackagePage)

    def effect(self, request: str, subject: SubjectRef, *, language: str = "ko") -> Collect:
        """What the stage declares."""
        return Collect(
            request=request,
            subject=subject,
            pseudonym=self.tokens.pseudonym(subject.type, subject.key),
            tracking="DSR-7K3M-Q9XA",
            language=language,
            keep=timedelta(days=7),
        )

    async def collect(
        self, request: str, subject: SubjectRef, *, language: str = "ko"
    ) -> CollectResult:
        """One call."""
        (result,) = await self.collector.apply([self.effect(request, subject, language=language)])
        return result

    async def package(
        self, request: str, subject: SubjectRef, *, language: str = "ko"
    ) -> Collected:
        """The same, of somebody who is there."""
        result = await self.collect(request, subject, language=language)
        assert result.outcome == "ready"
        assert result.package is not None
        return result.package

    async def fetched(self, package: str) -> tuple[dict[str, Any], str]:
        """What a person has after a download: the JSON, and the page."""
        content = await self.store.open(package)
        assert content is not None
        archive = zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in content])))
        assert archive.testzip() is None
        data = json.loads(archive.read("personal-data.json"))
        return data, archive.read("personal-data.html").decode()

    async def stored(self) -> bytes:
        """Every byte that stands in GridFS."""
        chunks = self.ours["packages.chunks"].find({}, {"data": 1})
        return b"".join([bytes(chunk["data"]) async for chunk in chunks])
