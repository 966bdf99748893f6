"""Which addresses may be called: global unicast over HTTPS, in whatever spelling they come.

Literal addresses are decided here, without asking anybody. What a name resolves to must be checked
with `address_fault` at each call, and that very address be used.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

_IDEOGRAPHIC_DOT: Final = "\u3002"
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")
_NUMERIC: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOCAL_NAMES: Final = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "corp")

# Python calls these global, or changed its mind between versions.
_NOT_PUBLIC: Final = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24"),
            *("192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
            *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        ),
    )
)
_GLOBAL_UNICAST_6: Final = ip_network("2000::/3")
_PRIVATE: Final = tuple(
    map(
        ip_network,
        ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"),
    )
)

Address = IPv4Address | IPv6Address


def url_fault(url: str, *, allow_private: bool) -> str | None:
    """Say what is wrong with a recipient's address; None where it may be called."""
    if len(url) > 2000 or any(char <= " " or char in "\\\x7f" for char in url):
        return "an address has no spaces, controls or backslashes"
    try:
        split = urlsplit(url)
        port = split.port
        host = _plain_host(split)
    except (ValueError, UnicodeError):
        return "not an address that can be called"
    if split.scheme != "https" and not (allow_private and split.scheme == "http"):
        return "an address starts with https://"
    if "@" in split.netloc:
        return "an address holds no credentials"
    if port == 0 or split.fragment:
        return "not an address that can be called"
    return _host_fault(host, allow_private=allow_private)


def address_fault(address: Address, *, allow_private: bool) -> str | None:
    """Say why a resolved address may not be called; None where it may."""
    if allow_private and any(address in network for network in _PRIVATE):
        return None
    public = address.is_global and not address.is_multicast
    if isinstance(address, IPv6Address):
        public = public and address in _GLOBAL_UNICAST_6 and address.scope_id is None
    if not public or any(address in network for network in _NOT_PUBLIC):
        return "a loopback, private or special address"
    return None


def _plain_host(split: SplitResult) -> str:
    """Fold every spelling that a resolver would fold: full-width, circled, ideographic dots."""
    host = unicodedata.normalize("NFKC", split.hostname or "").replace(_IDEOGRAPHIC_DOT, ".")
    return host.lower().removesuffix(".")


def _host_fault(host: str, *, allow_private: bool) -> str | None:
    if ":" in host:
        try:
            return address_fault(ip_address(host), allow_private=allow_private)
        except ValueError:
            return "not an address that can be called"
    labels = host.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        address = _ipv4(labels)
        if address is None:
            return "not an address that can be called"
        return address_fault(address, allow_private=allow_private)
    return _name_fault(host, allow_private=allow_private)


def _name_fault(host: str, *, allow_private: bool) -> str | None:
    try:
        labels = host.encode("idna").decode("ascii").split(".")
    except UnicodeError:
        return "not an address that can be called"
    if not all(map(_LABEL.fullmatch, labels)):
        return "not an address that can be called"
    local = len(labels) == 1 or any(host.endswith(f".{name}") for name in _LOCAL_NAMES)
    return "a name of the local network" if local and not allow_private else None


def _ipv4(labels: list[str]) -> IPv4Address | None:
    """Read what `inet_aton` reads: 127.1, 2130706433, 0x7f.1, 0177.0.0.1."""
    try:
        numbers = [_number(label) for label in labels]
    except ValueError:
        return None
    *heads, last = numbers
    if len(numbers) > 4 or any(head > 255 for head in heads) or last >= 256 ** (5 - len(numbers)):
        return None
    value = last
    for index, head in enumerate(heads):
        value += head << (8 * (3 - index))
    return IPv4Address(value)


def _number(label: str) -> int:
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    if not label.isdecimal():
        raise ValueError
    return int(label, 8 if label.startswith("0") and len(label) > 1 else 10)
