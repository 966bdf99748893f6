"""E-mail addresses: one canonical form, exact syntax, look-alikes never equal."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.errors import ValueRefused
from schemas.values import EmailSpec, check, lookup_form, stored_forms

KIM = "minji.kim@mail.example"


def full_width(value: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in value)


def test_the_full_width_form_is_the_same_address() -> None:
    assert check(EmailSpec(), full_width(KIM)) == KIM
    assert lookup_form("email", full_width(KIM)) == KIM


def test_letter_case_is_folded_as_declared() -> None:
    assert check(EmailSpec(), "Minji.KIM@Mail.Example") == KIM
    assert check(EmailSpec(normalise="keep"), "Minji.KIM@Mail.Example") == "Minji.KIM@mail.example"


def test_a_domain_of_another_script_is_spelled_out() -> None:
    assert check(EmailSpec(), "민지@한글.kr".replace("민지", "minji")) == "minji@xn--bj0bj06e.kr"


@pytest.mark.parametrize(
    "imitation",
    [
        "minji.kim@mаil.example",  # Cyrillic a
        "mіnji.kim@mail.example",  # Cyrillic i
        "minji.kıim@mail.example",  # dotless i
        "ﬁ@mail.example",  # ligature
        "minji.kim\u200b@mail.example",
    ],
)
def test_a_look_alike_is_never_the_same_person(imitation: str) -> None:
    try:
        assert check(EmailSpec(), imitation) != KIM
        assert KIM not in stored_forms("email", imitation)
    except ValueRefused as error:
        assert error.code == "not_email"  # noqa: PT017 - refused or different: both are right


@pytest.mark.parametrize(
    "value",
    [
        *("", "minji", "@mail.example", "minji@", "minji@mail", "minji@@mail.example", "a b@x.kr"),
        *(
            "minji@mail.example.",
            ".a@x.kr",
            "a.@x.kr",
            "a..b@x.kr",
            "a@-x.kr",
            "a@x-.kr",
            "a@x..kr",
        ),
        *("a@1.2.3.4", "a@[127.0.0.1]", '"a b"@x.kr', "a,b@x.kr", "Kim <a@x.kr>", "a@x.kr,b@y.kr"),
        *("a@x.kr>\r\nRCPT TO:<evil", "a\r\n@x.kr", "a@x.kr\nBcc: b@y.kr", "a\x00@x.kr"),
        *("x" * 65 + "@x.kr", "a@" + "x" * 64 + ".kr", "a@" + "x." * 130 + "kr", "민지@x.kr"),
    ],
)
def test_what_is_not_exactly_one_address_is_refused(value: str) -> None:
    with pytest.raises(ValueRefused):
        check(EmailSpec(), value)


@pytest.mark.parametrize("value", [{"$gt": ""}, ["a@x.kr"], 1, None])
def test_what_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(ValueRefused, match="not_text"):
        check(EmailSpec(), value)


@given(st.emails())
def test_any_case_and_width_of_an_address_is_one_address(address: str) -> None:
    assume("[" not in address)
    try:
        canonical = check(EmailSpec(), address)
    except ValueRefused:
        assume(False)
    assert check(EmailSpec(), canonical) == canonical
    for variant in (address.upper(), address.lower(), full_width(address)):
        assert check(EmailSpec(), variant) == canonical


def test_it_is_looked_for_as_given_and_as_commonly_stored() -> None:
    forms = stored_forms("email", "Minji.Kim@Mail.Example")
    assert {KIM, "Minji.Kim@Mail.Example", "MINJI.KIM@MAIL.EXAMPLE"} <= set(forms)
