"""What is shown in part tells enough to recognise it, and not enough to use it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from schemas.values import ValueSpec, mask

SPEC: TypeAdapter[Any] = TypeAdapter(ValueSpec)
PAYMENT = {"kind": "object", "parts": {"method": "text", "amount": "number", "card": "text"}}


@pytest.mark.parametrize(
    ("spec", "value", "shown"),
    [
        ("rrn", "900302-2345678", "900302-2******"),
        ("rrn", "9003022345678", "900302-2******"),
        ("rrn", "90030", "***"),
        ("email", "minji@mail.example", "m***@mail.example"),
        ("phone", "010-1234-5678", "***5678"),
        ("text", "김민지", "김***"),
        ("text", "", "***"),
        ("text", None, None),
        ("number", 12345, "***"),
        ("date", "1990-03-02", "1990-**-**"),
        ({"kind": "choice", "options": ["mother"]}, "mother", "mother"),
        ({"kind": "list", "of": "text"}, ["등산", "독서"], ["등***", "독***"]),
        (PAYMENT, {"method": "card", "amount": 390, "card": "1111-2222", "x": 1},
         {"method": "c***", "amount": 390, "card": "***2222", "x": "***"}),
        (PAYMENT, "card 390 1111-2222", "***2222"),
    ],
)  # fmt: skip
def test_a_value_is_masked_by_its_kind(spec: Any, value: Any, shown: Any) -> None:
    assert mask(SPEC.validate_python(spec), value) == shown
