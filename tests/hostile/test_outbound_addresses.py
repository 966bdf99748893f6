"""Recipients whose name leads inside, or somewhere else than it did a moment ago."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from schemas.errors import PutOff
from tests.rogue import APPLIED, rogue, saying
from workers.adapters.recipients import safe_http
from workers.adapters.recipients.safe_http import Endpoint

INSIDE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0"),
    *("100.64.0.1", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    *("fe80::1%eth0", "2001:db8::1", "ff02::1"),
]
SPELLINGS = [
    *("https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.1/"),
    *("https://0177.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/"),
    *("https://①②⑦.0.0.1/", "https://127。0。0。1/", "https://localhost/", "https://localhost./"),
    *("https://169.254.169.254/latest/meta-data/", "http://carrier.example/", "file:///etc/passwd"),
    *("https://user:secret@carrier.example/", "https://carrier.example\\@127.0.0.1/", ""),
]


class Names:
    """A resolver that answers as it is told, in turn; the last answer is repeated."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        """Take as long as a real one would."""
        self.asked.append((host, port))
        await asyncio.sleep(0.01)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def resolve(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> Names:
    names = Names(*answers)
    monkeypatch.setattr(safe_http, "look_up", names)
    return names


async def refusal(url: str, *, allow_private: bool = False) -> str:
    endpoint = Endpoint(url, allow_private=allow_private)
    with pytest.raises(PutOff) as failed:
        await endpoint.post(b"{}", {}, 5)
    return failed.value.code


@pytest.mark.parametrize("address", INSIDE)
async def test_a_name_that_leads_inside_is_not_called(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolve(monkeypatch, [address])
    assert await refusal("https://carrier.example/") == "address_forbidden"


@pytest.mark.parametrize("url", SPELLINGS)
async def test_loopback_and_metadata_in_any_spelling_are_not_called(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    names = resolve(monkeypatch, ["93.184.215.14"])
    assert await refusal(url) == "address_forbidden"
    assert names.asked == []


async def test_one_address_inside_spoils_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, ["93.184.215.14", "10.0.0.1"])
    assert await refusal("https://carrier.example/") == "address_forbidden"


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "::ffff:8.8.8.8"])
async def test_special_addresses_are_not_called_even_where_private_ones_may(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolve(monkeypatch, [address])
    code = await refusal("http://carrier.example/", allow_private=True)
    assert code == "address_forbidden"


async def test_the_address_that_was_judged_is_the_one_that_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second lookup, as a careless client makes, would lead elsewhere."""
    async with rogue(saying(APPLIED)) as server:
        names = resolve(monkeypatch, ["127.0.0.1"], ["192.0.2.1"])
        endpoint = Endpoint(server.url(host="carrier.example"), allow_private=True)
        assert (await endpoint.post(b"{}", {}, 5)).status == 200
        assert names.asked == [("carrier.example", server.port)]
        assert server.header("host") == f"carrier.example:{server.port}"


async def test_a_name_that_moves_inside_is_noticed_though_a_connection_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with rogue(saying(APPLIED)) as server:
        resolve(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
        endpoint = Endpoint(server.url(host="carrier.example"), allow_private=True)
        await endpoint.post(b"{}", {}, 5)
        with pytest.raises(PutOff) as failed:
            await endpoint.post(b"{}", {}, 5)
        assert failed.value.code == "address_forbidden"
        assert len(server.heads) == 1


async def test_a_dead_address_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    async with rogue(saying(APPLIED)) as server:
        resolve(monkeypatch, ["127.0.0.2", "127.0.0.1"])
        endpoint = Endpoint(server.url(host="carrier.example"), allow_private=True)
        assert (await endpoint.post(b"{}", {}, 5)).status == 200
        assert len(server.heads) == 1


async def test_many_calls_at_once_share_one_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    async with rogue(saying(APPLIED)) as server:
        names = resolve(monkeypatch, ["127.0.0.1"])
        endpoint = Endpoint(server.url(host="carrier.example"), allow_private=True)
        await asyncio.gather(*(endpoint.post(b"{}", {}, 5) for _ in range(16)))
        assert len(names.asked) == 1
        endpoint.close()


async def test_a_resolver_that_never_answers_ends_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(_: str, __: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(safe_http, "look_up", never)
    endpoint = Endpoint("https://carrier.example/", allow_private=False)
    for _ in range(2):
        with pytest.raises(PutOff) as failed:
            await endpoint.post(b"{}", {}, 0.1)
        assert failed.value.code == "timeout"


async def test_a_name_that_does_not_exist_is_put_off() -> None:
    assert await refusal("https://carrier.invalid/") == "name_not_found"


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with rogue(saying(APPLIED)) as proxy, rogue(saying(APPLIED)) as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        await Endpoint(server.url(), allow_private=True).post(b"{}", {}, 5)
        assert (len(server.heads), len(proxy.heads)) == (1, 0)


class Authority:
    """A certificate authority of one test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        own = self._sign("authority", self._key.public_key(), authority=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def server(self, *names: str) -> ssl.SSLContext:
        """What a server of these names shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        shown = self._sign(names[0], key.public_key(), names=names)
        file = self._folder / f"{names[0]}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + shown.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context

    def _sign(
        self,
        common: str,
        key: ec.EllipticCurvePublicKey,
        *,
        names: tuple[str, ...] = (),
        authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        alternatives = [
            x509.IPAddress(ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names
        ]
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)]))
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
        return builder.sign(self._key, hashes.SHA256())


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    safe_http.trusted_authorities.cache_clear()
    yield made
    safe_http.trusted_authorities.cache_clear()


async def test_a_certificate_is_checked_against_the_name_not_the_address(
    monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    resolve(monkeypatch, ["127.0.0.1"])
    async with rogue(saying(APPLIED), tls=authority.server("carrier.example")) as server:
        url = server.url(host="carrier.example", scheme="https")
        answer = await Endpoint(url, allow_private=True).post(b"{}", {}, 5)
        assert answer.body == b'{"status":"applied"}'


@pytest.mark.parametrize("shown", ["evil.example", "127.0.0.1"])
async def test_a_certificate_for_another_name_gets_no_notice(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, shown: str
) -> None:
    resolve(monkeypatch, ["127.0.0.1"])
    async with rogue(saying(APPLIED), tls=authority.server(shown)) as server:
        url = server.url(host="carrier.example", scheme="https")
        assert await refusal(url, allow_private=True) == "tls_failed"
        assert server.heads == []


async def test_a_certificate_that_nobody_vouches_for_gets_no_notice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    resolve(monkeypatch, ["127.0.0.1"])
    stranger = Authority(tmp_path)
    async with rogue(saying(APPLIED), tls=stranger.server("carrier.example")) as server:
        url = server.url(host="carrier.example", scheme="https")
        assert await refusal(url, allow_private=True) == "tls_failed"
        assert server.heads == []
