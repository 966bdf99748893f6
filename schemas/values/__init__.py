"""What a value may be, and how it is checked, looked up and written back.

`check(spec, raw)` gives the canonical value or raises `ValueRefused(code)`; `stored_forms` the
spellings to look for; `lookup_form` the one form of all of them; `mask`
what may be shown of one; `restore_type` the value in the
type that stands in the database. Codes: empty, not_text, too_long, too_short, wrong_form,
line_break, control_character, forbidden_character, not_email, not_phone, not_date, not_rrn,
not_an_option, not_a_number, not_an_integer, out_of_range, not_a_flag, not_a_list, too_many_items,
too_few_items, not_an_object, unknown_part, missing_part, type_mismatch.
"""

from __future__ import annotations

from schemas.values.check import check
from schemas.values.forms import lookup_form, stored_forms, stored_moments
from schemas.values.mask import mask
from schemas.values.restore import restore_type, same_value, zone_of
from schemas.values.specs import (
    ChoiceSpec,
    DateSpec,
    EmailSpec,
    FlagSpec,
    ListSpec,
    NumberSpec,
    ObjectSpec,
    PartSpec,
    PhoneSpec,
    RegistrationNumberSpec,
    TextSpec,
    ValueSpec,
)

__all__ = [
    "ChoiceSpec",
    "DateSpec",
    "EmailSpec",
    "FlagSpec",
    "ListSpec",
    "NumberSpec",
    "ObjectSpec",
    "PartSpec",
    "PhoneSpec",
    "RegistrationNumberSpec",
    "TextSpec",
    "ValueSpec",
    "check",
    "lookup_form",
    "mask",
    "restore_type",
    "same_value",
    "stored_forms",
    "stored_moments",
    "zone_of",
]
