"""Read the file of an announcement: YAML as strict as the data map's."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from schemas.announcement import Announcement, parse
from schemas.errors import AnnouncementError, DataMapError
from workers.datamap_file import read_yaml

MAX_BYTES: Final = 256 * 1024


def load(file: Path) -> Announcement:
    """The announcement, or `AnnouncementError`, which says where in the file and what is wrong."""
    with file.open("rb") as stream:
        body = stream.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise AnnouncementError(f"{file.name}: larger than {MAX_BYTES} bytes")
    try:
        content = read_yaml(body, file.name)
    except DataMapError as error:
        raise AnnouncementError(f"{error.where}: {error.reason}") from None
    return parse(content, source=file.name)
