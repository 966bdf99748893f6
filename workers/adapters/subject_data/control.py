"""The control document of a subject: the proof of what was done, and what is restricted (D2, D5).

    _id         {t: subject type, k: key as in the home}; both also as `type` and `key`
    rev         grows by one with each change of this document: what a change compares
    seq         grows by one with whatever a recipient may be told of: see `schemas.invariants`
    slots       request -> {kind: correct | release | collect | erase | suspend | lapsed |
                            resume | object, at, seq,
                            places: {field: documents}, was}
    restricted  field -> the requests that restrict it
    standing    of these the requests that do so until the person lifts it
    names       while anything is restricted: all that documents name this subject by, {t, k} for
                a key in each of its forms, {t, tie, v} for a value that ties them
    hides       the same per restricted field, {f, n: name}: what the views look for
    progress    request -> {site, after, places}: a correction that is done in parts
    deletion    {request, fields, ...}: a deletion in progress, by one request (`erasure.progress`)

`was` of a slot is what a recipient knew the person by before that correction, where it changed it.
Pure: every change is a conditional update for the caller's transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bson import SON
from pymongo import UpdateOne

from schemas.invariants import COUNTS
from workers.adapters.subject_data.keys import identity, parse_key
from workers.adapters.subject_data.places import SubjectModel

COLLECTION: Final = "dsr_subjects"
_REQUEST: Final = re.compile(r"[\w-]{1,80}")

Kind = Literal["correct", "release", "collect", "erase", "resume", "object"]
Name = dict[str, Any]


def control_id(subject_type: str, raw: Any) -> SON[str, Any]:
    """The `_id`; the order of its two parts matters to MongoDB."""
    return SON([("t", subject_type), ("k", raw)])


def projection(requests: Iterable[str]) -> dict[str, int]:
    """What is read of control documents: of the slots only those of the given requests."""
    fields = [
        "rev",
        "seq",
        "restricted",
        "standing",
        "hides",
        "progress",
        "deletion.request",
        "deletion.fields",
        *(f"slots.{name}" for name in requests),
    ]
    return dict.fromkeys(fields, 1)


def check_request(request: str) -> str:
    """A request's id becomes a name in the document: nothing that would mean more than that."""
    if not _REQUEST.fullmatch(request):
        raise ValueError("a request's id is letters, digits and hyphens")
    return request


def key_names(model: SubjectModel, text: str) -> list[Name]:
    """The subject's key, in every form in which the mapped documents hold it."""
    forms = (parse_key(text, kind) for kind in model.key_types)
    raws = {identity(raw): raw for raw in forms if raw is not None}
    return [{"t": model.name, "k": raw} for raw in raws.values()]


def tie_name(model: SubjectModel, field: str, value: Any) -> Name:
    """A value that ties documents to the subject."""
    return {"t": model.name, "tie": field, "v": value}


def names_of(
    model: SubjectModel, text: str, fields: Iterable[str], ties: Mapping[str, Any]
) -> dict[str, list[Name]]:
    """Per field, everything by which documents that hold it name the subject."""
    keys = key_names(model, text)
    return {
        name: keys
        + [tie_name(model, tie, ties[tie]) for tie in sorted(model.ties_of(name)) if tie in ties]
        for name in fields
    }


