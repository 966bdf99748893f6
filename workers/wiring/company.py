"""What is done to the company's data: read and changed, erased, archived, destroyed when due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from schemas.datamap import DataMap
from workers.adapters.archive import ArchiveStore
from workers.adapters.calendars import clocks
from workers.adapters.erasure import Erasure, Markers, People, Replay
from workers.adapters.packages import Collector, PersonalRecords
from workers.adapters.particulars import ParticularsSealer
from workers.adapters.retention import Sweeper
from workers.adapters.retention.openings import Openings
from workers.adapters.subject_data import SubjectData
from workers.adapters.vault import Tombstones
from workers.datamap_file import load
from workers.documents import PackagePage
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
    collector: Collector
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
        packages=own.packages,
    )
    retention = Sweeper(
        subject_db,
        databases.own,
        datamap,
        archive=archive,
        packages=own.packages,
        requests=own.requests,
        vault=own.vault,
        tokens=tokens,
        openings=Openings(
            requests=own.requests,
            sealer=ParticularsSealer(own.vault),
            tokens=tokens,
            clocks=clocks(
                settings.deadlines,
                settings.gdpr_country,
                settings.gdpr_zone,
                settings.target_share,
            ),
            language=settings.language,
            within=timedelta(seconds=settings.step_timeout),
        ),
        particulars_after=timedelta(days=settings.particulars_days),
    )
    subject_data = SubjectData(subject_db, datamap, own.vault, tokens)
    people = People(subject_db, datamap, tokens.pseudonym)
    return Company(
        datamap=datamap,
        subject_data=subject_data,
        archive=archive,
        erasure=erasure,
        collector=Collector(
            subject_data,
            PersonalRecords(subject_db, datamap, own.vault, tokens),
            own.packages,
            datamap,
            PackagePage,
        ),
        retention=retention,
        markers=markers,
        tombstones=tombstones,
        replay=Replay(markers, tombstones, people, erasure),
    )
