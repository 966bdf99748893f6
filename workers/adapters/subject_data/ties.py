"""Values that tie documents to a subject: a username in old posts, where no key stands.

A value ties only while exactly one subject holds it: two people of one display name tie nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final

from workers.adapters.subject_data.changes import leaf_positions
from workers.adapters.subject_data.keys import identity, key_text
from workers.adapters.subject_data.places import Place, SubjectModel
from workers.adapters.subject_data.positions import MISSING, positions
from workers.adapters.subject_data.sessions import Document, Snapshot

Ties = dict[tuple[int, str], Any]
"""Per owner and field the value that ties."""

_MARGIN: Final = 32


async def tie_values(
    reader: Snapshot,
    model: SubjectModel,
    homes: Mapping[int, tuple[str, Document]],
    fields: Iterable[str],
) -> Ties:
    """The values of these fields that tie documents to their owners; `homes` by owner, with key."""
    made: Ties = {}
    for field in fields:
        place = model.home_place(field)
        if place is None:
            continue
        held = {
            owner: value
            for owner, (key, document) in homes.items()
            if (value := _held(model, place, key, document)) is not None
        }
        if held:
            found = await _holders(reader, model, place, list(held.values()))
            made |= {
                (owner, field): value
                for owner, value in held.items()
                if len(found.get(identity(value), ())) == 1
            }
    return made


async def still_tied(
    reader: Snapshot, model: SubjectModel, keys: Mapping[int, str], ties: Ties
) -> Ties:
    """Those of the values that tied documents before, and that nobody else has taken since."""
    made: Ties = {}
    for field in sorted({field for _, field in ties}):
        place = model.home_place(field)
        held = {owner: value for (owner, name), value in ties.items() if name == field}
        if place is None:
            continue
        found = await _holders(reader, model, place, list(held.values()))
        made |= {
            (owner, field): value
            for owner, value in held.items()
            if found.get(identity(value), set()) <= {keys[owner]}
        }
    return made


def _held(model: SubjectModel, place: Place, key: str, document: Document) -> Any:
    (leaf,) = place.leaves
    for position in leaf_positions(
        leaf, document, key, lambda raw: key_text(raw, model.key_type) == key
    ):
        if position.value is not MISSING and not isinstance(position.value, dict | list):
            return position.value
    return None


async def _holders(
    reader: Snapshot, model: SubjectModel, place: Place, values: list[Any]
) -> dict[Hashable, set[str]]:
    """Which subjects hold each value; beyond two it is only known that there are several."""
    path = place.leaves[0].path.query
    tops = sorted(place.tops | {model.key.steps[0]})
    limit = 2 * len(values) + _MARGIN
    found = await reader.find(model.home.collection, {path: {"$in": values}}, tops, limit=limit)
    if len(found) == limit:
        found = []
        for value in values:
            found += await reader.find(
                model.home.collection, {path: {"$eq": value}}, tops, limit=_MARGIN
            )
    holders: dict[Hashable, set[str]] = defaultdict(set)
    for document in found:
        for key in keys_in(model, document):
            value = _held(model, place, key, document)
            if value is not None:
                holders[identity(value)].add(key)
    return holders


def keys_in(model: SubjectModel, document: Document) -> set[str]:
    """Every subject of this type that is at home in the document."""
    raws = (place.value for place in positions(document, model.key.steps))
    texts = (key_text(raw, model.key_type) for raw in raws if raw is not MISSING)
    return {text for text in texts if text is not None}
