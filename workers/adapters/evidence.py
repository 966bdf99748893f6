"""What certificates are made with: the signer, the map that was followed, and the key epochs."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from schemas.datamap import DataMap
from schemas.evidence import DestructionCertificate, MapVersion
from workers.adapters.signing import Signer
from workers.adapters.vault import KeyHolder


class Certificates:
    """Signs destruction certificates."""

    def __init__(self, holder: KeyHolder, datamap: DataMap, file: Path) -> None:
        self._holder = holder
        self._signer = Signer(holder)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        self.datamap = MapVersion.model_validate(
            {"name": file.stem, "schema": datamap.schema_, "digest": f"sha256:{digest}"}
        )

    def sign(self, document: DestructionCertificate) -> dict[str, Any]:
        """The signed document, as JSON has it: a signature is over that, not over a model."""
        return self._signer.signed(document)

    def current_epoch(self) -> int:
        """The key epoch whose end brings the second moment of what is destroyed now."""
        return self._holder.current_epoch

    async def is_destroyed(self, epoch: int) -> bool:
        """Whether the holder, asked anew, has that epoch's key no more."""
        await asyncio.to_thread(self._holder.reload)
        return not self._holder.holds(epoch)
