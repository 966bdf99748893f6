"""The key folder: what opens and seals with it, and the commands that need nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from schemas.evidence import CompletionReceipt, Document
from workers.adapters import signing
from workers.adapters.audit_log import check_proof
from workers.adapters.intake_seal import IntakeKeys, NewestSealer, public_keys, seal
from workers.adapters.service_keys import ServiceKeys
from workers.adapters.tokens import Direction, Tokens, create_secret
from workers.adapters.vault import (
    FolderEpochs,
    KeyFolder,
    Rollover,
    Tombstones,
    Vault,
    rotate,
)
from workers.settings import Settings
from workers.wiring.databases import open_databases

_INTAKE = "intake"
_TOMBSTONES = "tombstones"


@dataclass(frozen=True, slots=True)
class Keys:
    """What the key folder holds, read once."""

    holder: KeyFolder
    intake: IntakeKeys
    tokens: Tokens

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """`KeyFolderError` says what is missing."""
        holder = KeyFolder.open(settings.keys)
        return cls(holder, IntakeKeys.open(settings.keys / _INTAKE), Tokens(holder))


def open_tombstones(settings: Settings) -> Tombstones:
    """The ledger of who was deleted."""
    return Tombstones.open(settings.keys / _TOMBSTONES)


def create_keys(settings: Settings) -> None:
    """Make the key folder where there is none; nothing is replaced."""
    KeyFolder.create(settings.keys)
    IntakeKeys.create(settings.keys / _INTAKE)
    Tombstones.create(settings.keys / _TOMBSTONES)


def create_secrets(settings: Settings, name: str, wanted: Iterable[Direction]) -> list[Path]:
    """The files of a recipient's secrets, made where they are missing; none is replaced."""
    made = list(wanted)
    for direction in made:
        create_secret(settings.secrets, name, direction)
    return [settings.secrets / f"{name}.{direction}" for direction in made]


def create_service_key(settings: Settings, name: str) -> str:
    """A key for another system of the company; it is shown this once."""
    return ServiceKeys(settings.secrets).create(name)


async def check_keys(settings: Settings) -> None:
    """`KeyFolderError` where the key folder does not open the keys in the database."""
    holder = KeyFolder.open(settings.keys)
    with open_databases(settings) as databases:
        await Vault(databases.keys, holder).check()


async def rotate_keys(settings: Settings, progress: Callable[[int, int], None]) -> Rollover:
    """Roll the data keys over to a new epoch; workers may run meanwhile."""
    holder = KeyFolder.open(settings.keys)
    with open_databases(settings) as databases:
        return await rotate(databases.keys, holder, FolderEpochs(settings.keys), progress)


def intake_public(settings: Settings) -> dict[str, Any]:
    """The public halves of the intake keys, as a JWK set."""
    return IntakeKeys.open(settings.keys / _INTAKE).public_jwks()


def sealed(settings: Settings, body: bytes) -> bytes:
    """A body sealed to the intake's newest key: what was parked never goes out in clear again."""
    return seal(body, intake_public(settings)["keys"][0])


def intake_sealer(settings: Settings) -> Callable[[bytes], bytes]:
    """What seals for a channel: to the keys that it was given, else to those of the key folder."""
    if (given := settings.intake_jwks) is not None:
        return NewestSealer(given, lambda: public_keys(given)[0])
    folder = settings.keys / _INTAKE
    return NewestSealer(folder, lambda: intake_public(settings)["keys"][0])


def add_intake_key(settings: Settings) -> str:
    """Make the key that channels seal to next; its id."""
    return IntakeKeys.roll(settings.keys / _INTAKE)


def retire_intake_key(settings: Settings, kid: str) -> None:
    """Destroy an intake key that a newer one has replaced."""
    IntakeKeys.retire(settings.keys / _INTAKE, kid)


def unsealed(settings: Settings, token: bytes) -> bytes:
    """What a channel had sealed; `Refused` where it had not."""
    return IntakeKeys.open(settings.keys / _INTAKE).unseal(token)


def receipt_key(settings: Settings) -> signing.PublicKey:
    """The public half of the key that signs certificates and receipts."""
    return signing.Signer(KeyFolder.open(settings.keys)).public_key


def read_public_key(file: Path) -> signing.PublicKey:
    """The same from a file, PEM or JWK."""
    return signing.PublicKey.parse(file.read_bytes())


def verify_receipt(body: bytes, key: signing.PublicKey) -> Document:
    """What a certificate or receipt proves; `NotVerified` says why it proves nothing."""
    document = signing.verify(body, key)
    if isinstance(document, CompletionReceipt):
        check_proof(document, key)
    return document
