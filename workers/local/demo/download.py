"""A package fetched as a person does it: the link of the mail, a fresh code, the file."""

from __future__ import annotations

import asyncio
import http.client
import re
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from workers.local.demo.house import House
from workers.local.processes import StackError

_LINK = re.compile(r"^http://\S+/package/\S+$", re.MULTILINE)
_PATIENCE = 30
"""Seconds for one answer of the pages."""


async def fetch(house: House, tracking: str) -> Path:
    """Press the button, read the code in the mail, type it in, keep what comes."""
    letter = await house.mailbox.letter(tracking, "completion")
    link = _LINK.search(letter.text)
    if link is None:
        raise StackError(f"the completion mail of {tracking} has no link to the package")
    await asyncio.to_thread(_post, link.group(), {})
    code = (await house.mailbox.letter(tracking, "download")).code
    content = await asyncio.to_thread(_post, link.group(), {"code": code})
    if not content.startswith(b"PK"):
        raise StackError(f"the code in the mail for {tracking} did not get the package")
    file = house.folder / f"{tracking}.zip"
    file.write_bytes(content)
    return file


def _post(link: str, form: dict[str, str]) -> bytes:
    address = urlsplit(link)
    connection = http.client.HTTPConnection(address.netloc, timeout=_PATIENCE)
    try:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        connection.request("POST", address.path, urlencode(form), headers)
        return connection.getresponse().read()
    finally:
        connection.close()
