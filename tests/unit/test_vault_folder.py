"""The key folder: made once, never overwritten, and honest about what is missing."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.errors import DsrError, KeyFolderBehind, KeyFolderError, KeyGone, SealBroken
from workers.adapters.vault import KeyFolder, KeyHolder, Wrapped
from workers.adapters.vault.files import create_file

NAME = "subject:member:5f1d"
DATA_KEY = bytes(range(32))
MASTER, FIRST, SECOND = (bytes([n]) * 32 for n in (1, 2, 3))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    KeyFolder.create(path)
    return path


def contents(path: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()
    }


def test_a_new_folder_holds_a_master_key_an_epoch_and_a_manifest(folder: Path) -> None:
    made = contents(folder)
    assert made.keys() == {"master.key", "epochs/000001.key", "manifest.json"}
    assert len(made["master.key"]) == len(made["epochs/000001.key"]) == 32
    assert made["master.key"] != made["epochs/000001.key"]
    for key in (made["master.key"], made["epochs/000001.key"]):
        assert key.hex() not in made["manifest.json"].decode()


def test_only_the_owner_can_read_the_keys(folder: Path) -> None:
    for file in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(file.stat().st_mode) == (0o700 if file.is_dir() else 0o600)


def test_creating_again_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    KeyFolder.create(folder)
    assert contents(folder) == before


def test_many_processes_that_create_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    with ThreadPoolExecutor(16) as pool:
        holders = list(pool.map(lambda _: KeyFolder.create(path), range(64)))
    assert len({holder.derive("pseudonym") for holder in holders}) == 1
    wrapped = holders[0].wrap(DATA_KEY, NAME)
    assert all(holder.unwrap(wrapped, NAME) == DATA_KEY for holder in holders)
    assert contents(path).keys() == {"master.key", "epochs/000001.key", "manifest.json"}


@pytest.mark.parametrize("made_before_the_crash", [["master.key"], ["master.key", "epochs"]])
def test_a_creation_that_was_cut_off_is_finished(
    folder: Path, made_before_the_crash: list[str]
) -> None:
    before = contents(folder)
    (folder / "manifest.json").unlink()
    if "epochs" not in made_before_the_crash:
        (folder / "epochs" / "000001.key").unlink()
    KeyFolder.create(folder)
    assert contents(folder)["master.key"] == before["master.key"]
    KeyFolder.open(folder)


@pytest.mark.parametrize("lost", ["master.key", "epochs/000001.key"])
def test_a_lost_key_is_reported_and_never_made_anew(folder: Path, lost: str) -> None:
    (folder / lost).unlink()
    for attempt in (KeyFolder.open, KeyFolder.create):
        with pytest.raises(KeyFolderError, match="is missing"):
            attempt(folder)
    assert not (folder / lost).exists()


@pytest.mark.parametrize("left", ["epochs/000001.key", "epochs/000002.key"])
def test_epochs_without_their_master_or_manifest_are_not_completed(folder: Path, left: str) -> None:
    (folder / "manifest.json").unlink()
    (folder / "master.key").unlink()
    (folder / "epochs" / "000001.key").rename(folder / left)
    with pytest.raises(KeyFolderError, match="some keys, but not all"):
        KeyFolder.create(folder)
    assert contents(folder).keys() == {left}


def test_a_folder_that_does_not_exist_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyFolderError, match=r"is missing: run `dsr init`, or set DSR_KEYS"):
        KeyFolder.open(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", ["master.key", "epochs/000001.key"])
@pytest.mark.parametrize("content", [b"", b"\x00" * 31, b"\x00" * 32, b"\x00" * 33])
def test_another_key_in_the_place_of_ours_is_noticed(
    folder: Path, file: str, content: bytes
) -> None:
    (folder / file).write_bytes(content)
    with pytest.raises(KeyFolderError, match=r"is damaged|is not the key"):
        KeyFolder.open(folder)


def test_two_keys_that_changed_places_are_noticed(folder: Path) -> None:
    made = contents(folder)
    (folder / "master.key").write_bytes(made["epochs/000001.key"])
    (folder / "epochs" / "000001.key").write_bytes(made["master.key"])
    with pytest.raises(KeyFolderError, match="is not the key"):
        KeyFolder.open(folder)


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        "{}",
        "nonsense",
        '{"format": 1, "master": "", "epochs": {}}',
        '{"format": 1, "master": null, "epochs": {"1": ""}}',
        '{"format": 1, "master": "", "epochs": {"../1": ""}}',
        '{"format": 1, "master": "", "epochs": {"0": ""}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_manifest_is_refused_with_a_sentence(folder: Path, manifest: str) -> None:
    (folder / "manifest.json").write_text(manifest)
    for attempt in (KeyFolder.open, KeyFolder.create):
        with pytest.raises(KeyFolderError, match=r"manifest\.json is damaged"):
            attempt(folder)


def test_a_manifest_of_a_newer_format_is_not_guessed_at(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": 2}))
    with pytest.raises(KeyFolderError, match="another format"):
        KeyFolder.open(folder)


def test_a_place_that_cannot_be_written_is_reported_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(KeyFolderError, match="cannot be written"):
        KeyFolder.create(tmp_path / "file" / "keys")


def test_an_epoch_that_the_manifest_does_not_list_is_not_used(folder: Path) -> None:
    (folder / "epochs" / "000002.key").write_bytes(SECOND)
    assert KeyFolder.open(folder).current_epoch == 1


def test_a_file_that_exists_is_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    assert create_file(file, b"first")
    assert not create_file(file, b"second")
    assert file.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [file]


def test_a_data_key_comes_back_after_a_restart(folder: Path) -> None:
    wrapped = KeyFolder.open(folder).wrap(DATA_KEY, NAME)
    assert DATA_KEY not in wrapped.sealed
    assert KeyFolder.open(folder).unwrap(wrapped, NAME) == DATA_KEY


def test_new_keys_are_wrapped_under_the_newest_epoch_and_old_ones_still_open() -> None:
    before: KeyHolder = KeyFolder(MASTER, {1: FIRST})
    after: KeyHolder = KeyFolder(MASTER, {1: FIRST, 2: SECOND})
    old, new = before.wrap(DATA_KEY, NAME), after.wrap(DATA_KEY, NAME)
    assert (old.epoch, new.epoch) == (1, 2)
    assert after.unwrap(old, NAME) == after.unwrap(new, NAME) == DATA_KEY


def test_a_destroyed_epoch_opens_nothing_any_more() -> None:
    old = KeyFolder(MASTER, {1: FIRST}).wrap(DATA_KEY, NAME)
    with pytest.raises(KeyGone):
        KeyFolder(MASTER, {2: SECOND}).unwrap(old, NAME)


def test_a_worker_with_an_outdated_folder_says_so_and_does_not_call_the_key_gone() -> None:
    new = KeyFolder(MASTER, {1: FIRST, 2: SECOND}).wrap(DATA_KEY, NAME)
    with pytest.raises(KeyFolderBehind, match="current folder") as raised:
        KeyFolder(MASTER, {1: FIRST}).unwrap(new, NAME)
    assert raised.value.retryable


def broken(holder: KeyFolder, wrapped: Wrapped, name: str) -> type[DsrError]:
    with pytest.raises(DsrError) as raised:
        holder.unwrap(wrapped, name)
    return raised.type


def test_a_wrapped_key_is_bound_to_its_name_and_its_epoch() -> None:
    holder = KeyFolder(MASTER, {1: FIRST, 2: FIRST})
    wrapped = holder.wrap(DATA_KEY, NAME)
    assert broken(holder, wrapped, "subject:member:5f1e") is SealBroken
    assert broken(holder, Wrapped(1, wrapped.sealed), NAME) is SealBroken


def test_an_altered_wrapped_key_never_opens() -> None:
    holder = KeyFolder(MASTER, {1: FIRST})
    sealed = holder.wrap(DATA_KEY, NAME).sealed
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        assert broken(holder, Wrapped(1, bytes(altered)), NAME) is SealBroken
        assert broken(holder, Wrapped(1, sealed[:place]), NAME) is SealBroken


def test_each_purpose_has_a_key_of_its_own_that_stays_the_same(folder: Path) -> None:
    holder = KeyFolder.open(folder)
    keys = {holder.derive(purpose) for purpose in ("code", "link", "pseudonym", "")}
    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)
    assert KeyFolder.open(folder).derive("code") == holder.derive("code")
    assert KeyFolder(SECOND, {1: FIRST}).derive("code") not in keys


def test_a_folder_never_shows_its_keys() -> None:
    holder = KeyFolder(MASTER, {1: FIRST})
    assert repr(MASTER) not in repr(holder)
    assert MASTER.hex() not in repr(holder)
