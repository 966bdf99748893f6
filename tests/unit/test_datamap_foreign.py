"""A database that nobody here designed, described by its file alone."""

from __future__ import annotations

from pathlib import Path as FilePath

import pytest

from schemas.datamap import DataMap, KeyType, Path, TieLink
from schemas.values import check
from workers.datamap_file import load

FILE = FilePath(__file__).parents[1] / "datamaps/foreign.yaml"


@pytest.fixture(scope="module")
def datamap() -> DataMap:
    return load(FILE)


def test_the_key_is_an_email_and_is_never_corrected(datamap: DataMap) -> None:
    patron = datamap.subjects["patron"]
    assert (patron.key, patron.key_type) == (Path.parse("_id"), KeyType.STRING)
    assert patron.fields["email"].path == patron.key
    assert patron.fields["email"].correctable == "no"
    assert list(patron.contacts) == ["email", "address", "mobile_phone"]


def test_one_of_several_contacts_is_told_by_its_kind_in_the_same_element(datamap: DataMap) -> None:
    mobile = datamap.subjects["patron"].fields["mobile_phone"]
    ((condition, kind),) = mobile.where.items()
    assert kind == "mobile"
    assert condition.shared_element(mobile.path) == Path.parse("contacts.$[]")


def test_copies_in_other_peoples_documents_are_elements(datamap: DataMap) -> None:
    places = {str(p.path): p for p in datamap.placements("patron", "full_name")}
    nick, said = places["people.$[].nick"], places["minutes.$[].said.$[].who"]
    assert nick.expected({"family": "김", "given": "민지"}) == "김민지"
    assert isinstance(said.link, TieLink)
    assert said.link.tie.path.shared_element(said.path) == Path.parse("minutes.$[].said.$[]")
    assert not said.follow


def test_an_address_of_parts_is_checked_as_the_database_keeps_it(datamap: DataMap) -> None:
    spec = datamap.subjects["patron"].fields["address"].value
    given = {"street": "세종대로", "house_no": "110", "city": "서울", "postcode": 4524}
    canonical = check(spec, given)
    assert canonical == {"street": "세종대로", "house_no": 110, "city": "서울", "postcode": 4524}
    slip = next(
        p for p in datamap.placements("patron", "address") if p.collection == "loans"
    ).expected(canonical)
    assert slip == "세종대로 110, 서울"
