"""The effects of a group as they are worked on, and what the slot says about each beforehand."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import SON

from schemas.errors import ValueRefused
from schemas.values import lookup_form
from workers.adapters.subject_data.changes import Owner
from workers.adapters.subject_data.control import (
    COLLECTION,
    Control,
    check_request,
    control_id,
    projection,
)
from workers.adapters.subject_data.keys import identity, parse_key
from workers.adapters.subject_data.places import SubjectModel
from workers.adapters.subject_data.sealing import Seal, Tokens, Vault, key_name
from workers.adapters.subject_data.sessions import Snapshot
from workers.ports import Claim, Correct, RecordEffect, Release, Restrict, SubjectResult


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One effect: whose, and where its control document is."""

    number: int
    effect: RecordEffect
    model: SubjectModel
    id: SON[str, Any]
    owner: Owner

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it is about."""
        match self.effect:
            case Restrict(fields=fields):
                return fields
            case Correct(values=values):
                return tuple(values)
            case Release() | Claim():
                return ()


async def prepare(
    effects: Sequence[RecordEffect],
    models: Mapping[str, SubjectModel],
    vault: Vault,
    tokens: Tokens,
) -> tuple[list[Item], dict[int, SubjectResult]]:
    """The items to work on, with the keys they need, and what is settled without a look."""
    items: list[tuple[int, RecordEffect, SubjectModel, Any]] = []
    settled: dict[int, SubjectResult] = {}
    for number, effect in enumerate(effects):
        check_request(effect.request)
        model = models.get(effect.subject.type)
        raw = parse_key(effect.subject.key, model.key_type) if model else None
        if model is None or raw is None:
            settled[number] = SubjectResult("gone")
        elif not _possible(effect, model):
            settled[number] = SubjectResult("refused")
        else:
            items.append((number, effect, model, raw))
    names = {
        number: key_name(effect.subject, tokens.pseudonym(model.name, effect.subject.key))
        for number, effect, model, _ in items
        if isinstance(effect, Correct) and model.reading(effect.values).sealed
    }
    keys = await vault.data_keys(names.values(), create=True) if names else {}
    made = [
        Item(
            number=number,
            effect=effect,
            model=model,
            id=control_id(model.name, raw),
            owner=owner(
                model,
                effect.subject.key,
                tokens,
                keys[names[number]] if number in names else None,
            ),
        )
        for number, effect, model, raw in items
    ]
    return made, settled


def owner(model: SubjectModel, key: str, tokens: Tokens, data_key: Any | None) -> Owner:
    """The subject of this key, able to seal and open where a data key is given."""

    def blind_index(field: str, value: Any) -> bytes | None:
        return blind_digest(model, field, value, tokens)

    seal = Seal(data_key, tokens.pseudonym(model.name, key)) if data_key is not None else None
    return Owner(key, seal, blind_index)


def blind_digest(model: SubjectModel, field: str, value: Any, tokens: Tokens) -> bytes | None:
    """By what a sealed value is found again; None where the value can be nobody's."""
    lookup = model.fields[field].lookup
    if lookup is None:
        return None
    try:
        form = lookup_form(lookup.form.value, str(value))
    except ValueRefused:
        return None
    return tokens.blind_index(f"{model.name}.{field}", form)


async def read_controls(reader: Snapshot, items: Sequence[Item]) -> dict[int, Control]:
    """The control document of each item, in one query."""
    read = await reader.find(
        COLLECTION,
        {"_id": {"$in": [item.id for item in items]}},
        projection(item.effect.request for item in items),
    )
    found = {known_id(document["_id"]): document for document in read}
    return {item.number: Control.read(item.id, found.get(known_id(item.id))) for item in items}


_KINDS: Mapping[type, str] = {Correct: "correct", Claim: "collect"}
"""What each effect writes into its slot; all others are a `release`."""


def verdict(item: Item, control: Control) -> SubjectResult | None:
    """What the slot and the restrictions already say: nothing is done twice, first claim wins."""
    slot = control.slots.get(item.effect.request)
    if slot is not None:
        kind = _KINDS.get(type(item.effect), "release")
        if isinstance(item.effect, Restrict) or slot["kind"] != kind:
            return SubjectResult("lost", seq=slot["seq"])
        return SubjectResult("already", seq=slot["seq"], places=slot.get("places"))
    if control.deletion is not None:
        return _beside_deletion(item, control.deletion["fields"])
    if isinstance(item.effect, Restrict) and all(
        item.effect.request in control.restricted.get(name, ()) for name in item.effect.fields
    ):
        return SubjectResult("already", seq=control.seq)
    return None


def _beside_deletion(item: Item, fields: Sequence[str] | None) -> SubjectResult | None:
    """What other requests come to while a subject, or some fields (None: all), are deleted."""
    if isinstance(item.effect, Release):
        return None
    if fields is None:
        return SubjectResult("gone")
    superseded = isinstance(item.effect, Correct) and not set(fields).isdisjoint(item.fields)
    return SubjectResult("lost") if superseded else None


def waves(items: Iterable[Item]) -> list[list[Item]]:
    """The items in groups without two about the same subject, in their order."""
    made: list[list[Item]] = []
    seen: dict[Any, int] = {}
    for item in items:
        turn = seen.get(known_id(item.id), 0)
        seen[known_id(item.id)] = turn + 1
        if turn == len(made):
            made.append([])
        made[turn].append(item)
    return made


def known_id(id_: Mapping[str, Any]) -> Hashable:
    """The `_id` of a control document, to be found by."""
    return (id_["t"], identity(id_["k"]))


def _possible(effect: RecordEffect, model: SubjectModel) -> bool:
    """Whether the map has the fields, and for a correction a place at home to write each."""
    match effect:
        case Restrict(fields=fields):
            return all(name in model.fields for name in fields)
        case Correct(values=values):
            return all(
                name in model.fields
                and not model.fields[name].hashed
                and model.home_place(name) is not None
                for name in values
            )
        case Release() | Claim():
            return True
