"""Sealed values: open in their place with their key, and nowhere else."""

from __future__ import annotations

import os
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SealBroken
from workers.adapters.vault.envelope import DataKey, bind

RAW = bytes(range(32))
KEY = DataKey(RAW)
PLACE = ("member", "kim-minji", "members", "profile.address")
ADDRESS = "서울특별시 마포구 월드컵북로 396".encode()


@given(st.binary(max_size=2000), st.lists(st.text(st.characters(codec="utf-8"))).map(tuple))
def test_what_is_sealed_opens_in_its_place(plain: bytes, place: tuple[str, ...]) -> None:
    assert KEY.open(KEY.seal(plain, place), place) == plain


def test_the_same_value_never_looks_the_same_twice() -> None:
    sealed = {KEY.seal(ADDRESS, PLACE) for _ in range(1000)}
    assert len({one[1:13] for one in sealed}) == 1000


def test_a_sealed_value_holds_29_bytes_more_and_none_of_the_plain_ones() -> None:
    sealed = KEY.seal(ADDRESS, PLACE)
    assert len(sealed) == len(ADDRESS) + 29
    assert "마포구".encode() not in sealed


def test_one_altered_bit_anywhere_breaks_the_seal() -> None:
    sealed = KEY.seal(ADDRESS, PLACE)
    for place in range(len(sealed)):
        for bit in range(8):
            altered = bytearray(sealed)
            altered[place] ^= 1 << bit
            with pytest.raises(SealBroken):
                KEY.open(bytes(altered), PLACE)


def test_a_shortened_or_lengthened_value_breaks_the_seal() -> None:
    sealed = KEY.seal(ADDRESS, PLACE)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            KEY.open(sealed[:length], PLACE)
    with pytest.raises(SealBroken):
        KEY.open(sealed + b"\x00", PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        (),
        ("member", "lee-jiho", "members", "profile.address"),
        ("member", "kim-minji", "members", "profile.addres", "s"),
        ("member", "kim-minji", "membersprofile.address", ""),
        ("memberk", "im-minji", "members", "profile.address"),
        ("member", "kim-minji", "members", "profile.address", ""),
        ("kim-minji", "member", "members", "profile.address"),
    ],
)
def test_a_value_moved_elsewhere_does_not_open(elsewhere: tuple[str, ...]) -> None:
    with pytest.raises(SealBroken):
        KEY.open(KEY.seal(ADDRESS, PLACE), elsewhere)


def test_a_strangers_key_does_not_open() -> None:
    with pytest.raises(SealBroken):
        DataKey(os.urandom(32)).open(KEY.seal(ADDRESS, PLACE), PLACE)


def test_a_value_of_a_newer_format_is_not_guessed_at() -> None:
    with pytest.raises(SealBroken, match="newer version"):
        KEY.open(b"\x02" + KEY.seal(ADDRESS, PLACE)[1:], PLACE)


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=4)).map(tuple),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=4)).map(tuple),
)
def test_two_places_never_share_an_encoding(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (bind(one) == bind(other)) == (one == other)


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DataKey(bytes(size))


def test_a_key_cannot_be_printed_or_pickled() -> None:
    for shown in (repr(KEY), str(KEY), f"{KEY}"):
        assert RAW.hex() not in shown
        assert repr(RAW) not in shown
    with pytest.raises(TypeError):
        pickle.dumps(KEY)
