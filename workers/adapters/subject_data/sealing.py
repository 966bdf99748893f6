"""Sealed values inside the company's documents: under the subject's key, good in one place only.

Stored is a BSON binary: `DataKey.seal` of the BSON of `{"v": value}`, bound to the subject's
pseudonym, the collection and the mapped path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import bson
from bson.codec_options import CodecOptions

from schemas.request import SubjectRef

_OPTIONS: Final[CodecOptions[dict[str, Any]]] = CodecOptions(tz_aware=True)


class DataKey(Protocol):
    """What seals and opens; `SealBroken` where the value was altered or comes from elsewhere."""

    def seal(self, plain: bytes, bound_to: tuple[str, ...]) -> bytes:
        """The sealed bytes."""

    def open(self, sealed: bytes, bound_to: tuple[str, ...]) -> bytes:
        """What was sealed."""


class Vault(Protocol):
    """Where data keys come from."""

    async def data_keys(self, names: Iterable[str], *, create: bool = False) -> dict[str, Any]:
        """The keys of these names; missing ones are absent, or created."""


class Tokens(Protocol):
    """Keyed digests."""

    def pseudonym(self, subject_type: str, key: str) -> str:
        """What a subject is called outside the databases."""

    def blind_index(self, field: str, form: str) -> bytes:
        """By what a sealed value is found again."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One subject's key, as the places of its documents use it."""

    key: DataKey
    pseudonym: str

    def seal(self, value: Any, collection: str, path: str) -> bytes:
        """The bytes that stand in the document."""
        return self.key.seal(bson.encode({"v": value}), (self.pseudonym, collection, path))

    def open(self, stored: bytes, collection: str, path: str) -> Any:
        """The value, in the BSON type that it was sealed with."""
        plain = self.key.open(bytes(stored), (self.pseudonym, collection, path))
        return bson.decode(plain, _OPTIONS)["v"]


def key_name(subject: SubjectRef, pseudonym: str) -> str:
    """The name of a subject's key in the vault."""
    return f"subject:{subject.type}:{pseudonym}"
