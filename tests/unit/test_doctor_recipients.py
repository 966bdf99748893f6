"""The doctor looks at what lies among the secrets for each recipient, and says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from tests.datamaps import small
from tests.town.processor import DOMAIN, certificate, new_key
from workers import wiring
from workers.adapters.tokens import create_secret
from workers.doctor import Finding, recipients
from workers.settings import Settings

OPENDSR = {
    "kind": "opendsr",
    "url": "https://opendsr.processor.example/v2",
    "domain": DOMAIN,
    "controller_id": "shop",
}
AMQP = {"kind": "amqp", "queue": "dsr.recipient.queue"}
MAIL = {"kind": "mail", "address": "books@carrier.example"}
GUESSED = "whsec_" + "QUFB" * 8 + "\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A webhook, a processor, a queue and a person; all that they need is there."""
    content = small.content()
    carrier = content["recipients"]["carrier"]
    for name, transport in (("processor", OPENDSR), ("queue", AMQP), ("books", MAIL)):
        content["recipients"][name] = {**carrier, "transport": transport}
    (tmp_path / "map.yaml").write_text(json.dumps(content))
    settings = Settings(data_map=tmp_path / "map.yaml", secrets=tmp_path / "secrets")
    for name in ("carrier", "queue"):
        wiring.create_secrets(settings, name, ("out", "in"))
    create_secret(settings.secrets, "processor", "out")
    write_certificate(settings.secrets)
    return settings


@cache
def the_key() -> RSAPrivateKey:
    return new_key()


def write_certificate(folder: Path, days: tuple[int, int] = (-1, 30)) -> None:
    pem = certificate(the_key(), days=days).public_bytes(Encoding.PEM)
    (folder / "processor.pem").write_bytes(pem)


async def test_with_all_that_is_needed_there_is_one_line(settings: Settings) -> None:
    (finding,) = await recipients.secrets(settings)
    assert finding.ok


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def write(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text)


def expire(folder: Path) -> None:
    write_certificate(folder, days=(-30, -1))


def share(folder: Path) -> None:
    (folder / "queue.in").write_text((folder / "carrier.out").read_text())


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (remove("carrier.out"), "carrier.out is missing, so it is not told"),
        (remove("queue.in"), "queue.in is missing, so its acknowledgements are refused"),
        (remove("processor.pem"), "holds no certificate"),
        (write("carrier.out", "secret"), "holds no Standard Webhooks secret"),
        (write("queue.in", GUESSED), "can be guessed"),
        (expire, "it is not valid now"),
        (share, "carrier.out and queue.in are the same secret"),
    ],
)
async def test_what_keeps_a_recipient_from_being_told_is_said_once_and_is_fatal(
    settings: Settings, spoil: Callable[[Path], object], says: str
) -> None:
    spoil(settings.secrets)
    found = await recipients.secrets(settings)
    assert [(one.ok, one.fatal) for one in found] == [(False, True)], found
    assert says in found[0].detail
    assert "dsr recipient secrets" in found[0].advice or "ask processor" in found[0].advice


async def test_a_secret_that_everybody_reads_is_only_doubtful(settings: Settings) -> None:
    file = settings.secrets / "carrier.in"
    file.chmod(0o640)
    assert [one.ok for one in await recipients.secrets(settings)] == [True]
    file.chmod(0o644)
    (found,) = await recipients.secrets(settings)
    assert (found.ok, found.fatal) == (False, False)
    assert found.advice == f"chmod 600 {file}"


async def test_no_finding_shows_a_secret(settings: Settings) -> None:
    share(settings.secrets)
    (settings.secrets / "queue.out").write_text(GUESSED)
    found: list[Finding] = await recipients.secrets(settings)
    shared = (settings.secrets / "carrier.out").read_text().strip()
    assert not any(text in repr(found) for text in (shared, GUESSED.strip()))
