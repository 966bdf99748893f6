"""What is ours: data map, keys, mail, and whether a backup was restored."""

from __future__ import annotations

from workers import restore, wiring
from workers.adapters import probes
from workers.adapters.intake_seal import IntakeKeys
from workers.adapters.vault import KeyFolder
from workers.doctor.finding import Finding, fine
from workers.settings import Settings


async def datamap(settings: Settings) -> list[Finding]:
    """Whether the map can be used."""
    found = wiring.read_datamap(settings)
    count = sum(len(subject.fields) for subject in found.subjects.values())
    return [fine("data map", f"{settings.data_map}, {count} fields")]


async def keys(settings: Settings) -> list[Finding]:
    """Whether the key folder is whole."""
    epoch = KeyFolder.open(settings.keys).current_epoch
    IntakeKeys.open(settings.keys / "intake")
    return [fine("keys", f"{settings.keys}, epoch {epoch}")]


async def mail(settings: Settings) -> list[Finding]:
    """Whether the mail server greets."""
    return [fine("mail server", await probes.mail(settings.smtp_url))]


async def wrapped_keys(settings: Settings) -> list[Finding]:
    """Whether the key folder opens the keys in the database."""
    await wiring.check_keys(settings)
    return [fine("wrapped keys", "the key folder opens the keys in the database")]


async def restored(settings: Settings) -> list[Finding]:
    """Whether workers would start, or refuse to because of a restored backup."""
    async with wiring.open_parts(settings) as parts:
        await restore.check(parts)
    return [fine("restored backup", "none that is older than a deletion")]
