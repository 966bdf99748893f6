"""Pseudonyms, codes and links: derived, bound to what they are for, telling nothing."""

from __future__ import annotations

import re
import stat
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from schemas import tracking
from schemas.errors import KeyFolderError
from workers.adapters.tokens import Tokens, create_secret, load_secret
from workers.adapters.vault import KeyFolder

TOKENS = Tokens(KeyFolder(bytes(32), {1: bytes(32)}))
ELSEWHERE = Tokens(KeyFolder(bytes(31) + b"\x01", {1: bytes(32)}))
REQUEST, BOUND = "01930000-0000-7000-8000-000000000001", "digest-of-what-was-asked"


def test_a_pseudonym_is_stable_and_says_nothing_of_the_person() -> None:
    pseudonym = TOKENS.pseudonym("member", "minji.kim@example.kr")
    assert pseudonym == TOKENS.pseudonym("member", "minji.kim@example.kr")
    assert re.fullmatch(r"[0-9a-f]{32}", pseudonym)


def test_pseudonyms_differ_by_person_by_kind_and_by_company() -> None:
    made = {
        TOKENS.pseudonym("member", "42"),
        TOKENS.pseudonym("member", "43"),
        TOKENS.pseudonym("inquirer", "42"),
        TOKENS.pseudonym("member4", "2"),
        ELSEWHERE.pseudonym("member", "42"),
    }
    assert len(made) == 5


def test_a_blind_index_finds_the_same_form_in_the_same_field_only() -> None:
    made = TOKENS.blind_index("mobile_phone", "+821012345678")
    assert made == TOKENS.blind_index("mobile_phone", "+821012345678")
    assert len(made) == 16
    assert made != TOKENS.blind_index("home_phone", "+821012345678")
    assert made != ELSEWHERE.blind_index("mobile_phone", "+821012345678")


def test_a_digest_tells_the_same_content_from_other_content() -> None:
    assert TOKENS.digest(b"{}") == TOKENS.digest(b"{}")
    assert len({TOKENS.digest(b"{}"), TOKENS.digest(b"{ }"), ELSEWHERE.digest(b"{}")}) == 3


def test_the_same_challenge_always_has_the_same_code_and_link() -> None:
    for _ in range(2):
        assert TOKENS.code(REQUEST, 1, BOUND) == TOKENS.code(REQUEST, 1, BOUND)
        assert TOKENS.link(REQUEST, 1, "prove", BOUND) == TOKENS.link(REQUEST, 1, "prove", BOUND)


@pytest.mark.parametrize(
    "other", [("another-request", 1, BOUND), (REQUEST, 2, BOUND), (REQUEST, 1, "other content")]
)
def test_a_code_is_bound_to_its_request_number_and_content(other: tuple[Any, ...]) -> None:
    assert TOKENS.code(*other) != TOKENS.code(REQUEST, 1, BOUND)
    request, number, bound = other
    assert TOKENS.link(request, number, "prove", bound) != TOKENS.link(REQUEST, 1, "prove", BOUND)


def test_a_link_is_bound_to_its_purpose() -> None:
    assert TOKENS.link(REQUEST, 1, "prove", BOUND) != TOKENS.link(REQUEST, 1, "not-me", BOUND)


def test_another_companys_keys_give_other_codes() -> None:
    assert ELSEWHERE.code(REQUEST, 1, BOUND) != TOKENS.code(REQUEST, 1, BOUND)
    assert ELSEWHERE.link(REQUEST, 1, "x", BOUND) != TOKENS.link(REQUEST, 1, "x", BOUND)


def test_a_code_is_eight_digits_and_every_digit_is_as_likely_at_every_place() -> None:
    codes = [TOKENS.code(REQUEST, number, BOUND) for number in range(20_000)]
    assert all(re.fullmatch(r"[0-9]{8}", code) for code in codes)
    for place in range(8):
        seen = Counter(code[place] for code in codes)
        # 20,000 draws: 2,000 of each digit, give or take five standard deviations of 42.
        assert all(1788 < seen[digit] < 2212 for digit in "0123456789")


