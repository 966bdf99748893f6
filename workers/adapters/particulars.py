"""The personal part of requests, sealed under a key of each request (D4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.errors import KeyGone
from schemas.request import Particulars, Request
from workers.adapters.coalesce import Coalesced
from workers.adapters.mongo import reaching
from workers.adapters.vault import DataKey, Vault


class ParticularsSealer:
    """Opens and seals; the keys of one group's requests are read, or made, in one query."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._keys = Coalesced(self._existing)
        self._new_keys = Coalesced(self._made)

    async def open(self, request: Request) -> Particulars:
        """The particulars of a request; `KeyGone` when they were destroyed."""
        key = await self._keys.load(request.id)
        if key is None:
            raise KeyGone("the particulars of this request were destroyed with its key")
        return Particulars.model_validate_json(key.open(request.sealed, _place(request.id)))

    async def seal(self, request_id: str, particulars: Particulars) -> bytes:
        """Sealed under the request's own key, which is made if it has none."""
        key = await self._new_keys.load(request_id)
        # What is not said is not written: most of it, and it is read again at every step.
        plain = particulars.model_dump_json(by_alias=True, exclude_defaults=True).encode()
        return key.seal(plain, _place(request_id))

    async def _existing(self, ids: Sequence[str]) -> Mapping[str, DataKey | None]:
        with reaching("MongoDB"):
            keys = await self._vault.data_keys(map(_name, ids))
        return {request_id: keys.get(_name(request_id)) for request_id in ids}

    async def _made(self, ids: Sequence[str]) -> Mapping[str, DataKey]:
        with reaching("MongoDB"):
            keys = await self._vault.data_keys(map(_name, ids), create=True)
        return {request_id: keys[_name(request_id)] for request_id in ids}


def _name(request_id: str) -> str:
    return f"request:{request_id}"


def _place(request_id: str) -> tuple[str, ...]:
    return ("particulars", request_id)
