"""What is shown of a value that may be told only in part."""

from __future__ import annotations

from typing import Any, Final

from schemas.values.specs import (
    ChoiceSpec,
    DateSpec,
    EmailSpec,
    FlagSpec,
    ListSpec,
    NumberSpec,
    ObjectSpec,
    RegistrationNumberSpec,
    ValueSpec,
)

HIDDEN: Final = "***"
_SHORT: Final = 8
"""Texts below this length show their first character, longer ones (numbers of cards) the last 4."""


def mask(spec: ValueSpec, value: Any, *, part: bool = False) -> Any:
    """The value with what identifies taken out; its parts and elements each by their own kind.

    Choices, flags, and quantities that are part of an object stay: they name nothing. What has no
    form that is known here is hidden whole.
    """
    if value is None or isinstance(spec, ChoiceSpec | FlagSpec):
        return value
    if part and isinstance(spec, NumberSpec) and isinstance(value, int | float):
        return value
    if isinstance(value, dict):
        parts = spec.parts if isinstance(spec, ObjectSpec) else {}
        return {
            name: mask(parts[name].value, below, part=True) if name in parts else HIDDEN
            for name, below in value.items()
        }
    if isinstance(value, list):
        of = spec.of if isinstance(spec, ListSpec) else spec
        return [mask(of, element) for element in value]
    return _text(spec, value) if isinstance(value, str) else HIDDEN


def _text(spec: ValueSpec, value: str) -> str:
    if isinstance(spec, RegistrationNumberSpec):
        # The date of birth and the digit behind it are what is commonly shown.
        digits = value.replace("-", "").replace(" ", "")
        return f"{digits[:6]}-{digits[6:7]}******" if len(digits) == 13 else HIDDEN
    if isinstance(spec, DateSpec):
        return f"{value[:4]}-**-**"
    if isinstance(spec, EmailSpec) and "@" in value:
        name, _, domain = value.rpartition("@")
        return f"{name[:1]}{HIDDEN}@{domain}"
    return f"{HIDDEN}{value[-4:]}" if len(value) >= _SHORT else f"{value[:1]}{HIDDEN}"
