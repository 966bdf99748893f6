"""Files as one ZIP archive, made while it is sent."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import datetime


class _Outlet(io.RawIOBase):
    """Where the archive is written to, and taken from; it cannot be rewound."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._waiting += piece
        return len(piece)

    def take(self) -> bytes:
        """Everything since the last time."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


async def zipped(
    files: Mapping[str, AsyncIterator[bytes]], made_at: datetime
) -> AsyncGenerator[bytes, None]:
    """The archive, piece by piece; a file that fails to open ends it without its directory."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in files.items():
            info = zipfile.ZipInfo(name, made_at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as entry:
                async for piece in pieces:
                    entry.write(piece)
                    if ready := outlet.take():
                        yield ready
    yield outlet.take()
