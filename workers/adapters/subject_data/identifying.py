"""What an identifier may look like in the database, and whether a record's value is it: pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

from schemas.datamap import Path
from schemas.errors import ValueRefused
from schemas.values import lookup_form, stored_forms, stored_moments
from workers.adapters.subject_data.changes import leaf_positions
from workers.adapters.subject_data.items import blind_digest
from workers.adapters.subject_data.keys import identity, key_text
from workers.adapters.subject_data.places import Place, SubjectModel
from workers.adapters.subject_data.positions import MISSING, Scope, resolve, values
from workers.adapters.subject_data.sealing import Tokens
from workers.adapters.subject_data.sessions import Document

Form = Literal["exact", "name", "email", "phone", "date"]

TELLING: Final = ("login_id", "email", "phone", "birth_date", "name")
"""Identifiers, those that fewest people share first."""
SHARED: Final = frozenset({"birth_date", "name"})
"""Identifiers that many people share: never asked for together with other callers'."""
_IN_ANY_CASE: Final = frozenset({"email", "name"})
_LARGEST_NUMBER: Final = 15


@dataclass(frozen=True, slots=True)
class Wanted:
    """One field's value as it is looked for."""

    model: SubjectModel
    place: Place
    path: str
    blind: Path | None
    """Where digests of it stand; None where it is looked for as it is."""
    beside: bool
    """Whether the field is sealed, and this finds what still (or again) stands plain."""
    forms: Mapping[Hashable, Any]
    folded: Mapping[Hashable, Any]
    """Those that differ in more than letter case, width or normal form: enough with a collation."""
    form: Form
    canonical: str
    any_case: bool
    """Whether a case-insensitive index would find more spellings than the forms list."""

    @property
    def marks(self) -> set[Hashable]:
        """What tells a record that has this value: one of the forms, or the same canonical one."""
        return {*self.forms, (self.form, self.canonical)}

    def marks_of(self, document: Document, key: str) -> set[Hashable]:
        """What tells that subject's record, so far as this field goes."""
        (leaf,) = self.place.leaves
        made: set[Hashable] = set()
        for position in leaf_positions(
            leaf, document, key, lambda raw: key_text(raw, self.model.key_type) == key
        ):
            if self.blind is not None:
                scope = Scope.between(leaf.path, self.blind)
                above = resolve(document, position.at[: scope.shared])
                made.update(identity(found) for found in values(above, scope.rest))
            elif position.value is not MISSING:
                made.add(identity(position.value))
                if isinstance(position.value, str):
                    with suppress(ValueRefused):
                        made.add((self.form, lookup_form(self.form, position.value)))
        return made

    def matches(self, document: Document, key: str) -> bool:
        """Whether that subject's record has this value."""
        return not self.marks.isdisjoint(self.marks_of(document, key))


def wanted(
    model: SubjectModel, identifiers: Mapping[str, str], tokens: Tokens
) -> dict[str, list[Wanted]] | None:
    """Per identifier, the fields in which it may stand; None where the type cannot have it."""
    made: dict[str, list[Wanted]] = {}
    for by, value in identifiers.items():
        made[by] = []
        for name, field in model.fields.items():
            place = model.home_place(name)
            if field.lookup is None or field.lookup.by != by or place is None:
                continue
            try:
                made[by] += _wanted(model, place, value, tokens)
            except ValueRefused:
                return None
        if not made[by]:
            return None
    return made


def _wanted(model: SubjectModel, place: Place, value: str, tokens: Tokens) -> Iterator[Wanted]:
    (leaf,) = place.leaves
    if leaf.blind is not None:
        digests = [blind_digest(model, place.field, value, tokens)]
        yield _one(model, place, value, digests, blind=leaf.blind)
    yield _one(model, place, value, _spellings(model, place, value), blind=None)


def _one(
    model: SubjectModel, place: Place, value: str, raws: list[Any], *, blind: Path | None
) -> Wanted:
    (leaf,) = place.leaves
    form = _form(model, place)
    return Wanted(
        model=model,
        place=place,
        path=(blind or leaf.path).query,
        blind=blind,
        beside=blind is None and leaf.blind is not None,
        forms={identity(raw): raw for raw in raws},
        folded={_fold(raw): raw for raw in reversed(raws)},
        form=form,
        canonical=lookup_form(form, value),
        any_case=blind is None and form in _IN_ANY_CASE,
    )


def _spellings(model: SubjectModel, place: Place, value: str) -> list[Any]:
    (leaf,) = place.leaves
    form = _form(model, place)
    lookup_form(form, value)  # refuses what can be nobody's
    raws: list[Any] = [*stored_forms(form, value)]
    if form == "date":
        raws += stored_moments(value, leaf.zone)
    if form != "name":
        raws += {int(raw) for raw in raws if _is_number(raw)}
    return raws


def _form(model: SubjectModel, place: Place) -> Form:
    lookup = model.fields[place.field].lookup
    assert lookup is not None, "only fields that are looked up come here"
    return lookup.form.value


def _fold(raw: Any) -> Hashable:
    return unicodedata.normalize("NFKC", raw).casefold() if isinstance(raw, str) else identity(raw)


def _is_number(raw: Any) -> bool:
    return (
        isinstance(raw, str) and raw.isascii() and raw.isdigit() and 0 < len(raw) <= _LARGEST_NUMBER
    )
