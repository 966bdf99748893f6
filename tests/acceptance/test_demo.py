"""`dsr demo` as a stranger runs it: by its command line alone, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import zipfile
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ASKED = [
    ("web", "correction", "self"),
    ("email", "correction", "self"),
    ("phone", "correction", "self"),
    ("post", "correction", "self"),
    ("web", "deletion", "self"),
    ("email", "access", "self"),
    ("email", "restriction", "self"),
    ("web", "objection", "self"),
    ("web", "inquiry", "self"),
    ("web", "correction", "guardian"),
]
TOLD = {
    ("web", "correction", "self"): {"hanbit-delivery", "dain-marketing"},
    ("email", "correction", "self"): {"dain-marketing"},
    ("phone", "correction", "self"): {"hanbit-delivery", "korea-pay"},
    ("web", "deletion", "self"): {"hanbit-delivery", "dain-marketing", "korea-pay"},
    ("email", "restriction", "self"): {"hanbit-delivery", "dain-marketing"},
    ("web", "objection", "self"): {"dain-marketing"},
    ("web", "correction", "guardian"): {"dain-marketing"},
}
"""Which third parties had received what it is about; of the other requests nobody is told."""
CONTACTS = {
    "minji.kim": {"acknowledgement", "challenge", "completion"},
    "seojun.lee": {"acknowledgement", "challenge", "completion"},
    "jihoo.park": {"challenge", "completion"},
    "yuna.choi": {"challenge", "completion"},
    "hayoon.jung": {"acknowledgement", "challenge", "completion"},
    "soyul.han": {"acknowledgement", "challenge", "completion", "download"},
    "doyun.kang": {"acknowledgement", "challenge", "completion"},
    "haeun.yoon": {"acknowledgement", "challenge", "completion"},
    "seowoo.lim": {"acknowledgement", "answer"},
    "jieun.oh": {"acknowledgement", "challenge", "completion"},
}
"""Whose mailbox is on file, and the mails that must have come there: for a child its mother's."""

pytestmark = pytest.mark.timeout(240)


async def start(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    """The demo with servers of its own in this folder, whatever this test run has set."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DSR_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "workers.cli", "demo", *arguments),
        cwd=folder,
        env={**inherited, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def left_in(folder: Path) -> list[str]:
    """Processes that mention the folder in their command or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in text:
            found.append(entry.name)
    return found


def names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def test_all_requests_are_completed_and_nothing_is_left(tmp_path: Path) -> None:
    out = tmp_path / "out"
    demo = await start(tmp_path, "--json", "--out", str(out))
    printed, progress = await demo.communicate()
    assert demo.returncode == 0, progress.decode()
    facts = json.loads(printed)
    assert facts["ok"] is True
    asked = [(one["channel"], one["kind"], one["relation"]) for one in facts["requests"]]
    assert asked == ASKED
    for one, request in zip(asked, facts["requests"], strict=True):
        assert set(request) == {
            *("tracking", "kind", "channel", "relation", "status", "seconds", "mails", "notices")
        }
        assert request["status"] == "completed"
        notices = {notice["recipient"]: notice for notice in request["notices"]}
        assert set(notices) == TOLD.get(one, set())
        for name, notice in notices.items():
            assert notice == {"recipient": name, "transport": "webhook", "status": "applied"}
    assert_mails_went_to_the_contact_on_file(out / "mails", facts["requests"])
    receipts = {file.stem: file for file in (out / "receipts").iterdir()}
    (certificate,) = (receipts.pop(name) for name in [*receipts] if "-certificate" in name)
    assert {*receipts} == {request["tracking"] for request in facts["requests"]}
    for receipt in receipts.values():
        assert json.loads(receipt.read_text())["status"] == "completed"
    (package,) = (out / "packages").iterdir()
    assert zipfile.ZipFile(package).namelist() == ["personal-data.html", "personal-data.json"]
    kept = {one["basis"]: one["documents"] for one in json.loads(certificate.read_text())["kept"]}
    assert kept.keys() >= {"payment", "access_logs"}, kept
    assert names_in(tmp_path) == ["out"]
    assert left_in(tmp_path) == []


def assert_mails_went_to_the_contact_on_file(folder: Path, requests: list[dict[str, Any]]) -> None:
    mails = [message_from_bytes(f.read_bytes(), policy=policy.default) for f in folder.iterdir()]
    came: dict[str, dict[str, str]] = {request["tracking"]: {} for request in requests}
    for mail in mails:
        purpose = mail["Message-ID"].partition(".")[2].partition("@")[0].partition("-")[0]
        came[mail["X-DSR-Tracking"]][purpose] = mail["Delivered-To"]
    for request, (name, purposes) in zip(requests, CONTACTS.items(), strict=True):
        assert came[request["tracking"]] == dict.fromkeys(purposes, f"{name}@mail.example")
        assert request["mails"] == len(purposes)


async def test_stopped_halfway_it_says_so_and_ends_what_it_started(tmp_path: Path) -> None:
    demo = await start(tmp_path)
    assert demo.stderr is not None
    assert b"servers are up" in await demo.stderr.readline()
    assert left_in(tmp_path)
    demo.send_signal(signal.SIGINT)
    await assert_it_fails_with(demo, "dsr: ended before it was done")
    assert names_in(tmp_path) == []
    assert left_in(tmp_path) == []


@pytest.mark.soak
async def test_a_worker_that_dies_ends_it_with_one_sentence(tmp_path: Path) -> None:
    demo = await start(tmp_path)
    assert demo.stderr is not None
    while b"members" not in (line := await demo.stderr.readline()):
        assert line, "it ended before it had members"
    (worker,) = [pid for pid in left_in(tmp_path) if command_of(pid).endswith("\0worker\0")]
    os.kill(int(worker), signal.SIGKILL)
    await assert_it_fails_with(demo, "dsr: worker ended before its time")
    assert names_in(tmp_path) == []
    assert left_in(tmp_path) == []


async def assert_it_fails_with(demo: asyncio.subprocess.Process, sentence: str) -> None:
    printed, complaint = await demo.communicate()
    assert demo.returncode == 1
    assert printed == b""
    assert complaint.decode().splitlines()[-1].startswith(sentence)
    assert b"Traceback" not in complaint


def command_of(pid: str) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()
