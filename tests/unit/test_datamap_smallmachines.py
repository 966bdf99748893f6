"""The map of the policy: every item that it lists, and what becomes of it."""

from __future__ import annotations

import unicodedata
from pathlib import Path as FilePath

import pytest

from schemas.datamap import Archive, DataMap, Delete, TieLink
from schemas.values import ListSpec, ObjectSpec, check
from workers.datamap_file import load

FILE = FilePath(__file__).parents[2] / "deploy/datamaps/smallmachines.yaml"

LISTED = {
    "name": ["name"],
    "date of birth": ["birth_date"],
    "gender": ["gender"],
    "login ID": ["login_id"],
    "password": ["password"],
    "password recovery questions and answers": ["recovery_question", "recovery_answer"],
    "home phone number": ["home_phone"],
    "home address": ["home_address"],
    "mobile phone number": ["mobile_phone"],
    "email": ["email"],
    "occupation": ["occupation"],
    "company name": ["company_name"],
    "department": ["department"],
    "job title": ["job_title"],
    "company phone number": ["company_phone"],
    "hobbies": ["hobbies"],
    "marital status": ["marital_status"],
    "anniversaries": ["anniversaries"],
    "legal guardian information": ["legal_guardian"],
    "resident registration number": ["resident_registration_number"],
    "service usage records": ["service_usage_records", "cookies"],
    "access logs": ["access_logs"],
    "IP information": ["ip_information"],
    "payment records": ["payment_records"],
}


@pytest.fixture(scope="module")
def datamap() -> DataMap:
    return load(FILE)


def test_the_policy_lists_24_items_and_the_map_has_them_all_and_no_others(
    datamap: DataMap,
) -> None:
    assert len(LISTED) == 24
    mapped = [name for names in LISTED.values() for name in names]
    assert sorted(mapped) == sorted(datamap.subjects["member"].fields)


def test_every_field_has_its_label_in_both_languages(datamap: DataMap) -> None:
    for subject in datamap.subjects.values():
        for field in subject.fields.values():
            assert any("HANGUL" in unicodedata.name(c, "") or c == "I" for c in field.label.ko)
            assert field.label.en.isascii()


def test_secrets_are_sealed_or_hashed_and_stay_inside(datamap: DataMap) -> None:
    fields = datamap.subjects["member"].fields
    assert fields["password"].hashed
    assert fields["password"].export == "never"
    assert fields["recovery_answer"].sealed
    assert fields["recovery_answer"].export == "never"
    assert fields["resident_registration_number"].sealed
    assert fields["resident_registration_number"].export == "masked"


def test_what_identifies_a_person_is_corrected_after_review_and_records_never(
    datamap: DataMap,
) -> None:
    fields = datamap.subjects["member"].fields
    by_rule = {
        rule: {name for name, field in fields.items() if field.correctable == rule}
        for rule in ("review", "no")
    }
    assert {"name", "birth_date", "legal_guardian"} <= by_rule["review"]
    # Its new value is confirmed, and the old one told, instead.
    assert fields["email"].correctable == "yes"
    assert fields["email"].contact is not None
    assert by_rule["no"] == {
        *("password", "service_usage_records", "cookies", "access_logs"),
        *("ip_information", "payment_records"),
    }


def test_the_address_follows_into_what_is_still_to_come_and_not_into_what_was(
    datamap: DataMap,
) -> None:
    follows = {
        place.collection: place.follow for place in datamap.placements("member", "home_address")
    }
    assert follows == {
        "members": True,
        "deliveries": True,
        "delivery_plans": True,
        "delivery_zones": True,
        "orders": False,
        "member_changes": False,
    }


def test_a_download_belongs_to_its_files_owner_over_two_hops(datamap: DataMap) -> None:
    link = datamap.link("member", "file_downloads")
    assert link is not None
    hops, _ = datamap.hops("member", link)
    assert [hop.collection for hop in hops] == ["file_shares", "files"]


def test_one_copy_is_tied_by_the_login_id_alone(datamap: DataMap) -> None:
    tied = [p for p in datamap.placements("member", "login_id") if isinstance(p.link, TieLink)]
    assert [str(place.path) for place in tied] == ["author_login"]


def test_what_the_law_keeps_goes_to_the_archive_for_as_long_as_the_law_says(
    datamap: DataMap,
) -> None:
    kept = {
        name: str(datamap.retention_bases[collection.on_delete.basis].duration)
        for name, collection in datamap.collections.items()
        if isinstance(collection.on_delete, Archive)
    }
    assert kept == {
        "payments": "5 years",
        "orders": "5 years",
        "support_tickets": "3 years",
        "disclosures": "3 years",
        "inquiries": "3 years",
        "access_logs": "3 months",
    }
    assert isinstance(datamap.collections["members"].on_delete, Delete)


def test_only_the_carrier_and_the_marketing_partner_may_have_addresses(datamap: DataMap) -> None:
    assert set(datamap.recipients) == {"hanbit-delivery", "dain-marketing", "korea-pay"}
    may = datamap.recipients_of("member", {"home_address"})
    assert set(may) == {"hanbit-delivery", "dain-marketing"}
    assert set(may["hanbit-delivery"].fields) == {"name", "home_address", "mobile_phone"}


def test_the_responsible_department_and_four_bodies_are_data(datamap: DataMap) -> None:
    organisation = datamap.organisation
    assert organisation.department.en == "Marketing & Sales Team"
    assert (organisation.phone, organisation.email) == (
        "(+82)-2-889-8788",
        "contact@smallmachines.co.kr",
    )
    assert len(organisation.complaint_bodies) == 4
    assert organisation.complaint_bodies[0].phone == "118"


def test_a_child_is_represented_until_fourteen(datamap: DataMap) -> None:
    guardian = datamap.subjects["member"].guardian
    assert guardian is not None
    assert guardian.until == 14
    assert guardian.email == "legal_guardian.email"


def test_people_who_only_asked_have_a_record_and_contacts_of_their_own(datamap: DataMap) -> None:
    inquirer = datamap.subjects["inquirer"]
    assert (inquirer.home, inquirer.key_type) == ("inquirers", "objectid")
    assert list(inquirer.contacts) == ["email", "mobile_phone"]


def test_each_identifier_of_a_submission_leads_to_a_field(datamap: DataMap) -> None:
    fields = datamap.subjects["member"].fields.values()
    found = {field.lookup.by for field in fields if field.lookup}
    assert found >= {"login_id", "name", "email", "phone", "birth_date"}


def test_anonymous_values_are_values_that_the_field_accepts(datamap: DataMap) -> None:
    checked = 0
    for subject, declared in datamap.subjects.items():
        for name, field in declared.fields.items():
            for place in datamap.placements(subject, name):
                if place.on_delete.action == "anonymise":
                    value = str(place.on_delete.value).replace("{unique}", "x1")
                    assert check(field.value, value) == value
                    checked += 1
    assert checked == 5


def test_a_typical_value_of_each_shape_passes(datamap: DataMap) -> None:
    fields = datamap.subjects["member"].fields
    address = {"postcode": "04524", "road": "서울특별시 중구 세종대로 110", "detail": "3층"}
    assert isinstance(fields["home_address"].value, ObjectSpec)
    assert check(fields["home_address"].value, address) == address
    days = [{"name": "결혼기념일", "date": "2015.05.02"}]
    assert isinstance(fields["anniversaries"].value, ListSpec)
    assert check(fields["anniversaries"].value, days) == [
        {"name": "결혼기념일", "date": "2015-05-02"}
    ]
