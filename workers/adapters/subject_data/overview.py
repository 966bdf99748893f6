"""The dry run: which documents, fields, copies and recipients a correction would touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from schemas.errors import NotFound
from schemas.request import SubjectRef
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data import owners as owning
from workers.adapters.subject_data.changes import leaf_positions
from workers.adapters.subject_data.control import COLLECTION, Control, control_id
from workers.adapters.subject_data.keys import parse_key
from workers.adapters.subject_data.ledger import Ledgers
from workers.adapters.subject_data.owners import Found, Needles
from workers.adapters.subject_data.places import SubjectModel
from workers.adapters.subject_data.positions import MISSING
from workers.adapters.subject_data.purposes import name_of, purpose_key
from workers.adapters.subject_data.sessions import snapshot
from workers.adapters.subject_data.ties import tie_values
from workers.adapters.subject_data.updates import dotted

_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class TouchedPlace:
    """One place in one document; `changes` False where it keeps what was true then."""

    collection: str
    document: str
    field: str
    path: str
    home: bool
    changes: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """What `dsr plan` shows; `more` names collections of which only the first were looked at."""

    places: tuple[TouchedPlace, ...]
    recipients: Mapping[str, tuple[str, ...]]
    restricted: tuple[str, ...]
    more: tuple[str, ...] = field(default=())


class Overviews:
    """`plan`: reads at one moment, changes nothing."""

    def __init__(self, db: Database, models: Mapping[str, SubjectModel], ledgers: Ledgers) -> None:
        self._db = db
        self._models = models
        self._ledgers = ledgers

    async def plan_objection(
        self, subject: SubjectRef, purposes: Sequence[str], acting: Mapping[str, Sequence[str]]
    ) -> Overview:
        """Every place of the consents; `acting` has per recipient the purposes on which it acts."""
        model = self._models[subject.type]
        overview = await self.plan(subject, tuple(map(purpose_key, purposes)))
        known = await self._ledgers.recipients(subject, tuple(model.fields))
        told = {
            recipient: tuple(name for name in purposes if name in acting.get(recipient, ()))
            for recipient in known
        }
        return replace(overview, recipients={name: acts for name, acts in told.items() if acts})

    async def plan(self, subject: SubjectRef, fields: Sequence[str]) -> Overview:
        """Every place of these fields, those that a correction leaves alone included."""
        model = self._models[subject.type]
        raw = parse_key(subject.key, model.key_type)
        reading = model.reading(fields, follow_only=False)
        home = Needles()
        home.add(raw, (0,))
        more = []
        with reaching("The company's database"):
            async with snapshot(self._db) as reader:
                found = [
                    await owning.documents(reader, model.home, reading.home, home, limit=_SHOWN)
                ]
                tops = sorted(reading.home_tops)
                homes = await reader.find(
                    model.home.collection, home.query(model.key) or {}, tops, limit=1
                )
                if not homes:
                    raise NotFound("There is no such person in the company's database.")
                ties = await tie_values(
                    reader, model, {0: (subject.key, homes[0])}, sorted(reading.ties)
                )
                for site, places in reading.sites:
                    wanted = await owning.needles(reader, model, site, {0: subject.key}, ties)
                    read = await owning.documents(reader, site, places, wanted, limit=_SHOWN)
                    if len(read.documents) > _SHOWN:
                        more.append(site.collection)
                        del read.documents[_SHOWN:]
                    found.append(read)
                id_ = control_id(model.name, raw)
                controls = await reader.find(COLLECTION, {"_id": id_}, ["restricted"])
        control = Control.read(id_, controls[0] if controls else None)
        return Overview(
            places=tuple(place for read in found for place in _touched(read, subject.key)),
            recipients=await self._ledgers.recipients(subject, tuple(fields)),
            restricted=tuple(name for name in fields if name in control.restricted),
            more=tuple(more),
        )


def _touched(found: Found, key: str) -> list[TouchedPlace]:
    holds = found.needles.test(0)
    made: dict[tuple[str, Any, str], TouchedPlace] = {}
    for document in found.by_owner().get(0, ()):
        for place in found.places:
            for leaf in place.leaves:
                for position in leaf_positions(leaf, document, key, holds):
                    at = position.at[: len(place.placement.path.steps)]
                    if position.value is MISSING and not place.placement.home:
                        continue
                    made[place.field, dotted(at), str(document["_id"])] = TouchedPlace(
                        collection=found.site.collection,
                        document=str(document["_id"]),
                        field=name_of(place.field),
                        path=dotted(at),
                        home=place.placement.home,
                        changes=place.placement.follow,
                    )
    return list(made.values())
