"""The effects of a group as they are worked on, and what the slot says about each beforehand."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bson import SON

from schemas.errors import ValueRefused
from schemas.values import lookup_form
from workers.adapters.subject_data.changes import Owner, Test, correct
from workers.adapters.subject_data.consents import withdraw
from workers.adapters.subject_data.control import (
    COLLECTION,
    Control,
    Kind,
    check_request,
    control_id,
    projection,
)
from workers.adapters.subject_data.keys import identity, parse_key
from workers.adapters.subject_data.places import Place, SubjectModel
from workers.adapters.subject_data.purposes import purpose_key
from workers.adapters.subject_data.sealing import Seal, Tokens, Vault, key_name
from workers.adapters.subject_data.sessions import Snapshot
from workers.adapters.subject_data.updates import Draft
from workers.ports import (
    Claim,
    Correct,
    RecordEffect,
    Release,
    Restrict,
    Resume,
    SubjectResult,
    Suspend,
    WithdrawConsent,
)

_KINDS: Final[Mapping[type[RecordEffect], Kind | Literal["suspend"]]] = {
    Correct: "correct",
    Release: "release",
    Claim: "collect",
    Suspend: "suspend",
    Resume: "resume",
    WithdrawConsent: "object",
}
"""The kind of slot that each effect claims; a `Restrict` claims none."""


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
        """The fields that it is about, or its purposes as the model knows them."""
        return _fields(self.effect)

    @property
    def kind(self) -> Kind:
        """The kind of slot that a change of documents claims."""
        return "object" if isinstance(self.effect, WithdrawConsent) else "correct"

    @property
    def changes(self) -> bool:
        """Whether it changes the company's documents."""
        return isinstance(self.effect, Correct | WithdrawConsent)

    def change(self, place: Place, document: Any, holds: Test, draft: Draft) -> None:
        """Bring one place of one document to what the effect wants; `ValueRefused` by its type."""
        match self.effect:
            case Correct(values=values):
                new = values[place.field]
                correct(place, document, self.owner, holds, value=new, draft=draft)
            case WithdrawConsent(at=at):
                withdraw(place, document, self.owner, holds, at=at, draft=draft)


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
        if isinstance(effect, Correct | WithdrawConsent) and model.reading(_fields(effect)).sealed
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


def verdict(item: Item, control: Control) -> SubjectResult | None:
    """What the slot and the restrictions already say: nothing is done twice, first claim wins."""
    slot = control.slots.get(item.effect.request)
    if isinstance(item.effect, Resume) and (slot is None or slot["kind"] == "suspend"):
        # A person who is being deleted has nothing left that could be used again.
        whole = control.deletion is not None and control.deletion["fields"] is None
        return SubjectResult("gone") if slot is None or whole else None
    if slot is not None:
        if slot["kind"] != _KINDS.get(type(item.effect)):
            return SubjectResult("lost", seq=slot["seq"])
        return SubjectResult("already", seq=slot["seq"], places=slot.get("places"))
    if control.deletion is not None:
        return _beside_deletion(item, control.deletion["fields"])
    if isinstance(item.effect, Restrict) and all(
        item.effect.request in control.restricted.get(name, ()) for name in item.effect.fields
    ):
        return SubjectResult("already", seq=control.seq)
    return None


def _fields(effect: RecordEffect) -> tuple[str, ...]:
    match effect:
        case Restrict(fields=fields) | Suspend(fields=fields):
            return fields
        case Correct(values=values):
            return tuple(values)
        case WithdrawConsent(purposes=purposes):
            return tuple(map(purpose_key, purposes))
        case Release() | Resume() | Claim():
            return ()


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
        case Restrict(fields=fields) | Suspend(fields=fields):
            return all(name in model.fields for name in fields)
        case WithdrawConsent():
            return all(name in model.purposes for name in _fields(effect))
        case Correct(values=values):
            return all(
                name in model.fields
                and not model.fields[name].hashed
                and model.home_place(name) is not None
                for name in values
            )
        case Release() | Resume() | Claim():
            return True
