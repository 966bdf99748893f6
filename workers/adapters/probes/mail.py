"""The mail server, up to its greeting."""

from __future__ import annotations

import aiosmtplib

from schemas.errors import Unreachable
from workers.adapters import smtp_url

TIMEOUT = 5.0


async def mail(url: str) -> str:
    """The mail server's name."""
    server = smtp_url.parse(url)
    client = aiosmtplib.SMTP(
        hostname=server.host, port=server.port, use_tls=server.tls, timeout=TIMEOUT
    )
    try:
        await client.connect()
        answer = await client.ehlo()
        await client.quit()
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise Unreachable(
            "the mail server does not answer; check DSR_SMTP_URL and the server"
        ) from error
    return answer.message.splitlines()[0][:80]
