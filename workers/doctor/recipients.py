"""Whether each recipient can be told, and can answer: what lies among the secrets for it.

Which files a transport needs: `<name>.out` signs what we send, `<name>.in` what comes back;
OpenDSR answers by the certificate in `<name>.pem`; mail and tasks need none.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Final

from schemas.datamap import AmqpTransport, DataMap, OpenDsrTransport, Recipient, WebhookTransport
from schemas.errors import KeyFolderError
from workers import wiring
from workers.adapters.recipients import certificates
from workers.adapters.tokens import Direction, load_secret
from workers.doctor.finding import Finding, doubtful, fine, wrong
from workers.settings import Settings

WHAT: Final = "recipients"
FEWEST_BYTES: Final = 12
"""Different ones in a secret; of 24 random bytes fewer are never seen."""


async def secrets(settings: Settings) -> list[Finding]:
    """All that is wrong with the secrets of declared recipients; one line where nothing is."""
    datamap = wiring.read_datamap(settings)
    found = await asyncio.to_thread(
        lambda: [*_each(datamap, settings.secrets), *_shared(datamap, settings.secrets)]
    )
    count = len(datamap.recipients)
    return found or [fine(WHAT, f"{settings.secrets}, all that {count} of them need")]


def needed(recipient: Recipient) -> tuple[Direction, ...]:
    """The secrets that this recipient's transport works with."""
    match recipient.transport:
        case WebhookTransport() | AmqpTransport():
            return ("out", "in")
        case OpenDsrTransport():
            return ("out",)
    return ()


def _each(datamap: DataMap, folder: Path) -> Iterator[Finding]:
    for name, recipient in datamap.recipients.items():
        for direction in needed(recipient):
            yield from _secret(folder, name, direction)
        if isinstance(recipient.transport, OpenDsrTransport):
            yield from _certificate(folder, name, recipient.transport)
        for file in sorted(folder.glob(f"{name}.*")):
            yield from _mode(name, file)


def _secret(folder: Path, name: str, direction: Direction) -> Iterator[Finding]:
    file = folder / f"{name}.{direction}"
    cannot = "it is not told" if direction == "out" else "its acknowledgements are refused"
    make = f"`dsr recipient secrets {name}` makes what is missing; hand it over there"
    if not file.exists():
        yield wrong(WHAT, f"{name}: {file} is missing, so {cannot}", make)
        return
    try:
        secret = load_secret(folder, name, direction)
    except KeyFolderError as error:
        again = f"move the file away, then {make}"
        yield wrong(WHAT, f"{name}: {str(error).rstrip('.')}, so {cannot}", again)
        return
    if len(set(base64.b64decode(secret.removeprefix("whsec_")))) < FEWEST_BYTES:
        yield wrong(
            WHAT, f"{name}: {file} can be guessed, it is not random", f"move it away, then {make}"
        )


def _certificate(folder: Path, name: str, transport: OpenDsrTransport) -> Iterator[Finding]:
    try:
        certificate = certificates.load(folder, name)
    except KeyFolderError as error:
        ask = f"ask {name} for the certificate by which it signs"
        yield wrong(WHAT, f"{name}: {str(error).rstrip('.')}, so no answer of it counts", ask)
        return
    if why := certificates.fault(certificate, transport.signs_as, datetime.now(UTC)):
        yield wrong(
            WHAT, f"{name}: its certificate cannot be used, {why}", f"ask {name} for another one"
        )


def _mode(name: str, file: Path) -> Iterator[Finding]:
    # A certificate is no secret; the group may read what an orchestrator hands to it.
    if file.suffix != ".pem" and file.stat().st_mode & 0o007:
        yield doubtful(WHAT, f"{name}: everybody on this machine reads {file}", f"chmod 600 {file}")


def _shared(datamap: DataMap, folder: Path) -> Iterator[Finding]:
    """Whoever has the secret of another, or of the other direction, can speak for it."""
    held: list[tuple[str, str]] = []
    for name, recipient in datamap.recipients.items():
        for direction in needed(recipient):
            try:
                held.append((f"{name}.{direction}", load_secret(folder, name, direction)))
            except KeyFolderError:
                continue
    for (one, secret), (other, same) in combinations(held, 2):
        if secret == same:
            yield wrong(
                WHAT,
                f"{one} and {other} are the same secret, so who has one can sign as the other",
                f"move {other} away, then `dsr recipient secrets {other.partition('.')[0]}`",
            )
