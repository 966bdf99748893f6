"""Sealed intake: one shape of token is opened, every other one is refused with a reason."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey

from schemas.base import MAX_BODY
from schemas.errors import KeyFolderError, Refused
from workers.adapters.intake_seal import MAX_TOKEN, IntakeKeys, seal

BODY = '{"schema": "dsr.submission/1", "name": "김민지"}'.encode()
PLAIN_KEY = ECKey.generate_key("P-256")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "intake"
    IntakeKeys.create(path)
    return path


@pytest.fixture(scope="module")
def keys(folder: Path) -> IntakeKeys:
    return IntakeKeys.open(folder)


@pytest.fixture(scope="module")
def public(keys: IntakeKeys) -> dict[str, Any]:
    return keys.public_jwks()["keys"][0]


def refusal(keys: IntakeKeys, token: bytes) -> str:
    with pytest.raises(Refused) as raised:
        keys.unseal(token)
    (reason,) = raised.value.reasons
    assert reason.path == "$"
    return reason.reason


def header_of(token: bytes) -> dict[str, Any]:
    segment = token.split(b".")[0]
    header: dict[str, Any] = json.loads(base64.urlsafe_b64decode(segment + b"=="))
    return header


def with_header(token: bytes, header: object) -> bytes:
    segment = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    return b".".join([segment, *token.split(b".")[1:]])


@given(st.binary(max_size=4000))
def test_what_a_channel_seals_we_open(
    keys: IntakeKeys, public: dict[str, Any], body: bytes
) -> None:
    assert keys.unseal(seal(body, public)) == body


def test_a_token_of_another_implementation_of_the_standard_opens(
    keys: IntakeKeys, public: dict[str, Any]
) -> None:
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": public["kid"]}
    more = {"typ": "JWE", "cty": "application/json", "apu": "a2lt", "apv": "ZHNy"}
    token = jwe.encrypt_compact(header | more, BODY, ECKey.import_key(public))
    assert keys.unseal(token.encode()) == BODY


def test_a_token_is_five_parts_and_none_of_the_body(public: dict[str, Any]) -> None:
    token = seal(BODY, public)
    assert token.count(b".") == 4
    assert header_of(token).keys() == {"alg", "enc", "kid", "epk"}
    assert BODY not in base64.urlsafe_b64decode(token.split(b".")[3] + b"==")


def test_a_published_key_holds_nothing_private(public: dict[str, Any]) -> None:
    assert public.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (public["alg"], public["use"], public["crv"]) == ("ECDH-ES+A256KW", "enc", "P-256")


def test_only_the_owner_can_read_the_keys(folder: Path) -> None:
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_creating_again_keeps_the_key(folder: Path, public: dict[str, Any]) -> None:
    assert IntakeKeys.create(folder).public_jwks()["keys"] == [public]


def test_while_keys_overlap_both_open_and_the_newest_is_published_first(tmp_path: Path) -> None:
    old = IntakeKeys.create(tmp_path).public_jwks()["keys"][0]
    new = IntakeKeys.add(tmp_path)
    keys = IntakeKeys.open(tmp_path)
    assert [key["kid"] for key in keys.public_jwks()["keys"]] == [new, old["kid"]]
    for public in keys.public_jwks()["keys"]:
        assert keys.unseal(seal(BODY, public)) == BODY


def test_a_token_for_a_key_that_is_not_ours_is_refused(keys: IntakeKeys) -> None:
    stranger = PLAIN_KEY.as_dict(private=False, kid="somebody-elses")
    assert refusal(keys, seal(BODY, stranger)) == "unknown_intake_key"


def test_a_token_under_our_name_but_for_a_strangers_key_is_refused(
    keys: IntakeKeys, public: dict[str, Any]
) -> None:
    stranger = PLAIN_KEY.as_dict(private=False, kid=public["kid"])
    assert refusal(keys, seal(BODY, stranger)) == "seal_broken"


@pytest.mark.parametrize("kid", [None, 1, [], {}, "", "../master", "\ud800"])
def test_a_token_must_name_its_key(keys: IntakeKeys, public: dict[str, Any], kid: object) -> None:
    token = seal(BODY, public)
    header = header_of(token) | {"kid": kid}
    assert refusal(keys, with_header(token, header)) == "unknown_intake_key"
    del header["kid"]
    assert refusal(keys, with_header(token, header)) == "unknown_intake_key"


@pytest.mark.parametrize(
    "more",
    [
        {"zip": "DEF"},
        {"zip": None},
        {"alg": "ECDH-ES"},
        {"alg": "ECDH-ES+A128KW"},
        {"alg": "dir"},
        {"alg": "none"},
        {"alg": "RSA-OAEP"},
        {"alg": "PBES2-HS256+A128KW", "p2s": "AAAA", "p2c": 2**31},
        {"alg": ["ECDH-ES+A256KW"]},
        {"alg": None},
        {"enc": "A128GCM"},
        {"enc": "A256CBC-HS512"},
        {"enc": None},
        {"crit": ["exp"], "exp": 1},
        {"b64": False},
        {"jwk": {}},
        {"jku": "http://127.0.0.1/"},
        {"x5u": "http://127.0.0.1/"},
    ],
)
def test_a_header_that_asks_for_anything_else_is_refused(
    keys: IntakeKeys, public: dict[str, Any], more: dict[str, Any]
) -> None:
    token = seal(BODY, public)
    assert refusal(keys, with_header(token, header_of(token) | more)) == "jwe_header_refused"


def test_a_well_made_token_of_another_algorithm_is_refused(
    keys: IntakeKeys, public: dict[str, Any]
) -> None:
    key = ECKey.import_key({name: public[name] for name in ("kty", "crv", "x", "y", "kid")})
    for alg, enc, more in [
        ("ECDH-ES", "A256GCM", {}),
        ("ECDH-ES+A256KW", "A128GCM", {}),
        ("ECDH-ES+A128KW", "A256GCM", {}),
        ("ECDH-ES+A256KW", "A256GCM", {"zip": "DEF"}),
    ]:
        header = {"alg": alg, "enc": enc, "kid": public["kid"], **more}
        token = jwe.encrypt_compact(header, BODY, key, algorithms=[alg, enc, "DEF"])
        assert refusal(keys, token.encode()) == "jwe_header_refused"


@pytest.mark.parametrize(
    "epk",
    [
        None,
        {},
        [],
        "x",
        {"kty": "EC"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "", "y": ""},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": None},
        {"kty": "EC", "crv": "nonsense", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "*", "y": "AA", "d": "AA"},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "RSA", "n": "AAAA", "e": "AQAB"},
        ECKey.generate_key("P-384").as_dict(private=False),
        OKPKey.generate_key("X25519").as_dict(private=False),
    ],
)
def test_an_invalid_ephemeral_key_is_refused(
    keys: IntakeKeys, public: dict[str, Any], epk: object
) -> None:
    token = seal(BODY, public)
    assert refusal(keys, with_header(token, header_of(token) | {"epk": epk})) == "seal_broken"


def test_one_altered_character_anywhere_is_refused(
    keys: IntakeKeys, public: dict[str, Any]
) -> None:
    token = seal(BODY, public)
    for place in range(len(token)):
        altered = bytearray(token)
        altered[place] = ord("A") if altered[place] != ord("A") else ord("B")
        assert refusal(keys, bytes(altered))


def test_a_shortened_token_is_refused(keys: IntakeKeys, public: dict[str, Any]) -> None:
    token = seal(BODY, public)
    for length in range(len(token)):
        assert refusal(keys, token[:length])


@pytest.mark.parametrize("part", range(1, 5))
def test_a_part_that_is_empty_doubled_or_from_another_token_is_refused(
    keys: IntakeKeys, public: dict[str, Any], part: int
) -> None:
    parts, other = seal(BODY, public).split(b"."), seal(BODY, public).split(b".")
    for forged in (b"", parts[part] * 2, parts[part][:-4], other[part]):
        assert refusal(keys, b".".join([*parts[:part], forged, *parts[part + 1 :]]))


@given(st.binary(max_size=300))
def test_bytes_that_are_no_token_are_refused(keys: IntakeKeys, token: bytes) -> None:
    assert refusal(keys, token) == "not_a_compact_jwe"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_a_header_that_is_no_object_is_refused(keys: IntakeKeys, header: object) -> None:
    assert refusal(keys, with_header(b"....", header)) == "not_a_compact_jwe"


@given(
    st.sampled_from(["epk", "apu", "apv", "typ", "cty"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "d"]), inner)
        ),
        max_leaves=5,
    ),
)
def test_whatever_stands_in_a_header_it_is_refused_and_nothing_else_happens(
    keys: IntakeKeys, public: dict[str, Any], name: str, value: object
) -> None:
    token = seal(BODY, public)
    assert refusal(keys, with_header(token, header_of(token) | {name: value}))


def below(levels: int, call: Callable[[], str]) -> str:
    return below(levels - 1, call) if levels else call()


def test_a_header_750_levels_deep_is_refused_however_deep_the_worker_is(keys: IntakeKeys) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 750).rstrip(b"=") + b"...."
    assert below(300, lambda: refusal(keys, deep)) == "not_a_compact_jwe"


def test_twenty_megabytes_are_refused_unread(keys: IntakeKeys) -> None:
    assert refusal(keys, b"." * (20 * 1024 * 1024)) == "too_large"


def test_the_largest_body_fits_and_a_larger_one_does_not(
    keys: IntakeKeys, public: dict[str, Any]
) -> None:
    largest = os.urandom(MAX_BODY)
    token = seal(largest, public)
    assert len(token) <= MAX_TOKEN
    assert keys.unseal(token) == largest
    assert refusal(keys, seal(largest + b"x", public)) == "too_large"


def test_a_channel_cannot_seal_to_a_key_of_another_kind() -> None:
    for key in (ECKey.generate_key("P-384", {"kid": "x"}), PLAIN_KEY):
        with pytest.raises(ValueError, match="P-256 key with a kid"):
            seal(BODY, key.as_dict(private=False))


def test_a_folder_without_keys_says_what_to_do(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(KeyFolderError, match="dsr init"):
            IntakeKeys.open(path)


def public_only(stored: dict[str, Any]) -> object:
    return stored | {"jwk": {k: v for k, v in stored["jwk"].items() if k != "d"}}


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: None,
        lambda _: {},
        lambda stored: stored["jwk"],
        lambda stored: stored | {"created_at": "today"},
        lambda stored: stored | {"jwk": {}},
        lambda stored: stored | {"jwk": stored["jwk"] | {"d": "AAAA"}},
        lambda stored: stored | {"jwk": stored["jwk"] | {"kid": "another"}},
        lambda stored: stored | {"jwk": PLAIN_KEY.as_dict(private=True, kid=stored["jwk"]["kid"])},
        public_only,
    ],
)
def test_a_damaged_key_file_is_reported_and_not_used(
    tmp_path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    kid = IntakeKeys.add(tmp_path)
    file = tmp_path / f"{kid}.json"
    file.write_text(json.dumps(damage(json.loads(file.read_text()))))
    with pytest.raises(KeyFolderError, match="is damaged"):
        IntakeKeys.open(tmp_path)
