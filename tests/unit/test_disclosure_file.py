"""A file of past disclosures: every row is counted once, and none is lost by a crash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workers.disclosure_file import Standing, rows

CSV = """subject,recipient,fields,at,basis,reference
1,carrier,name;home_address,2026-01-02T09:00:00+09:00,contract,C-1
2,carrier,,2026-01-02T09:00:00+09:00,contract,C-2
3,carrier,name,yesterday,contract,C-3
4,carrier,name,2026-01-02T09:00:00+09:00,contract
5,carrier,name,2026-01-02T09:00:00+09:00,because,C-5
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "past.csv"
    made.write_text(CSV)
    return made


def test_a_csv_gives_a_wish_or_a_reason_for_each_row(file: Path) -> None:
    found = list(rows(file, "member"))
    assert [row.line for row in found] == [1, 2, 3, 4, 5]
    assert [row.wish is not None for row in found] == [True, False, False, False, False]
    assert found[0].wish is not None
    assert found[0].wish.fields == ("name", "home_address")
    assert (found[0].wish.subject.type, found[0].wish.subject.key) == ("member", "1")
    assert all(row.reasons for row in found[1:])


def test_a_jsonl_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "past.jsonl"
    said = {"subject": 7, "recipient": "carrier", "fields": ["name"], "subject_type": "inquirer"}
    bad = ("not json", "[]", json.dumps({**said, "extra": 1}), json.dumps({"subject": "1"}))
    file.write_text("\n".join([json.dumps(said), "", *bad]))
    good, *others = rows(file, "member")
    assert good.wish is not None and good.wish.subject.type == "inquirer"
    assert [row.wish for row in others] == [None] * 4
    assert others[2].reasons == ("unknown column extra",)


def test_a_row_without_an_id_has_one_that_follows_from_its_content(file: Path) -> None:
    ids = [[row.wish.id for row in rows(file, "member") if row.wish] for _ in range(2)]
    assert ids[0] == ids[1]


def test_an_import_goes_on_where_it_stopped(file: Path) -> None:
    standing = Standing.of(file)
    for row in list(rows(file, "member"))[:2]:
        standing.count(row, "imported" if row.wish else "bad")
    standing.keep()
    again = Standing.of(file)
    assert (again.line, again.imported, again.bad) == (2, 1, 1)
    assert [row.line for row in rows(file, "member", after=again.line)] == [3, 4, 5]
    bad = [json.loads(line) for line in again.bad_file.read_text().splitlines()]
    assert [one["line"] for one in bad] == [2]


def test_another_file_of_that_name_begins_anew(file: Path) -> None:
    standing = Standing.of(file)
    standing.count(next(rows(file, "member")), "imported")
    standing.keep()
    file.write_text(CSV + CSV)
    assert Standing.of(file).line == 0
