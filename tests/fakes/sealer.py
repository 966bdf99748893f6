"""Particulars under a real key for each request."""

from __future__ import annotations

from uuid import uuid4

from schemas.errors import KeyGone
from schemas.request import Particulars, Request
from tests.cast import MINJI, MINJIS_MAIL, submission
from tests.fakes.faults import Faults
from workers.adapters.vault import DataKey


class MemorySealer:
    """Particulars under a real key for each request; a key can be destroyed."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.keys: dict[str, DataKey] = {}

    async def open(self, request: Request) -> Particulars:
        await self._faults.call("sealer.open")
        if request.id not in self.keys:
            raise KeyGone("the particulars of this request were destroyed with its key")
        plain = self.keys[request.id].open(request.sealed, ("particulars", request.id))
        return Particulars.model_validate_json(plain)

    async def seal(self, request_id: str, particulars: Particulars) -> bytes:
        await self._faults.call("sealer.seal")
        key = self.keys.setdefault(request_id, DataKey(uuid4().bytes + uuid4().bytes))
        plain = particulars.model_dump_json(by_alias=True).encode()
        return key.seal(plain, ("particulars", request_id))


class NothingSealed:
    """An intake without a key."""

    def unseal(self, token: bytes) -> bytes:
        """Fail loudly: a test that seals brings its own key."""
        raise AssertionError(len(token))


class MinjisSealer:
    """Whatever is opened is about Kim Minji."""

    async def open(self, request: Request) -> Particulars:  # noqa: ARG002
        """Who it is about, and nothing else."""
        return Particulars(submission=submission(), subject=MINJI, contact=MINJIS_MAIL)

    async def seal(self, request_id: str, particulars: Particulars) -> bytes:  # noqa: ARG002
        """In clear."""
        return particulars.model_dump_json().encode()
