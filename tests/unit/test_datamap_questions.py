"""What the rest of the program asks the map."""

from __future__ import annotations

import textwrap

import pytest

import schemas.datamap
from schemas.datamap import (
    DataMap,
    KeyLink,
    KeyType,
    Path,
    Placement,
    ViaLink,
    WebhookTransport,
    parse,
)
from schemas.errors import DataMapError
from tests.datamaps.small import build, content, field
from workers.datamap_file import loads


def example() -> DataMap:
    """Load the example that the package's docstring shows."""
    shown = schemas.datamap.__doc__ or ""
    start, end = shown.index("    schema: dsr"), shown.index("How links")
    return loads(textwrap.dedent(shown[start:end]).encode(), source="example")


def place(datamap: DataMap, name: str, collection: str) -> Placement:
    found = datamap.placements("member", name)
    return next(one for one in found if one.collection == collection)


def test_the_example_in_the_documentation_is_a_map() -> None:
    assert example().name == "shop"


def test_a_map_survives_being_written_as_json() -> None:
    datamap = example()
    assert DataMap.model_validate_json(datamap.model_dump_json(by_alias=True)) == datamap


def test_a_map_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        build().name = "other"  # type: ignore[misc]


def test_a_copy_knows_what_of_an_address_belongs_there() -> None:
    datamap = example()
    seoul = {"postcode": "04524", "road": "세종대로 110", "detail": None}
    assert place(datamap, "home_address", "labels").expected(seoul) == "(04524) 세종대로 110"
    assert place(datamap, "home_address", "regions").expected(seoul) == "04524"
    assert place(datamap, "home_address", "orders").expected(seoul) == seoul
    assert place(datamap, "home_address", "labels").expected(None) is None


def test_a_part_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    tricky = {"postcode": "{road}", "road": "{detail}", "detail": "x"}
    written = place(example(), "home_address", "labels").expected(tricky)
    assert written == "({road}) {detail} x"


def test_the_paths_of_an_object_are_those_of_its_parts() -> None:
    datamap = example()
    assert place(datamap, "home_address", "members").paths == (
        Path.parse("profile.address.zip"),
        Path.parse("profile.address.road"),
        Path.parse("profile.address.detail"),
    )
    assert place(datamap, "home_address", "cards").paths == (
        Path.parse("addr.pc"),
        Path.parse("addr.street"),
    )
    assert place(datamap, "home_address", "regions").paths == (Path.parse("postcode"),)


def test_a_link_has_the_key_type_of_its_subject_unless_it_says_otherwise() -> None:
    datamap = example()
    home, order = (
        place(datamap, "home_address", "members"),
        place(datamap, "home_address", "orders"),
    )
    assert home.link == KeyLink(key=Path.parse("_id"), key_type=KeyType.INT)
    assert order.link == KeyLink(key=Path.parse("buyer.id"), key_type=KeyType.STRING)
    region = place(datamap, "home_address", "regions").link
    assert isinstance(region, KeyLink)
    assert region.key_type is KeyType.INT


def test_a_chain_is_followed_to_the_link_that_ends_it() -> None:
    made = content()
    for one, other in (("shares", "files"), ("downloads", "shares")):
        via = {"collection": other, "local": f"{other}_id", "foreign": "_id"}
        made["collections"][one] = {"links": {"member": {"via": via}}}
    made["collections"]["files"] = {"links": {"member": {"key": "owner"}}}
    datamap = parse(made, source="map.yaml")
    link = datamap.link("member", "downloads")
    assert isinstance(link, ViaLink)
    hops, end = datamap.hops("member", link)
    assert [(hop.collection, str(hop.local)) for hop in hops] == [
        ("shares", "shares_id"),
        ("files", "files_id"),
    ]
    assert end == KeyLink(key=Path.parse("owner"), key_type=KeyType.INT)


def test_a_view_learns_of_every_place_in_its_collection() -> None:
    places = build().placements_in("orders")
    assert [(one.field, str(one.path), one.home) for one in places] == [
        ("name", "buyer.name", False)
    ]


def test_the_protection_of_a_copy_is_its_fields_unless_it_says_otherwise() -> None:
    copy: dict[str, object] = {"collection": "orders"}
    copies = [copy | {"path": "a"}, copy | {"path": "b", "sealed": False}]
    made = build(rrn=field("rrn", value="rrn", protection=["sealed", "masked"], copies=copies))
    assert [one.sealed for one in made.placements("member", "rrn")] == [True, True, False]
    assert made.field_named("rrn").export == "masked"


def test_recipients_are_those_that_may_have_had_a_field() -> None:
    assert set(build().recipients_of("member", {"name", "email"})) == {"carrier"}
    assert build().recipients_of("member", {"email"}) == {}


def test_a_field_is_known_by_name_with_or_without_its_subject() -> None:
    datamap = build()
    assert datamap.knows("email")
    assert not datamap.knows("acct.is_admin")
    assert datamap.field_named("email") is datamap.field("member", "email")
    assert datamap.field("member", "roles.0") is None
    with pytest.raises(KeyError):
        datamap.field_named("x", "member")


def test_the_environment_may_move_a_recipient_and_nothing_else() -> None:
    datamap = build()
    moved = datamap.with_recipient_url("carrier", "https://other.example/dsr")
    transport = moved.recipients["carrier"].transport
    assert isinstance(transport, WebhookTransport)
    assert (transport.url, transport.host) == ("https://other.example/dsr", "other.example")
    assert datamap.recipients["carrier"].transport != transport
    assert moved.recipients["carrier"].fields == datamap.recipients["carrier"].fields


def test_a_recipient_moves_into_the_house_only_where_the_setting_allows_it() -> None:
    with pytest.raises(DataMapError, match=r"recipients\.carrier"):
        build().with_recipient_url("carrier", "http://127.0.0.1:9/")
    moved = build().with_recipient_url(
        "carrier", "http://127.0.0.1:9/", allow_private_recipients=True
    )
    assert moved.recipients["carrier"].transport != build().recipients["carrier"].transport


def test_an_unknown_recipient_cannot_be_moved() -> None:
    with pytest.raises(DataMapError, match=r"recipients\.nobody"):
        build().with_recipient_url("nobody", "https://other.example/")


def test_yaml_words_stay_words() -> None:
    head = b"schema: dsr.datamap/1\nname: "
    for word in (b"no", b"yes", b"on", b"off"):
        with pytest.raises(DataMapError) as refused:
            loads(head + word + b"\nsubjects: 012-345\n", source="map.yaml")
        assert refused.value.where != "map.yaml: name"
