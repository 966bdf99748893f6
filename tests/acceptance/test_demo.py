"""`dsr demo` as a stranger runs it: by its command line alone, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import zipfile
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASKED = [
    *(("web", "correction"), ("email", "correction"), ("phone", "correction")),
    *(("post", "correction"), ("web", "deletion"), ("email", "access")),
]

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
    assert [(one["channel"], one["kind"]) for one in facts["requests"]] == ASKED
    for request in facts["requests"]:
        assert set(request) == {
            *("tracking", "kind", "channel", "relation", "status", "seconds", "mails", "notices")
        }
        assert (request["relation"], request["status"]) == ("self", "completed")
    told = {
        request["channel"]: {notice["recipient"]: notice for notice in request["notices"]}
        for request in facts["requests"]
        if request["kind"] == "correction"
    }
    assert {channel: set(notices) for channel, notices in told.items()} == {
        "web": {"hanbit-delivery", "dain-marketing"},
        "email": {"dain-marketing"},
        "phone": {"hanbit-delivery", "korea-pay"},
        "post": set(),
    }
    for notices in told.values():
        for name, notice in notices.items():
            assert notice == {"recipient": name, "transport": "webhook", "status": "applied"}
    assert_mails_went_to_the_contact_on_file(out / "mails", facts["requests"])
    (certificate,) = (out / "receipts").iterdir()
    (package,) = (out / "packages").iterdir()
    assert zipfile.ZipFile(package).namelist() == ["personal-data.html", "personal-data.json"]
    kept = {one["basis"]: one["documents"] for one in json.loads(certificate.read_text())["kept"]}
    assert kept.keys() >= {"payment", "access_logs"}, kept
    assert names_in(tmp_path) == ["out"]
    assert left_in(tmp_path) == []


def assert_mails_went_to_the_contact_on_file(
    folder: Path, requests: list[dict[str, object]]
) -> None:
    mails = [message_from_bytes(f.read_bytes(), policy=policy.default) for f in folder.iterdir()]
    to = {mail["X-DSR-Tracking"]: mail["Delivered-To"] for mail in mails}
    contacts = [to[request["tracking"]] for request in requests]
    names = ("minji.kim", "seojun.lee", "jihoo.park", "yuna.choi", "hayoon.jung", "soyul.han")
    assert contacts == [f"{name}@mail.example" for name in names]
    count = Counter(mail["X-DSR-Tracking"] for mail in mails)
    assert count == {request["tracking"]: request["mails"] for request in requests}


async def test_stopped_halfway_it_says_so_and_ends_what_it_started(tmp_path: Path) -> None:
    demo = await start(tmp_path)
    assert demo.stderr is not None
    assert b"servers are up" in await demo.stderr.readline()
    assert left_in(tmp_path)
    demo.send_signal(signal.SIGINT)
    await assert_it_fails_with(demo, "dsr: ended before it was done")
    assert names_in(tmp_path) == []
    assert left_in(tmp_path) == []


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
