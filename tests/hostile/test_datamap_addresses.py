"""A recipient whose address leads inside the house: the map refuses to start, and says where."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.datamap import address_fault, parse, url_fault
from schemas.errors import DataMapError
from tests.datamaps.small import content


def refuse(url: str) -> None:
    made = content()
    made["recipients"]["carrier"]["transport"]["url"] = url
    with pytest.raises(DataMapError) as refused:
        parse(made, source="map.yaml")
    assert refused.value.where == "map.yaml: recipients.carrier.transport.url"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001"),
        *("127.0.0.1.", "①②⑦.0.0.1", "127。0。0。1", "127.0.0.1", "0", "0.0.0.0"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "localhost"),
        *("LOCALHOST", "localhost.", "a.localhost", "ｌｏｃａｌｈｏｓｔ"),
    ],
)
def test_loopback_recipient_in_any_spelling(host: str) -> None:
    refuse(f"https://{host}/dsr")


@pytest.mark.parametrize(
    "host",
    [
        *(
            "10.0.0.1",
            "10.1",
            "172.16.0.1",
            "192.168.1.1",
            "0xc0a80101",
            "100.64.0.1",
            "198.18.0.1",
        ),
        *("192.0.0.192", "192.0.2.1", "224.0.0.1", "255.255.255.255", "[fc00::1]", "[fe80::1]"),
        *("[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]"),
        *("[ff02::1]", "[fe80::1%25eth0]", "db", "db.internal", "printer.local", "x.home.arpa"),
    ],
)
def test_private_recipient_in_any_spelling(host: str) -> None:
    refuse(f"https://{host}/dsr")


@pytest.mark.parametrize(
    "host",
    [
        *(
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "169.254.43518",
            "[::ffff:169.254.169.254]",
        ),
        *("[fd00:ec2::254]", "metadata.google.internal", "metadata"),
    ],
)
def test_metadata_address(host: str) -> None:
    refuse(f"https://{host}/latest/meta-data")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "file://carrier.example/etc/passwd"])
def test_file_scheme(url: str) -> None:
    refuse(url)


@pytest.mark.parametrize(
    "url",
    ["http://carrier.example/", "gopher://carrier.example/", "//carrier.example", "", "https://"],
)
def test_any_scheme_but_https(url: str) -> None:
    refuse(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@carrier.example/",
        "https://user@carrier.example/",
        "https://@carrier.example/",
        "https://carrier.example@127.0.0.1/",
    ],
)
def test_credentials_in_the_address(url: str) -> None:
    refuse(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://carrier.example\\@127.0.0.1/",
        "https://carrier.example /",
        "https://carrier.example/\r\nHost: x",
        "https://carrier.example:0/",
        "https://carrier.example:99999/",
        "https://carrier.example/#x",
        "https://127.0.0.1%2f.carrier.example/",
        "https://[::1",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
        "https://carrier..example/",
    ],
)
def test_an_address_that_two_parsers_read_differently(url: str) -> None:
    refuse(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://dsr.carrier.example/notices?x=1",
        "https://8.8.8.8:8443/",
        "https://[2606:4700::1111]/",
        "https://한빛택배.kr/dsr",
    ],
)
def test_a_public_address_is_accepted(url: str) -> None:
    assert url_fault(url, allow_private=False) is None


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "[::1]:8080", "10.1.2.3", "recipient:8080"])
def test_a_local_demo_may_call_its_own_machine_when_the_setting_says_so(host: str) -> None:
    assert url_fault(f"http://{host}/", allow_private=False) is not None
    assert url_fault(f"http://{host}/", allow_private=True) is None


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "[fe80::1]"])
def test_even_a_local_demo_never_calls_metadata_or_special_addresses(host: str) -> None:
    assert url_fault(f"http://{host}/", allow_private=True) is not None


@given(st.ip_addresses(v=4))
def test_every_spelling_of_an_ipv4_address_is_decided_alike(address: IPv4Address) -> None:
    number, packed = int(address), address.packed
    verdict = address_fault(address, allow_private=False)
    for host in (
        *(str(number), hex(number), oct(number).replace("o", "")),
        f"{packed[0]}.{number & 0xFFFFFF}",
        f"{packed[0]}.{packed[1]}.{number & 0xFFFF}",
        ".".join(hex(part) for part in packed),
    ):
        assert url_fault(f"https://{host}/", allow_private=False) == verdict


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_hides_inside_an_ipv6_one(address: IPv4Address) -> None:
    number = int(address)
    for base, shift in (("::", 0), ("::ffff:0:0", 0), ("64:ff9b::", 0), ("2002::", 80)):
        hidden = IPv6Address(int(ip_address(base)) | number << shift)
        assert address_fault(hidden, allow_private=False) is not None
