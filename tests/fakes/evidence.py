"""Certificates that are signed by nobody, and key epochs that a test destroys."""

from __future__ import annotations

from typing import Any

from schemas.evidence import DestructionCertificate, MapVersion, Signature, content


class MemoryEvidence:
    """What certificates are made with."""

    def __init__(self) -> None:
        self.datamap = MapVersion.model_validate(
            {"name": "map", "schema": "dsr.datamap/1", "digest": "sha256:0"}
        )
        self.epoch = 1
        """The newest; older ones are destroyed."""

    def sign(self, document: DestructionCertificate) -> dict[str, Any]:
        return content(document.model_copy(update={"signature": Signature(kid="k")}))

    def current_epoch(self) -> int:
        return self.epoch

    async def is_destroyed(self, epoch: int) -> bool:
        return epoch < self.epoch
