"""The image's steps and entry commands in a clean root, as a container would run them.

Not an engine: layers, image format and the registry are not tried; the network is the machine's.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.cast import submission_content
from tests.conftest import Names
from tests.image.dockerfile import context, read
from tests.image.root import Container, build, debootstrap, first_process, told, unpack
from tests.post_office import free_port
from workers import wiring
from workers.local.stack import Stack
from workers.runtime.worker import GRACE

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/Dockerfile"
USER = 10001
LOGINS = ("DSR_AMQP_URL", "DSR_MONGO_URL")
"""What each role has of its own."""
LONGEST_START = 60.0

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts and chroot are for root"),
    pytest.mark.skipif(not shutil.which("debootstrap"), reason="debootstrap is not installed"),
]


@dataclass
class House:
    """What runs in the image, on the test's own servers."""

    container: Container
    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, role: str, *command: str) -> tuple[subprocess.Popen[bytes], Path]:
        log = self.folder / f"{'-'.join(command) or 'default'}.log"
        started = self.as_(role).start(*command, log=log)
        self.running.append(started)
        return started, log

    def as_(self, role: str) -> Container:
        """The same, with what this role logs in with."""
        settings = {**self.container.settings, "DSR_SECRETS_DIR": f"/run/dsr/{role}"}
        return replace(self.container, settings=settings)


@pytest.fixture(scope="module")
def base(pytestconfig: pytest.Config) -> Path:
    """A clean root, packed: made once and kept in pytest's cache."""
    suite = {one.base.removeprefix("debian:").removesuffix("-slim") for one in read(DOCKERFILE)}
    assert len(suite) == 1, "one base for all stages"
    packed = pytestconfig.cache.mkdir("image") / f"{suite.pop()}.tar"
    if not packed.exists():
        debootstrap(packed)
    return packed


@pytest.fixture(scope="module")
def image(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of the last stage, with every step of the Dockerfile done."""
    folder = tmp_path_factory.mktemp("image")
    stages = read(DOCKERFILE)
    timings: dict[str, float] = {}
    for path in context(ROOT, ROOT / "deploy/Dockerfile.dockerignore"):
        (folder / "context" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / "context" / path)
    roots = {"": folder / "context"}
    for stage in stages:
        roots[stage.name] = folder / stage.name
        unpack(base, roots[stage.name])
        for step, seconds in build(stage, roots[stage.name], roots).items():
            timings[f"{stage.name} {step}"] = seconds
    final = roots[stages[-1].name]
    for part in ("", "opt/dsr"):
        timings[f"MB of /{part}"] = (
            sum(one.lstat().st_size for one in (final / part).rglob("*")) / 1e6
        )
    sys.stderr.write(told(timings) + "\n")
    return final


@pytest.fixture
async def house(image: Path, names: Names, stack: Stack, tmp_path: Path) -> AsyncIterator[House]:
    """An empty key folder, a database and broker that know nothing yet, and users of every role.

    Made in the image by an administrator. The broker holds each to its rights; the database, which
    asks nobody for a password, only lets them in with the right one.
    """
    stage = read(DOCKERFILE)[-1]
    volumes = {
        "/var/lib/dsr/keys": tmp_path / "keys",
        "/var/lib/dsr/secrets": tmp_path / "secrets",
        "/run/dsr": tmp_path / "users",
    }
    role = tmp_path / "users/admin"
    role.mkdir(parents=True)
    for name, value in names.env().items():
        if name in LOGINS:
            (role / name).write_text(value)
            (role / name).chmod(0o600)
    for folder in volumes.values():
        folder.mkdir(exist_ok=True)
        for file in (folder, *folder.rglob("*")):
            os.chown(file, USER, USER)
    settings = {name: value for name, value in names.env().items() if name not in LOGINS}
    ports = {"DSR_WEB_PORT": free_port(), "DSR_METRICS_PORT": free_port()}
    settings |= {name: str(port) for name, port in ports.items()}
    made = House(Container(stage, image, volumes, settings), tmp_path)
    asked = asyncio.to_thread(made.as_("admin").ask, "init", "--with-users", "/run/dsr")
    changes = good(await asked)
    assert "dsr.registration" in changes
    assert "file worker/DSR_MONGO_URL" in changes
    users = tmp_path / "users" / wiring.IMPORT
    await stack.rabbit.ctl("import_definitions", str(users))
    yield made
    for started in made.running:
        started.kill()
        started.wait()


def test_a_container_works_and_drains_without_any_right(house: House) -> None:
    container = house.as_("operator")
    assert "Usage" in good(container.ask("--help"))
    refused = container.run(
        "sh", "-c", "id -u; touch /opt/dsr/x /etc/x /var/lib/dsr/x; touch /tmp/x"
    )
    assert refused.stdout.split() == [str(USER)]
    assert refused.stderr.count("Read-only file system") == 3
    assert refused.returncode == 0

    assert "nothing" in good(house.as_("init").ask("init"))
    for recipient in ("hanbit-delivery", "dain-marketing", "korea-pay"):
        good(container.ask("recipient", "secrets", recipient))
    wrong = [
        one for one in json.loads(good(house.as_("doctor").ask("doctor", "--json"))) if one["fatal"]
    ]
    assert [one for one in wrong if not one["ok"]] == []

    worker, log = house.start("worker", "worker")
    wait(lambda: healthy(container, "DSR_METRICS_PORT", "/readyz"), log)
    assert healthy(container, "DSR_METRICS_PORT")
    inside = first_process(worker)
    assert rights_of(inside)["Uid"].split() == [str(USER)] * 4
    assert int(rights_of(inside)["CapEff"], 16) == int(rights_of(inside)["CapBnd"], 16) == 0
    assert rights_of(inside)["NoNewPrivs"] == "1"
    submission = json.dumps(submission_content())
    web = house.as_("channel-web")
    assert "DSR-" in good(web.ask("submit", "-", given=submission))

    began = time.monotonic()
    os.kill(inside, signal.SIGTERM)
    assert worker.wait(timeout=2 * GRACE + 10) == 0, log.read_text()
    assert '"worker_stopped"' in log.read_text()
    assert not healthy(container, "DSR_METRICS_PORT"), "the check calls a dead process healthy"
    sys.stderr.write(f"drained in {time.monotonic() - began:.2f} s\n")


def test_the_pages_are_served_and_end_as_asked(house: House) -> None:
    good(house.as_("init").ask("init"))
    web, log = house.start("web", "web")
    wait(lambda: healthy(house.container, "DSR_WEB_PORT", "/readyz"), log)
    port = house.container.settings["DSR_WEB_PORT"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
        assert page.status == 200
    os.kill(first_process(web), signal.SIGTERM)
    assert web.wait(timeout=30) == 0, log.read_text()


def healthy(container: Container, setting: str, *path: str) -> bool:
    """What the image's own health check says of the process on this port."""
    *check, _ = container.stage.command("HEALTHCHECK")
    return not container.run(*check, container.settings[setting], *path).returncode


def good(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed, once it ended well."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rights_of(process: int) -> dict[str, str]:
    """The kernel's own word on a process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def wait(reached: Callable[[], bool], log: Path) -> None:
    """Until it is so, or for a minute."""
    end = time.monotonic() + LONGEST_START
    while not reached():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)
