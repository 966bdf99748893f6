"""The mail server of the embedded default: a sink that keeps all mail, and fails on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from workers.local import processes
from workers.local.ports import Ports
from workers.local.server import Server, answers
from workers.local.smtp_sink import Fault


class Smtp(Server):
    """The sink."""

    variable = "DSR_SMTP_URL"

    def __init__(self, folder: Path, ports: Ports) -> None:
        super().__init__(folder, ports, "smtp")

    @property
    def port(self) -> int:
        """Where it takes mail."""
        return self._ports[self.name]

    @property
    def url(self) -> str:
        """Its address."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def maildir(self) -> Path:
        """The Maildir with all mail that it accepted."""
        return self.folder / "Maildir"

    def fail(self, faults: Sequence[Fault]) -> None:
        """Gives these answers from the next command on; none of them: accepts everything again."""
        draft = self.folder / "faults.new"
        draft.write_text(json.dumps([asdict(fault) for fault in faults]))
        draft.replace(self.folder / "faults.json")

    def _launch(self) -> None:
        self._ports.claim(*self.port_names)
        processes.spawn(
            [sys.executable, "-m", "workers.local.smtp_sink", str(self.port), str(self.folder)],
            {"PYTHONPATH": str(Path(__file__).parents[2])},
            self.log,
            self.mark,
        )

    async def _ready(self) -> bool:
        return await answers(self.port, b"", b"220 ")
