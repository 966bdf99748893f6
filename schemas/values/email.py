"""E-mail addresses: exactly one, in one canonical form."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

from schemas.errors import ValueRefused
from schemas.values.text import one_line

MAX_LENGTH: Final = 254
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def email(value: object, normalise: Literal["keep", "lower"] = "lower") -> str:
    """Read one address; full-width letters become plain, the domain lower case.

    Letters of other scripts that look alike stay what they are: refused before the @, and in a
    domain spelled out as `xn--…`, so never equal to the address that they imitate.
    """
    address = one_line(value, MAX_LENGTH)
    local, at, domain = address.rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise ValueRefused("not_email")
    made = f"{local.lower() if normalise == 'lower' else local}@{_ascii_domain(domain)}"
    if len(made) > MAX_LENGTH:
        raise ValueRefused("too_long")
    return made


@lru_cache(maxsize=1024)
def _ascii_domain(domain: str) -> str:
    try:
        made = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueRefused("not_email") from None
    labels = made.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        raise ValueRefused("not_email")
    return made
