"""A virtual host and databases of one's own on servers that others may use as well."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

from workers.local.stack import Stack

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it
_ROOM: Final = 8 * 1024**3


def folder_for_servers(prefix: str) -> TemporaryDirectory[str]:
    """In memory where there is room: no test cuts the power, and waiting for a disk takes long.

    What a killed server had written is there afterwards, as it would be in a disk's cache.
    """
    roomy = False
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK):
        there = os.statvfs(_MEMORY)
        roomy = there.f_bavail * there.f_frsize > _ROOM
    return TemporaryDirectory(prefix=prefix, dir=_MEMORY if roomy else None)


async def place(stack: Stack) -> dict[str, str]:
    """The settings that lead to a fresh one."""
    name = f"town-{uuid4().hex[:12]}"
    await stack.rabbit.add_vhosts(name)
    return at(stack, name)


def at(stack: Stack, vhost: str) -> dict[str, str]:
    """The settings that lead to this virtual host and to databases that are called like it."""
    db = vhost.replace("-", "_")
    return {
        "DSR_AMQP_URL": stack.rabbit.url_of(vhost),
        "DSR_MONGO_URL": stack.mongo.url,
        "DSR_SMTP_URL": stack.smtp.url,
        "DSR_MAILDIR": str(stack.smtp.maildir),
        "DSR_DB": f"{db}_dsr",
        "DSR_KEYS_DB": f"{db}_keys",
        "DSR_SUBJECT_DB": f"{db}_company",
    }
