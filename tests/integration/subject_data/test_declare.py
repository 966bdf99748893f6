"""`dsr init` on the company's database: views and indexes, only what differs, after a plan."""

from __future__ import annotations

import pytest

from schemas.datamap import DataMap, parse
from schemas.errors import TopologyError
from schemas.request import SubjectRef
from tests.datamaps import small
from tests.integration.subject_data.company import FOREIGN, Company, NewCompany


async def test_a_plan_names_what_init_then_does_and_no_more(
    new_company: NewCompany, library_map: DataMap
) -> None:
    company = new_company(library_map)
    await company.fill(FOREIGN)
    planned = await company.data.init(plan=True)
    assert sorted(await company.db.list_collection_names()) == ["circles", "loans", "patrons"]
    assert await company.data.init() == planned
    assert planned == [
        "create dsr_subjects with its index",
        "create view patrons_usable",
        "create view loans_usable",
        "create view circles_usable",
    ]
    assert await company.data.init() == []
    assert await company.data.init(plan=True) == []


async def test_nothing_is_added_to_the_companys_collections_unless_asked(
    library: Company,
) -> None:
    for name in library.datamap.collections:
        assert list(await library.db[name].index_information()) == ["_id_"]
    changes = await library.data.init(company_indexes=True)
    assert "create index dsr_people.ref on circles" in changes
    assert await library.data.missing_indexes() == []
    assert await library.data.init(company_indexes=True) == []


async def test_an_index_of_the_companys_own_is_enough(library: Company) -> None:
    before = len(await library.data.missing_indexes())
    await library.db["loans"].create_index([("patron", 1), ("due", 1)])
    assert len(await library.data.missing_indexes()) == before - 1


async def test_another_map_changes_the_view(new_company: NewCompany) -> None:
    company = new_company(parse(small.content(), source="small.yaml"))
    await company.db["members"].insert_one({"_id": 1, "name": "김민지", "nick": "민지"})
    await company.data.init()
    more = small.content()
    more["subjects"]["member"]["fields"]["nick"] = small.field("nick")
    company.use(parse(more, source="small.yaml"))
    assert await company.data.init() == ["update view members_usable"]
    await company.restrict("r1", SubjectRef(type="member", key="1"), "nick")
    assert await company.usable("members") == [{"_id": 1, "name": "김민지"}]


async def test_a_collection_in_a_views_place_is_never_touched(
    new_company: NewCompany, library_map: DataMap
) -> None:
    company = new_company(library_map)
    await company.db["loans_usable"].insert_one({"_id": 1, "ours": False})
    with pytest.raises(TopologyError, match="loans_usable"):
        await company.data.init()
    assert await company.one("loans_usable", 1) == {"_id": 1, "ours": False}
