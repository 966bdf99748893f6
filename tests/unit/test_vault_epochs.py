"""Epochs come and go in a key folder: whatever is cut off, all that the manifest lists is there."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.errors import KeyFolderError, KeyGone
from workers.adapters.vault import FolderEpochs, KeyFolder
from workers.adapters.vault.files import replace_file

NAME = "subject:member:5f1d"
DATA_KEY = bytes(range(32))
STEPS: tuple[Callable[[FolderEpochs], object], ...] = (
    lambda epochs: epochs.make(),
    lambda epochs: epochs.admit(2),
    lambda epochs: epochs.retire(2),
    lambda epochs: epochs.destroy(2),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    KeyFolder.create(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def rolled(folder: Path) -> Path:
    """The folder after a whole rollover."""
    for step in STEPS:
        step(FolderEpochs(folder))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_a_rollover_leaves_the_new_key_alone_and_the_master_as_it_was(folder: Path) -> None:
    before = contents(folder)
    for step in STEPS:
        step(FolderEpochs(folder))
    after = contents(folder)
    assert after.keys() == {"master.key", "manifest.json", "epochs/000002.key"}
    assert after["master.key"] == before["master.key"]
    assert after["epochs/000002.key"] != before["epochs/000001.key"]
    assert before["epochs/000001.key"] not in after.values()


@pytest.mark.parametrize("done", range(len(STEPS) + 1))
def test_after_every_step_the_folder_opens_and_each_step_can_be_done_again(
    folder: Path, done: int
) -> None:
    for step in STEPS[:done]:
        step(FolderEpochs(folder))
        once = contents(folder)
        step(FolderEpochs(folder))
        assert contents(folder) == once
    expected = 1 if done < 2 else 2
    assert KeyFolder.open(folder).current_epoch == expected


@pytest.mark.parametrize("done", range(len(STEPS)))
def test_a_rollover_that_was_cut_off_is_finished_under_the_same_epoch(
    folder: Path, done: int
) -> None:
    for step in STEPS[:done]:
        step(FolderEpochs(folder))
    made = contents(folder).get("epochs/000002.key")
    epochs = FolderEpochs(folder)
    assert epochs.make() == 2
    epochs.admit(2)
    epochs.retire(2)
    assert epochs.destroy(2) == (1,)
    after = contents(folder)
    assert after.keys() == {"master.key", "manifest.json", "epochs/000002.key"}
    assert made in (None, after["epochs/000002.key"])


def test_the_next_rollover_makes_the_next_epoch(rolled: Path) -> None:
    assert FolderEpochs(rolled).make() == 3


def test_both_epochs_open_until_the_old_one_is_retired(folder: Path) -> None:
    old = KeyFolder.open(folder).wrap(DATA_KEY, NAME)
    epochs = FolderEpochs(folder)
    epochs.admit(epochs.make())
    holder = KeyFolder.open(folder)
    new = holder.wrap(DATA_KEY, NAME)
    assert (old.epoch, new.epoch) == (1, 2)
    assert holder.unwrap(old, NAME) == holder.unwrap(new, NAME) == DATA_KEY
    epochs.retire(2)
    holder.reload()
    assert holder.unwrap(new, NAME) == DATA_KEY
    with pytest.raises(KeyGone):
        holder.unwrap(old, NAME)


def test_second_names_of_a_destroyed_key_are_destroyed_with_it(folder: Path) -> None:
    for step in STEPS[:3]:
        step(FolderEpochs(folder))
    old = folder / "epochs" / "000001.key"
    key = old.read_bytes()
    os.link(old, folder / "epochs" / ".new-0123456789abcdef")
    (folder / ".new-fedcba9876543210").write_bytes(key)
    FolderEpochs(folder).destroy(2)
    assert key not in contents(folder).values()


def test_readers_never_meet_half_of_a_rollover(folder: Path) -> None:
    over = threading.Event()

    def read() -> set[int]:
        seen = set()
        while not over.is_set():
            seen.add(KeyFolder.open(folder).current_epoch)
        return seen

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for _ in range(20):
                epochs = FolderEpochs(folder)
                number = epochs.make()
                epochs.admit(number)
                epochs.retire(number)
                epochs.destroy(number)
        finally:
            over.set()
        assert all(len(reader.result()) > 1 for reader in readers)


def hold(folder: Path, held: threading.Event) -> None:
    with FolderEpochs(folder).lock():
        held.set()
        threading.Event().wait()


def test_two_rollovers_at_once_are_refused_and_a_killed_one_is_not_waited_for(
    folder: Path,
) -> None:
    context = multiprocessing.get_context("fork")
    held = context.Event()
    other = context.Process(target=hold, args=(folder, held))
    other.start()
    try:
        assert held.wait(30)
        with (
            pytest.raises(KeyFolderError, match="under way already"),
            FolderEpochs(folder).lock(),
        ):
            pass
    finally:
        other.kill()
        other.join()
    with FolderEpochs(folder).lock():
        pass


@pytest.mark.parametrize("lost", ["manifest.json", "master.key", "epochs/000002.key"])
def test_a_file_lost_after_a_rollover_is_reported_and_never_made_anew(
    rolled: Path, lost: str
) -> None:
    (rolled / lost).unlink()
    before = contents(rolled)
    for attempt in (KeyFolder.open, KeyFolder.create):
        with pytest.raises(KeyFolderError, match=r"is missing|some keys, but not all"):
            attempt(rolled)
    with pytest.raises(KeyFolderError):
        FolderEpochs(rolled).admit(3)
    assert contents(rolled) == before


@pytest.mark.parametrize("content", [b"", b"\x00" * 31, b"\x00" * 32])
def test_another_key_in_the_place_of_the_new_epochs_is_noticed(
    rolled: Path, content: bytes
) -> None:
    (rolled / "epochs" / "000002.key").write_bytes(content)
    with pytest.raises(KeyFolderError, match=r"is damaged|is not the key"):
        KeyFolder.open(rolled)


def test_epochs_that_changed_places_are_noticed(folder: Path) -> None:
    for step in STEPS[:2]:
        step(FolderEpochs(folder))
    one, two = (folder / "epochs" / f"00000{n}.key" for n in (1, 2))
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    with pytest.raises(KeyFolderError, match="is not the key"):
        KeyFolder.open(folder)


def test_a_manifest_that_lists_what_was_destroyed_is_refused(folder: Path) -> None:
    old = (folder / "manifest.json").read_bytes()
    for step in STEPS:
        step(FolderEpochs(folder))
    (folder / "manifest.json").write_bytes(old)
    with pytest.raises(KeyFolderError, match=r"000001\.key is missing"):
        KeyFolder.open(folder)


def test_a_worker_does_not_take_over_the_keys_of_another_folder(
    folder: Path, tmp_path: Path
) -> None:
    holder = KeyFolder.open(folder)
    KeyFolder.create(tmp_path / "other")
    for name, content in contents(tmp_path / "other").items():
        (folder / name).write_bytes(content)
    with pytest.raises(KeyFolderError, match="another key folder now"):
        holder.reload()


def test_a_manifest_is_replaced_whole_and_keeps_its_mode(folder: Path) -> None:
    FolderEpochs(folder).make()
    FolderEpochs(folder).admit(2)
    file = folder / "manifest.json"
    assert json.loads(file.read_bytes())["epochs"].keys() == {"1", "2"}
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_replaced_stays_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(folder)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFolderError, match="cannot be written"):
        replace_file(folder / "manifest.json", b"{}")
    assert contents(folder) == before
