"""What the desk does about third parties on the command line."""

from __future__ import annotations

import json

from tests.town import Town
from tests.town.processes import dsr_here


async def test_past_disclosures_are_imported_once_and_every_recipient_is_listed(
    town: Town,
) -> None:
    file = town.folder / "past.csv"
    rows = ["subject,recipient,fields", "1,korea-pay,email", "2,korea-pay,email;name", "3,nobody,x"]
    file.write_text("\n".join(rows) + "\n")
    before = await town.company["disclosures"].count_documents({})
    status, out, _ = await town.dsr("disclosures", "import", str(file), "--json")
    said = json.loads(out)
    assert status == 1
    assert (said["rows"], said["imported"], said["already"], said["bad"]) == (3, 2, 0, 1)
    file.with_name("past.csv.progress").unlink()
    _, out, _ = await town.dsr("disclosures", "import", str(file), "--json")
    assert json.loads(out)["already"] == 2
    assert await town.company["disclosures"].count_documents({}) == before + 2

    listed = json.loads(await dsr_here("recipient", "list", "--json", settings=town.env))
    assert {one["name"] for one in listed} == set(town.recipients)
    assert all((one["open"], one["disabled"]) == (0, None) for one in listed)
    key = await dsr_here("disclosures", "key", "crm", settings=town.env)
    assert key.startswith("dsrsk_")
    assert key.strip() not in (town.folder / "secrets" / "crm.service").read_text()
