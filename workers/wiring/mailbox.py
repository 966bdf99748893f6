"""What the mailbox works with: its folder, and a reader of its own for what lies there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from schemas.errors import SettingsError
from workers.adapters.imap import ImapFolder
from workers.adapters.mail_reader import SeparateReader
from workers.settings import Settings


@asynccontextmanager
async def open_folder(settings: Settings) -> AsyncIterator[tuple[ImapFolder, SeparateReader]]:
    """`SettingsError` where no mailbox is set."""
    if not settings.imap_url:
        raise SettingsError("DSR_IMAP_URL names the mailbox to read; it is not set")
    async with ImapFolder(settings.imap_url, settings.imap_folder) as folder:
        yield folder, SeparateReader(settings.imap_border)
