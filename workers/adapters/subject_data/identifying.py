"""What an identifier may look like in the database, and whether a record's value is it: pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.errors import ValueRefused
from schemas.values import lookup_form, stored_forms, stored_moments
from workers.adapters.subject_data.changes import leaf_positions
from workers.adapters.subject_data.items import blind_digest
from workers.adapters.subject_data.keys import identity, key_text
from workers.adapters.subject_data.places import Place, SubjectModel
from workers.adapters.subject_data.positions import MISSING, Scope
from workers.adapters.subject_data.sealing import Tokens
from workers.adapters.subject_data.sessions import Document

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
    forms: Mapping[Hashable, Any]
    form: str
    canonical: str
    any_case: bool
    """Whether a case-insensitive index would find more spellings than the forms list."""

    def matches(self, document: Document, key: str) -> bool:
        """Whether that subject's record has this value."""
        (leaf,) = self.place.leaves
        for position in leaf_positions(
            leaf, document, key, lambda raw: key_text(raw, self.model.key_type) == key
        ):
            if leaf.blind is not None:
                scope = Scope.between(leaf.path, leaf.blind)
                if scope.holds(document, position, lambda found: identity(found) in self.forms):
                    return True
            elif position.value is not MISSING and self._is(position.value):
                return True
        return False

    def _is(self, stored: Any) -> bool:
        if identity(stored) in self.forms:
            return True
        try:
            return isinstance(stored, str) and lookup_form(self.form, stored) == self.canonical  # type: ignore[arg-type]
        except ValueRefused:
            return False


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
                made[by].append(_wanted(model, place, value, tokens))
            except ValueRefused:
                return None
        if not made[by]:
            return None
    return made


def _wanted(model: SubjectModel, place: Place, value: str, tokens: Tokens) -> Wanted:
    (leaf,) = place.leaves
    lookup = model.fields[place.field].lookup
    assert lookup is not None, "only fields that are looked up come here"
    form = lookup.form.value
    canonical = lookup_form(form, value)
    if leaf.blind is not None:
        raws: list[Any] = [blind_digest(model, place.field, value, tokens)]
        path = leaf.blind.query
    else:
        raws = [*stored_forms(form, value)]
        path = leaf.path.query
        if form == "date":
            raws += stored_moments(value, leaf.zone)
        if form != "name":
            raws += {int(raw) for raw in raws if _is_number(raw)}
    return Wanted(
        model=model,
        place=place,
        path=path,
        forms={identity(raw): raw for raw in raws},
        form=form,
        canonical=canonical,
        any_case=leaf.blind is None and form in _IN_ANY_CASE,
    )


def _is_number(raw: Any) -> bool:
    return (
        isinstance(raw, str) and raw.isascii() and raw.isdigit() and 0 < len(raw) <= _LARGEST_NUMBER
    )
