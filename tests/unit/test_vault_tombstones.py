"""The tombstone ledger: what was acknowledged is there, whatever a crash leaves behind it."""

from __future__ import annotations

import asyncio
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest

from schemas.errors import KeyFolderError
from workers.adapters.vault import Tombstone, Tombstones

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def tombstone(who: str = "kim", request: str = "r1", **more: object) -> Tombstone:
    facts = {"pseudonym": who, "subject_type": "member", "request": request, "at": AT}
    return Tombstone.model_validate(facts | more)


KIM, LEE = tombstone("kim"), tombstone("lee", "r2", fields=["nickname"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Tombstones.create(tmp_path / "tombstones")
    return tmp_path / "tombstones"


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


async def test_another_process_finds_what_was_added(folder: Path) -> None:
    await Tombstones.open(folder).add([KIM, LEE])
    ledger = Tombstones.open(folder)
    assert ledger.find(["kim", "lee", "park"]) == {"kim": [KIM], "lee": [LEE]}
    assert list(ledger.all()) == [KIM, LEE]


async def test_what_others_add_is_found_without_starting_again(folder: Path) -> None:
    reader, one, other = (Tombstones.open(folder) for _ in range(3))
    assert reader.find(["kim"]) == {}
    await one.add([KIM])
    assert reader.find(["kim"]) == {"kim": [KIM]}
    later = tombstone(request="r9", at=AT + timedelta(days=1))
    await other.add([later])
    assert reader.find(["kim"]) == {"kim": [KIM, later]}
    assert len(files(folder)) == 2


async def test_a_group_costs_one_sync(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Tombstones.open(folder)
    await ledger.add([KIM])
    sync = Mock(wraps=os.fsync)
    monkeypatch.setattr(os, "fsync", sync)
    await ledger.add([tombstone(f"member{n}") for n in range(64)])
    assert sync.call_count == 1


async def test_the_same_tombstone_stays_once(folder: Path) -> None:
    ledger = Tombstones.open(folder)
    await ledger.add([KIM, KIM])
    await ledger.add([KIM])
    await Tombstones.open(folder).add([KIM, LEE])
    assert sorted(entry.pseudonym for entry in ledger.all()) == ["kim", "lee"]


async def test_a_second_deletion_of_the_same_person_is_kept_beside_the_first(folder: Path) -> None:
    again = tombstone(at=AT + timedelta(days=400), request="r7")
    ledger = Tombstones.open(folder)
    await ledger.add([again])
    await ledger.add([KIM])
    assert ledger.find(["kim"]) == {"kim": [KIM, again]}


async def test_adding_nothing_makes_no_file(folder: Path) -> None:
    await Tombstones.open(folder).add([])
    assert files(folder) == []


async def test_processes_and_tasks_that_add_at_once_lose_nothing(folder: Path) -> None:
    ledgers = [Tombstones.open(folder) for _ in range(4)]
    await asyncio.gather(
        *(ledgers[n % 4].add([tombstone(f"member{n}"), tombstone(f"other{n}")]) for n in range(64))
    )
    assert len({entry.pseudonym for entry in ledgers[0].all()}) == 128
    assert len(files(folder)) == 4


@pytest.mark.parametrize("kept", [1, 20, -1])
async def test_a_line_that_a_crash_cut_off_is_passed_over_and_can_be_added_again(
    folder: Path, kept: int
) -> None:
    await Tombstones.open(folder).add([KIM])
    (file,) = files(folder)
    whole = file.read_bytes()
    file.write_bytes(whole + whole.replace(b"kim", b"lee")[:kept])
    ledger = Tombstones.open(folder)
    assert list(ledger.all()) == [KIM]
    assert ledger.find(["kim", "lee"]) == {"kim": [KIM]}
    await ledger.add([tombstone("lee")])
    assert ledger.find(["lee"]) == {"lee": [tombstone("lee")]}
    assert Tombstones.open(folder).find(["lee"]) == {"lee": [tombstone("lee")]}


async def test_a_line_is_found_once_its_end_is_there(folder: Path) -> None:
    await Tombstones.open(folder).add([KIM])
    (file,) = files(folder)
    whole = file.read_bytes()
    reader = Tombstones.open(folder)
    file.write_bytes(whole[:-5])
    assert reader.find(["kim"]) == {}
    with file.open("ab") as end:
        end.write(whole[-5:])
    assert reader.find(["kim"]) == {"kim": [KIM]}


async def test_after_a_failed_write_the_next_one_is_not_glued_to_half_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Tombstones.open(folder)
    await ledger.add([KIM])
    (file,) = files(folder)

    def half(descriptor: int) -> None:
        os.truncate(file, file.stat().st_size - 9)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", half)
        with pytest.raises(KeyFolderError, match="cannot be written"):
            await ledger.add([LEE])
    assert list(ledger.all()) == [KIM]
    await ledger.add([LEE])
    assert sorted(entry.pseudonym for entry in ledger.all()) == ["kim", "lee"]


@pytest.mark.parametrize("damage", [b"{}\n", b"\x00\x00\x00\n", b"[" * 5000 + b"\n"])
async def test_a_damaged_line_is_never_passed_over(folder: Path, damage: bytes) -> None:
    await Tombstones.open(folder).add([KIM])
    (file,) = files(folder)
    file.write_bytes(damage + file.read_bytes())
    ledger = Tombstones.open(folder)
    with pytest.raises(KeyFolderError, match="is damaged: restore it"):
        list(ledger.all())
    with pytest.raises(KeyFolderError, match="is damaged: restore it"):
        ledger.find(["kim"])
    with pytest.raises(KeyFolderError, match="is damaged: restore it"):
        await ledger.add([LEE])


async def test_a_file_that_was_replaced_by_a_shorter_one_is_read_anew(folder: Path) -> None:
    await Tombstones.open(folder).add([KIM, LEE])
    reader = Tombstones.open(folder)
    assert reader.find(["lee"]) == {"lee": [LEE]}
    (file,) = files(folder)
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    assert reader.find(["kim", "lee"]) == {"kim": [KIM]}


async def test_a_file_that_is_gone_is_forgotten(folder: Path) -> None:
    await Tombstones.open(folder).add([KIM])
    reader = Tombstones.open(folder)
    assert reader.find(["kim"]) == {"kim": [KIM]}
    files(folder)[0].unlink()
    assert reader.find(["kim"]) == {}


def test_only_the_owner_can_read_the_ledger(folder: Path) -> None:
    ledger = Tombstones.open(folder)
    asyncio.run(ledger.add([KIM]))
    ledger.count_restore()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_a_ledger_that_is_missing_is_reported_and_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(KeyFolderError, match=r"is missing: restore it.*`dsr init`"):
        Tombstones.open(tmp_path / "tombstones")
    assert list(tmp_path.iterdir()) == []


def test_restores_are_counted_across_processes(folder: Path) -> None:
    assert Tombstones.open(folder).restores().count == 0
    for expected in (1, 2):
        assert Tombstones.open(folder).count_restore().count == expected
    kept = Tombstones.open(folder).restores()
    assert kept.count == 2
    assert kept.last is not None
    assert abs(datetime.now(UTC) - kept.last) < timedelta(minutes=1)


def test_a_damaged_count_of_restores_is_not_taken_for_none(folder: Path) -> None:
    (folder / "restores.json").write_text("{")
    with pytest.raises(KeyFolderError, match=r"restores\.json is damaged"):
        Tombstones.open(folder).count_restore()
    assert (folder / "restores.json").read_text() == "{"
