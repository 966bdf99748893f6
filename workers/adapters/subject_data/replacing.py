"""The values that `anonymise` puts in the place of others: pure.

Each `{unique}` in a text becomes a token that nothing else has; such a value is known again.
"""

from __future__ import annotations

import re
import secrets
from typing import Any, Final

from workers.adapters.subject_data.keys import identity
from workers.adapters.subject_data.positions import MISSING

_UNIQUE: Final = "{unique}"
_TOKEN_BYTES: Final = 12


def fits(wanted: Any, value: Any) -> bool:
    """Whether the value is one that was put there."""
    if isinstance(wanted, str) and _UNIQUE in wanted:
        token = f"[0-9a-f]{{{2 * _TOKEN_BYTES}}}"
        pattern = token.join(map(re.escape, wanted.split(_UNIQUE)))
        return isinstance(value, str) and re.fullmatch(pattern, value) is not None
    if isinstance(wanted, dict):
        return (
            isinstance(value, dict)
            and wanted.keys() == value.keys()
            and all(fits(part, value[name]) for name, part in wanted.items())
        )
    if isinstance(wanted, list):
        return (
            isinstance(value, list) and len(wanted) == len(value) and all(map(fits, wanted, value))
        )
    return value is not MISSING and identity(wanted) == identity(value)


def filled(wanted: Any) -> Any:
    """The value to write; each `{unique}` a token that nothing else has."""
    if isinstance(wanted, str):
        return wanted.replace(_UNIQUE, secrets.token_hex(_TOKEN_BYTES))
    if isinstance(wanted, dict):
        return {name: filled(part) for name, part in wanted.items()}
    if isinstance(wanted, list):
        return [filled(part) for part in wanted]
    return wanted