def test_a_link_holds_128_bits_and_fits_an_address() -> None:
    links = {TOKENS.link(REQUEST, number, "prove", BOUND) for number in range(1000)}
    assert len(links) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", link) for link in links)


@pytest.mark.parametrize(
    "typed",
    [
        "01234567",
        "0123 4567",
        "0123-4567",
        " 0 1 2 3 4 5 6 7 ",
        "0123\u00a04567",
        "0123\u20114567",
        "\uff10\uff11\uff12\uff13\u3000\uff14\uff15\uff16\uff17",
        "0123\uff0d4567",
    ],
)
def test_a_code_matches_however_a_person_types_it(typed: str) -> None:
    assert TOKENS.matches(typed, "01234567")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "01234568",
        "1234567",
        "012345678",
        "o1234567",
        "0123.4567",
        "0123_4567",
        "0123\n4567",
        "0123\x004567",
        "+01234567",
        "01234567.0",
        "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
        "\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467",
        "0123\u200b4567",
        "\ud800",
        "0" * 100_000,
    ],
)
def test_a_code_matches_nothing_else(typed: str) -> None:
    assert not TOKENS.matches(typed, "01234567")


def test_a_link_matches_only_to_the_letter() -> None:
    link = "aB-dEf_hIjKlMnOpQrStUv"
    assert TOKENS.matches(link, link)
    for other in (link.lower(), link.replace("-", ""), f" {link}", link[:-1], link + "=", ""):
        assert not TOKENS.matches(other, link)


def test_a_tracking_code_is_one() -> None:
    code = TOKENS.tracking()
    assert tracking.parse(code) == code
    assert TOKENS.tracking() != code


def test_ids_are_fresh() -> None:
    assert len({TOKENS.new_id() for _ in range(100)}) == 100


def test_tokens_never_show_their_keys() -> None:
    key = KeyFolder(bytes(32), {1: bytes(32)}).derive("code")
    assert repr(key) not in repr(TOKENS)


def test_a_recipients_secret_is_made_once_and_signs(tmp_path: Path) -> None:
    folder = tmp_path / "recipients"
    made = create_secret(folder, "courier", "out")
    assert create_secret(folder, "courier", "out") == made == load_secret(folder, "courier", "out")
    assert made.startswith("whsec_")
    sent = datetime.now(UTC)
    signed = {
        "webhook-id": "n1",
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": Webhook(made).sign("n1", sent, "{}"),
    }
    assert Webhook(load_secret(folder, "courier", "out")).verify("{}", signed) == {}
    assert stat.S_IMODE((folder / "courier.out").stat().st_mode) == 0o600


def test_a_recipient_may_be_called_as_the_data_map_calls_it(tmp_path: Path) -> None:
    assert create_secret(tmp_path, "hanbit-delivery", "in").startswith("whsec_")


def test_secrets_differ_by_recipient_and_direction(tmp_path: Path) -> None:
    made = {
        create_secret(tmp_path, "courier", "out"),
        create_secret(tmp_path, "courier", "in"),
        create_secret(tmp_path, "payments", "out"),
        create_secret(tmp_path, "payments", "in"),
    }
    assert len(made) == 4


@pytest.mark.parametrize(
    "content", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_***", "c2VjcmV0" * 4, "whsec_" + "A" * 100]
)
def test_a_damaged_secret_is_reported_and_not_used(tmp_path: Path, content: str) -> None:
    (tmp_path / "courier.in").write_text(content)
    with pytest.raises(KeyFolderError, match="holds no Standard Webhooks secret"):
        load_secret(tmp_path, "courier", "in")
    with pytest.raises(KeyFolderError):
        create_secret(tmp_path, "courier", "in")
    assert (tmp_path / "courier.in").read_text() == content


def test_a_missing_secret_is_reported(tmp_path: Path) -> None:
    with pytest.raises(KeyFolderError, match="is missing"):
        load_secret(tmp_path, "courier", "out")


@pytest.mark.parametrize("name", ["", "../master", "a/b", "A", "a.b", "a\n", "-", "x" * 65])
def test_a_recipients_name_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyFolderError, match="recipient's name"):
        create_secret(tmp_path / "recipients", name, "out")