@dataclass(slots=True)
class Control:
    """One control document as it was read; also one that is not there yet."""

    id: SON[str, Any]
    exists: bool
    rev: int
    seq: int
    restricted: dict[str, list[str]]
    standing: list[str]
    hides: list[dict[str, Any]]
    slots: Mapping[str, Any]
    progress: Mapping[str, Any]
    deletion: Mapping[str, Any] | None

    @classmethod
    def read(cls, id_: SON[str, Any], document: Mapping[str, Any] | None) -> Control:
        """From what was found, None where nothing was."""
        found = document or {}
        return cls(
            id=id_,
            exists=document is not None,
            rev=found.get("rev", 0),
            seq=found.get("seq", 0),
            restricted={name: list(by) for name, by in found.get("restricted", {}).items()},
            standing=list(found.get("standing", [])),
            hides=list(found.get("hides", [])),
            slots=found.get("slots", {}),
            progress=found.get("progress", {}),
            deletion=found.get("deletion"),
        )

    def restrict(self, request: str, names: Mapping[str, Sequence[Name]]) -> UpdateOne:
        """Restrict these fields for the request; `names` are the ways to hide each."""
        self._restrict(request, names)
        return self._update({}, ())

    def advance(
        self, request: str, names: Mapping[str, Sequence[Name]], progress: Mapping[str, Any]
    ) -> UpdateOne:
        """Keep where a long correction has got to; its fields stay restricted meanwhile."""
        self._restrict(request, names)
        return self._update({f"progress.{request}": dict(progress)}, ())

    def claim(
        self,
        request: str,
        kind: Kind,
        *,
        places: Mapping[str, int] | None = None,
        was: Mapping[str, Any] | None = None,
    ) -> UpdateOne:
        """Claim the request's slot and lift what it restricted."""
        self._lift(request)
        if kind in COUNTS:
            self.seq += 1
        slot: dict[str, Any] = {"kind": kind, "seq": self.seq}
        if places is not None:
            slot["places"] = dict(places)
        if was:
            slot["was"] = dict(was)
        sets = {f"slots.{request}.{name}": value for name, value in slot.items()}
        gone = (f"progress.{request}",) if request in self.progress else ()
        return self._update(sets, gone, now=f"slots.{request}.at")

    def suspend(self, request: str, names: Mapping[str, Sequence[Name]]) -> UpdateOne:
        """Claim the slot and restrict these fields alone until `claim` makes it `resume`."""
        # A proof or an approval restricted all that was asked for, also what was then refused.
        self._lift(request)
        self._restrict(request, names)
        self.standing.append(request)
        self.seq += 1
        sets = {f"slots.{request}.kind": "suspend", f"slots.{request}.seq": self.seq}
        return self._update(sets, (), now=f"slots.{request}.at")

    def erase(
        self,
        request: str,
        deletion: Mapping[str, Any],
        names: Mapping[str, Sequence[Name]] | None,
    ) -> UpdateOne:
        """Keep how far a deletion has got; the first time it claims the slot.

        `names` as in `restrict`; None where the request restricts all that it deletes already, so
        that the restrictions need not have been read.
        """
        sets: dict[str, Any] = {"deletion": dict(deletion)}
        now = None
        if request not in self.slots:
            sets |= {f"slots.{request}.kind": "erase", f"slots.{request}.seq": self.seq}
            now = f"slots.{request}.at"
        if names is not None:
            self._restrict(request, names)
        return self._update(sets, (), now=now, restrictions=names is not None)

    def erased(self, request: str) -> UpdateOne:
        """The named fields are gone: so is their restriction, by this request or by standing ones.

        What named the person by a deleted value goes as well: nothing is left that it would hide.
        """
        self._lift(request)
        gone = set((self.deletion or {}).get("fields") or ())
        for name in gone & self.restricted.keys():
            self.restricted[name] = [by for by in self.restricted[name] if by not in self.standing]
        self._tidy()
        self.hides = [hide for hide in self.hides if hide["n"].get("tie") not in gone]
        left = {by for requests in self.restricted.values() for by in requests}
        over = [by for by in self.standing if by not in left]
        self.standing = [by for by in self.standing if by in left]
        return self._update({f"slots.{by}.kind": "lapsed" for by in over}, ("deletion",))

    def touch(self) -> UpdateOne:
        """Change nothing, so that whoever decided by an older state of it finds it moved."""
        return self._update({}, (), restrictions=False)

    def retie(self, model: SubjectModel, field: str, value: Any) -> None:
        """Other requests' restrictions follow when the value changes that ties documents."""
        for hide in self.hides:
            if hide["n"].get("tie") == field:
                hide["n"] = tie_name(model, field, value)

    def restricted_by_others(self, request: str | None, fields: Iterable[str]) -> bool:
        """Whether any of the fields is disputed by another request; standing ones do not count."""
        own = {request, *self.standing}
        return any(set(self.restricted.get(name, ())) - own for name in fields)

    def suspended(self, request: str | None, fields: Iterable[str]) -> frozenset[str]:
        """Those of the fields whose use the person has suspended, by another request."""
        others = set(self.standing) - {request}
        return frozenset(name for name in fields if others & set(self.restricted.get(name, ())))

    def _restrict(self, request: str, names: Mapping[str, Sequence[Name]]) -> None:
        for field, ways in names.items():
            by = self.restricted.setdefault(field, [])
            if request not in by:
                by.append(request)
            for name in ways:
                hide = {"f": field, "n": name}
                if hide not in self.hides:
                    self.hides.append(hide)

    def _lift(self, request: str) -> None:
        for name, by in self.restricted.items():
            self.restricted[name] = [other for other in by if other != request]
        self.standing = [other for other in self.standing if other != request]
        self._tidy()

    def _tidy(self) -> None:
        self.restricted = {name: by for name, by in self.restricted.items() if by}
        self.hides = [hide for hide in self.hides if hide["f"] in self.restricted]

    def _update(
        self,
        sets: Mapping[str, Any],
        gone: Iterable[str],
        *,
        now: str | None = None,
        restrictions: bool = True,
    ) -> UpdateOne:
        made: dict[str, Any] = {"rev": self.rev + 1, "seq": self.seq, **sets}
        unset = dict.fromkeys(gone, True)
        held = {
            "restricted": self.restricted,
            "standing": self.standing,
            "hides": self.hides,
            "names": self._names(),
        }
        for name, value in held.items() if restrictions else ():
            if value:
                made[name] = value
            else:
                unset[name] = True
        update: dict[str, Any] = {"$set": made}
        if unset:
            update["$unset"] = unset
        if now is not None:
            update["$currentDate"] = {now: True}
        if self.exists:
            return UpdateOne({"_id": self.id, "rev": self.rev}, update)
        made |= {"type": self.id["t"], "key": self.id["k"]}
        # Somebody who made it meanwhile makes this fail by its unique `_id`: it has a `rev` then.
        return UpdateOne({"_id": self.id, "rev": None}, update, upsert=True)

    def _names(self) -> list[Name]:
        names: list[Name] = []
        for hide in self.hides:
            if hide["n"] not in names:
                names.append(hide["n"])
        return names
