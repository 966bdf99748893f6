"""Until they are revealed, particulars say that something is there, and no more."""

from __future__ import annotations

import json
from typing import Any

from schemas.masking import masked
from schemas.request import Contact, Particulars
from tests.cast import MINJI, MINJI_IS_KNOWN_BY, MINJIS_MAIL, NEW_ADDRESS, submission


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return [str(value)]


def test_no_value_of_a_person_is_shown_and_the_shape_is_kept() -> None:
    particulars = Particulars(
        submission=submission(statement="전화로 알려 주세요", operator="park"),
        values={"home_address": NEW_ADDRESS},
        subject=MINJI,
        contact=MINJIS_MAIL,
        contacts=(MINJIS_MAIL, Contact(kind="phone", value="+821012345678")),
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    shown = masked(particulars)
    assert shown.keys() == particulars.keys()
    assert shown["submission"]["kind"] == "correction"
    assert shown["submission"]["changes"][0]["field"] == "home_address"
    told = json.dumps(shown, ensure_ascii=False)
    for text in (*MINJI_IS_KNOWN_BY.values(), *texts(NEW_ADDRESS), "전화로 알려 주세요"):
        assert text not in told
