"""A canary in every mapped field: shown, deleted, the keys rotated; then everything is read raw."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from schemas.errors import KeyGone
from schemas.request import SubjectRef
from tests.acceptance.files import flushed, forms, found
from tests.acceptance.test_access import Access, fetch
from tests.acceptance.test_canary import publish_sealed
from tests.conftest import Names
from tests.integration.packages.her import ATTACK, everything_of_her
from tests.town import Town, open_town
from tests.town.company import Deletion
from workers import wiring
from workers.adapters.vault import KeyFolder, Wrapped
from workers.local.stack import Stack

HER = SubjectRef(type="member", key="7")
SEALED_PHONES = {"010-1234-5678", "02-123-4567"}
SEALED_TEXTS = {"NEVER-answer", "900302-2345678"}
"""What stands at the places that the map seals; everything else is plain."""
SHORT = {"04524", "/", "F", "3F", "card", "mother", "single"}
"""Choices, and what could stand anywhere by chance: nobody finds these again."""
WHEN = datetime(2026, 11, 1, 3, 4, 5, tzinfo=UTC)


class Planted:
    """Her documents with a word of its own for each value; the same for the same value."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._words: dict[str, str] = {}
        self.documents = self._plant(everything_of_her())
        for order in self.documents["orders"]:
            order["ordered_at"] = WHEN
        for row in self.documents["disclosures"]:
            row["at"] = WHEN
        (log, _) = self.documents["access_logs"]
        log["request"] = {"action": self.word("her-action"), "agent": self.word("her-agent")}

    @property
    def sealed(self) -> list[bytes]:
        """In every spelling that this house knows."""
        phones = [self._words[one] for one in SEALED_PHONES]
        texts = [self._words[one].encode() for one in SEALED_TEXTS]
        return [*texts, *(form for phone in phones for form in forms(phone))]

    @property
    def plain(self) -> dict[str, bytes]:
        """Per value that stood there, the word that stands there now."""
        hidden = SEALED_PHONES | SEALED_TEXTS
        return {was: now.encode() for was, now in self._words.items() if was not in hidden}

    def word(self, was: str) -> str:
        if was not in self._words:
            self._words[was] = self._made(was)
        return self._words[was]

    def _made(self, was: str) -> str:
        if was in SEALED_PHONES or was == "02-765-4321":
            return f"010-{self._random.randint(2000, 9999)}-{self._random.randint(1000, 9999)}"
        if was == "900302-2345678":
            return f"900302-2{self._random.randint(100_000, 999_999)}"
        if was == "(04524) her-road 3F":
            return f"(04524) {self.word('her-road')} 3F"
        canary = f"canary{self._random.getrandbits(96):024x}"
        return f"{canary}@mail.example" if "@" in was else canary

    def _plant(self, node: Any) -> Any:
        if isinstance(node, dict):
            return {name: self._plant(value) for name, value in node.items()}
        if isinstance(node, list):
            return [self._plant(value) for value in node]
        return self.word(node) if isinstance(node, str) and is_hers(node) else node


def is_hers(text: str) -> bool:
    """Whether it stands at a mapped place of hers, and can be found again."""
    if text in SHORT:
        return False
    starts = ("her", "NEVER", "MASKED", "02-", "010-", "900302", "192.0", "1111", "12345678")
    return text.startswith(starts) or text in {ATTACK, "(04524) her-road 3F"}


async def seed(town: Town, planted: Planted) -> None:
    """As the company's applications write it: sealed where the map says so."""
    async with wiring.open_parts(town.settings) as parts:
        for name, documents in planted.documents.items():
            rows = documents
            if name in {"members", "deliveries"}:
                whose = [
                    (SubjectRef(type="member", key=key), name, row)
                    for key, row in zip(("7", "8"), documents, strict=True)
                ]
                rows = await parts.subject_data.seal_documents(whose)
            await town.company[name].insert_many(rows)


@pytest.fixture
def planted() -> Planted:
    number = uuid4().int
    print(f"seed {number}")  # noqa: T201 - to play it again
    return Planted(Random(number))


@pytest.fixture
async def town(names: Names, tmp_path: Path, planted: Planted) -> AsyncIterator[Town]:
    """Her, and one other."""
    settings = {"DSR_CHALLENGES_A_DAY": "20"}
    env = names.env()
    async with open_town(
        tmp_path, env, settings=settings, seed=partial(seed, planted=planted)
    ) as made:
        yield made


def databases(town: Town) -> Iterator[str]:
    yield from (town.env[name] for name in ("DSR_DB", "DSR_SUBJECT_DB", "DSR_ARCHIVE_DB"))


async def standing(town: Town, words: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Per value that can still be read in some collection or view: in which."""
    left: dict[str, set[str]] = {}
    for database in databases(town):
        for name in await town.mongo[database].list_collection_names():
            if name.startswith("system."):
                continue
            async for document in town.mongo[database][name].find():
                text = str(document)
                for was, word in words.items():
                    if word.decode() in text:
                        left.setdefault(was, set()).add(f"{database}.{name}")
    return left


@pytest.mark.timeout(300)
async def test_of_every_mapped_field_nothing_sealed_is_left_and_nothing_plain_can_be_read(
    town: Town, stack: Stack, names: Names, planted: Planted
) -> None:
    member = {**planted.documents["members"][0], "language": "ko"}
    assert set(await standing(town, planted.plain)) == set(planted.plain), "all of it is there"
    keys = town.mongo[town.env.get("DSR_KEYS_DB") or f"{town.env['DSR_DB']}_keys"]["keys"]
    backup = [row async for row in keys.find() if row["_id"].startswith("subject:")]
    await town.work()

    sees = Access(member, {})
    await publish_sealed(town, sees.submission())
    assert await town.prove(sees) == {"accepted": True}
    await town.until_completed([sees])
    async with wiring.open_parts(town.settings) as parts:
        assert await fetch(town, parts, sees)

    goes = Deletion(member, {})
    await publish_sealed(town, goes.submission())
    assert await town.prove(goes) == {"accepted": True}
    await town.until_completed([goes])
    code, printed, said = await town.dsr("keys", "rotate", "--json")
    assert code == 0, said
    assert json.loads(printed)["certificates"] == 1
    await flushed(town)

    left = await standing(town, planted.plain)
    assert left == {}
    in_files = found(stack.mongo.folder, planted.plain.values())
    remain = [was for was, word in planted.plain.items() if in_files[word]]
    print(f"{len(remain)} of {len(planted.plain)} plain values remain in the engine's files")  # noqa: T201
    assert remain, "the search finds nothing"
    maildir = Path(names.env()["DSR_MAILDIR"])
    everything = [*planted.sealed, *planted.plain.values()]
    for folder in (stack.mongo.folder, stack.rabbit.folder, town.folder, maildir):
        assert not any(found(folder, planted.sealed).values()), folder
    assert not any(found(stack.rabbit.folder, everything).values())
    assert not any(found(town.folder, everything).values())
    # A mail says to whom it goes, and nothing else of the person.
    contact = planted.plain["her@mail.example"]
    mails = [word for word in everything if word != contact]
    assert found(maildir, [contact])[contact]
    assert not any(found(maildir, mails).values())

    holder = KeyFolder.open(town.settings.keys)
    assert backup
    for row in backup:
        with pytest.raises(KeyGone):
            holder.unwrap(Wrapped(row["epoch"], row["wrapped"]), row["_id"])
    code, printed, said = await town.dsr("audit", "verify")
    assert code == 0, printed + said
