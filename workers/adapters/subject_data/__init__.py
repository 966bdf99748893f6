"""The company's database as the data map describes it: one object for all that is done there.

Read in this order: `positions` (a path in a document), `places` (the map made ready), `owners`
(what belongs to whom), `changes` and `updates` (a correction in one document), `purposes` and
`consents` (a consent withdrawn), `control` (the proof of what was done), `group` and `parts` (one
transaction), `effects` (groups of them, retried); then `identifying` and `lookup`, `ledger`,
`current`, `records`, `views` and `declare`; `gate` and `importing` (what is passed on, or was); for
deletions `rules`, `pulls`, `replacing`, `removal` and `removals`, which `workers.adapters.erasure`
carries out; for fields that become sealed `conversions` and `converting`.
`positions`, `places`, `purposes`, `changes`, `consents`, `updates`, `control`, `identifying`,
`expressions`, `views`, `conversions` and those for deletions are pure.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from schemas.datamap import DataMap
from schemas.disclosure import DisclosureWish, Permission
from schemas.guardianship import Guardianship
from schemas.request import Contact, SubjectRef
from workers.adapters.mongo import Database
from workers.adapters.subject_data.audience import AudienceReader
from workers.adapters.subject_data.converting import Converter
from workers.adapters.subject_data.current import CurrentReader, CurrentValues
from workers.adapters.subject_data.declare import WantedIndex, declare, missing_indexes
from workers.adapters.subject_data.documents import Whose, seal_documents
from workers.adapters.subject_data.effects import EffectApplier
from workers.adapters.subject_data.evidence import ControlRecord, controls
from workers.adapters.subject_data.gate import Gate
from workers.adapters.subject_data.guardians import Guardians
from workers.adapters.subject_data.importing import Imported, Importer
from workers.adapters.subject_data.ledger import Ledgers
from workers.adapters.subject_data.lookup import PersonFinder
from workers.adapters.subject_data.overview import Overview, Overviews, TouchedPlace
from workers.adapters.subject_data.places import compile_map
from workers.adapters.subject_data.records import Records
from workers.adapters.subject_data.sealing import Tokens, Vault
from workers.adapters.subject_data.sessions import Document, readable
from workers.adapters.subject_data.survey import Finding, Survey
from workers.ports import Person, RecordEffect, SubjectResult
from workers.ports.conversion import ConversionReport, Tell, tell_nobody

__all__ = ["CurrentValues", "Overview", "SubjectData", "TouchedPlace", "WantedIndex"]


class SubjectData:
    """Everything that touches the company's documents, by one data map."""

    def __init__(self, db: Database, datamap: DataMap, vault: Vault, tokens: Tokens) -> None:
        self._db = readable(db)
        self._datamap = datamap
        self._models = compile_map(datamap)
        self._vault = vault
        self._tokens = tokens
        self._finder = PersonFinder(self._db, self._models, vault, tokens)
        self._ledgers = Ledgers(self._db, datamap)
        self._applier = EffectApplier(self._db, self._models, vault, tokens)
        self._current = CurrentReader(self._db, datamap, self._models, vault, tokens)
        self._gate = Gate(self._db, datamap)
        self._importer = Importer(self._db, datamap)
        self._guardians = Guardians(datamap, self._current)
        self._records = Records(self._db, self._models, vault, tokens)
        self._overviews = Overviews(self._db, self._models, self._ledgers)
        self._survey = Survey(
            self._db, datamap, self._models, self._current, vault=vault, tokens=tokens
        )

    async def is_held(self, identifiers: Mapping[str, str], subject: SubjectRef) -> bool:
        """Whether they also lead to somebody else of the subject's own type."""
        return await self._finder.is_held(identifiers, subject)

    async def find(self, identifiers: Mapping[str, str]) -> Person | None:
        """The one person whom every identifier fits; None for nobody, several, or none given."""
        return await self._finder.find(identifiers)

    async def guardianship(self, subject: SubjectRef) -> Guardianship | None:
        """Who may act for this person and how long; None where the record cannot say."""
        return await self._guardians.guardianship(subject)

    async def contacts(self, subject: SubjectRef) -> tuple[Contact, ...]:
        """How this person is reached, as the record says now."""
        return await self._records.contacts(subject)

    async def has_ended(self, subject: SubjectRef, rule: str, now: datetime) -> bool:
        """Whether the purpose has ended, by this rule of the map; False where it has no such."""
        named = next((one for one in self._datamap.retention_rules if one.name == rule), None)
        return named is not None and await self._records.has_ended(subject, named, now)

    async def recipients(
        self, subject: SubjectRef, fields: tuple[str, ...]
    ) -> dict[str, tuple[str, ...]]:
        """Per recipient, those of the fields that the disclosure ledger says it received."""
        return await self._ledgers.recipients(subject, fields)

    async def apply(self, effects: Sequence[RecordEffect]) -> list[SubjectResult]:
        """One transaction for the whole group, retried inside, idempotent by slot."""
        return await self._applier.apply(effects)

    async def current(
        self, subject: SubjectRef, fields: Sequence[str], request: str | None = None
    ) -> CurrentValues:
        """What a notice sends: the values as they stand now, read at one moment on a majority."""
        return await self._current.current(subject, fields, request)

    async def known_as(self, subject: SubjectRef, request: str) -> Mapping[str, str]:
        """Per recipient, what it knows the person by, as the record says now."""
        return (await self._current.current(subject, (), request)).keys

    async def plan(self, subject: SubjectRef, fields: Sequence[str]) -> Overview:
        """The dry run of a correction or a restriction of these fields; none: all of them."""
        every = fields or tuple(self._datamap.subjects[subject.type].fields)
        return await self._overviews.plan(subject, every)

    async def plan_objection(self, subject: SubjectRef, purposes: Sequence[str]) -> Overview:
        """The dry run of an objection to these purposes; none: all of them."""
        declared = self._datamap.subjects[subject.type].purposes
        acting = {
            recipient: [name for name, its in declared.items() if recipient in its.recipients]
            for recipient in self._datamap.recipients
        }
        return await self._overviews.plan_objection(subject, purposes or tuple(declared), acting)

    async def init(self, *, plan: bool = False, company_indexes: bool = False) -> list[str]:
        """Declare views and indexes; one line for each change, with `plan` only named."""
        return await declare(
            self._db, self._datamap, self._models, plan=plan, company_indexes=company_indexes
        )

    async def may_disclose(self, wish: DisclosureWish, now: datetime) -> Permission:
        """Whether fields may go to a recipient; where the wish says so, recorded as done."""
        return await self._gate.ask(wish, now)

    async def import_disclosures(
        self, wishes: Sequence[DisclosureWish], now: datetime
    ) -> list[Imported]:
        """Record what had been passed on already; what of each became."""
        return await self._importer.record(wishes, now)

    def controls(self) -> AsyncIterator[ControlRecord]:
        """Every control document, for the audit."""
        return controls(self._db)

    def audience(self) -> AudienceReader:
        """Who is to get an announcement, in bounded pages."""
        return AudienceReader(self._db, self._datamap, self._models, self._vault, self._tokens)

    async def missing_indexes(self) -> list[WantedIndex]:
        """The indexes that the company's collections lack for what the workers ask."""
        return await missing_indexes(self._db, self._datamap, self._models)

    async def survey(self) -> list[Finding]:
        """The data map held against what really stands in the database; changes nothing."""
        return await self._survey.findings()

    async def seal_documents(self, whose: Sequence[Whose]) -> list[Document]:
        """Documents as they are to be inserted, their sealed places sealed."""
        return await seal_documents(whose, self._models, self._vault, self._tokens)

    async def convert(
        self, field: str, *, undo: bool = False, dry_run: bool = False, tell: Tell = tell_nobody
    ) -> ConversionReport:
        """Seal what stands plain of a field that the map has sealed; `undo`: open it again."""
        converter = Converter(self._db, self._models, self._vault, self._tokens)
        return await converter.convert(field, undo=undo, dry_run=dry_run, tell=tell)
