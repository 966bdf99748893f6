"""Phone numbers: many spellings, one number."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ValueRefused
from schemas.values import PhoneSpec, check, lookup_form, stored_forms

MOBILE = "010-1234-5678"
national_numbers = st.one_of(
    st.from_regex(r"010[2-9][0-9]{7}", fullmatch=True),
    st.from_regex(r"02[2-9][0-9]{6,7}", fullmatch=True),
    st.from_regex(r"0(31|32|33|41|51|53|61|64)[2-9][0-9]{6,7}", fullmatch=True),
    st.from_regex(r"070[2-9][0-9]{7}", fullmatch=True),
)


@pytest.mark.parametrize(
    "spelling",
    [
        *("010-1234-5678", "01012345678", "010 1234 5678", "010.1234.5678", "(010) 1234-5678"),
        *("+82 10-1234-5678", "+821012345678", "+82-10-1234-5678", "+82 (0)10-1234-5678"),
        *("0082 10 1234 5678", "82-10-1234-5678", "(+82)-10-1234-5678", "+82 010 1234 5678"),
        *("\uff10\uff11\uff10-1234-5678", "010\u20131234\u20135678", " 010-1234-5678 "),
    ],
)
def test_every_korean_spelling_is_one_number(spelling: str) -> None:
    assert check(PhoneSpec(), spelling) == MOBILE
    assert lookup_form("phone", spelling) == "+821012345678"


def test_the_declared_spelling_is_written() -> None:
    assert check(PhoneSpec(normalise="e164"), MOBILE) == "+821012345678"
    assert check(PhoneSpec(normalise="digits"), MOBILE) == "01012345678"


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("(+82)-2-889-8788", "02-889-8788"),
        ("0312345678", "031-234-5678"),
        ("05051234567", "0505-123-4567"),
        ("15881234", "1588-1234"),
        ("+82 1588 1234", "1588-1234"),
        ("0801234567", "080-123-4567"),
        ("011-234-5678", "011-234-5678"),
        ("+1 415 555 2671", "+14155552671"),
        ("0044 20 7946 0958", "+442079460958"),
    ],
)
def test_other_numbers_are_grouped_as_they_are_written(spelling: str, canonical: str) -> None:
    assert check(PhoneSpec(), spelling) == canonical


@pytest.mark.parametrize(
    "value",
    [
        *("", "12", "010-1234", "010-1234-56789", "1012345678", "119", "010-12a4-5678", "+82", "+"),
        *(
            "+0123456789",
            "010-1234-5678;ext=1",
            "010-1234-5678\r\n",
            "+1" + "2" * 20,
            "++8210123456",
        ),
        *("०१०-1234-5678", "tel:01012345678", "099-123-4567", "010*12345678"),
    ],
)
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(ValueRefused):
        check(PhoneSpec(), value)


@pytest.mark.parametrize("value", [{"$gt": ""}, [MOBILE], 1012345678, None])
def test_what_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(ValueRefused, match="not_text"):
        check(PhoneSpec(), value)


@given(national_numbers)
def test_all_stored_spellings_lead_back_to_the_one_number(digits: str) -> None:
    forms = stored_forms("phone", digits)
    assert digits in forms
    assert {lookup_form("phone", form) for form in forms} == {lookup_form("phone", digits)}
    for how in ("national", "e164", "digits"):
        assert check(PhoneSpec(normalise=how), digits) in forms


@given(national_numbers)
def test_the_reference_library_reads_the_same_number(digits: str) -> None:
    theirs = phonenumbers.parse(digits, "KR")
    e164 = phonenumbers.format_number(theirs, phonenumbers.PhoneNumberFormat.E164)
    assert check(PhoneSpec(normalise="e164"), digits) == e164
    national = phonenumbers.format_number(theirs, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert check(PhoneSpec(), national) == check(PhoneSpec(), digits)
