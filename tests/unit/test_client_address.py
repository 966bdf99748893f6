"""Who came: a header is believed only as far as proxies of ours have written it."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from starlette.requests import Request

from workers.web.limits import client_address

OURS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def came(peer: str, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return client_address(Request({"type": "http", "client": (peer, 1), "headers": headers}), OURS)


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, fd00::7"], "198.51.100.1"),
        ("10.0.0.1", ["10.9.9.9"], "10.9.9.9"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
    ],
)
def test_the_last_address_that_is_not_ours(peer: str, forwarded: list[str], who: str) -> None:
    assert came(peer, *forwarded) == who


def test_a_header_without_end_is_not_read_to_its_end() -> None:
    assert came("10.0.0.1", ", ".join(["198.51.100.1", *["10.0.0.2"] * 50])) == "10.0.0.2"
