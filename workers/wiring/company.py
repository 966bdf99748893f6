"""What is done to the company's data: read and changed, erased, archived, destroyed when due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from schemas.datamap import DataMap
from workers.adapters.archive import ArchiveStore
from workers.adapters.erasure import Erasure, Markers, People, Replay
from workers.adapters.retention import Sweeper
from workers.adapters.subject_data import SubjectData
from workers.adapters.vault import Tombstones
from workers.datamap_file import load
from workers.settings import Settings
from workers.wiring.databases import Databases
from workers.wiring.keys import open_tombstones
from workers.wiring.own import Own


@dataclass(frozen=True, slots=True)
class Company:
    """Everything that reads or writes the company's database, and the map that describes it."""

    datamap: DataMap
    subject_data: SubjectData
    archive: ArchiveStore
    erasure: Erasure
    retention: Sweeper
    markers: Markers
    tombstones: Tombstones
    replay: Replay


def read_datamap(settings: Settings) -> DataMap:
    """The data map, with the addresses of recipients that the settings override."""
    private = settings.allow_private_recipients
    datamap = load(settings.data_map, allow_private_recipients=private)
    for name, url in settings.recipient_urls.items():
        datamap = datamap.with_recipient_url(name, url, allow_private_recipients=private)
    return datamap


def build_company(settings: Settings, datamap: DataMap, databases: Databases, own: Own) -> Company:
    """`KeyFolderError` where the ledger of deletions is missing."""
    subject_db, tokens = databases.company, own.keys.tokens
    archive = ArchiveStore(databases.archive, databases.own, own.vault, own.keys.holder)
    markers = Markers(subject_db)
    tombstones = open_tombstones(settings)
    erasure = Erasure(
        subject_db,
        datamap,
        keys=own.vault,
        archive=archive,
        tombstones=tombstones,
        earlier_requests=own.requests.final_of,
    )
    retention = Sweeper(
        subject_db,
        databases.own,
        datamap,
        archive=archive,
        erasure=erasure,
        requests=own.requests,
        vault=own.vault,
        tokens=tokens,
        evidence=own.evidence,
        particulars_after=timedelta(days=settings.particulars_days),
    )
    people = People(subject_db, datamap, tokens.pseudonym)
    return Company(
        datamap=datamap,
        subject_data=SubjectData(subject_db, datamap, own.vault, tokens),
        archive=archive,
        erasure=erasure,
        retention=retention,
        markers=markers,
        tombstones=tombstones,
        replay=Replay(markers, tombstones, people, erasure),
    )
