"""A clean Debian root instead of a container engine: steps run in it, then processes.

What an engine would do is done with the kernel's own means: own mounts, own process numbers, no
capabilities. The network is the machine's own, and there are no limits on memory or processors.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.image.dockerfile import Stage, assignments

CERTIFICATES = "run/pip-certificates.crt"
"""Where the machine's own are while a step runs; in their usual place they would be in the way of
the package that brings them."""
BUILT_AS = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
NOT_IN_SLIM = (
    *("usr/share/doc/*", "usr/share/man/*", "usr/share/info/*", "usr/share/locale/*"),
    *("var/cache/apt/*", "var/lib/apt/lists/*"),
)
DEVICES = ("null", "zero", "full", "random", "urandom")

IN_OWN_MOUNTS = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--")


def debootstrap(packed: Path) -> None:
    """What `debian:SUITE-slim` is made of, the minimal variant without its papers, as SUITE.tar."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        run("debootstrap", "--variant=minbase", packed.stem, str(root))
        left_out = [f"--exclude=./{name}" for name in NOT_IN_SLIM]
        run("tar", "--create", f"--file={packed}.part", f"--directory={root}", *left_out, ".")
    packed.with_suffix(".tar.part").rename(packed)


def unpack(packed: Path, root: Path) -> None:
    """A fresh root."""
    root.mkdir()
    run("tar", "--extract", f"--file={packed}", f"--directory={root}")


def build(stage: Stage, root: Path, sources: Mapping[str, Path]) -> dict[str, float]:
    """Carry out every step of a stage; `sources`: the context as "", earlier stages by name.

    Returns the seconds of each step.
    """
    environment, folder = dict(BUILT_AS), "/"
    took: dict[str, float] = {}
    for number, step in enumerate(stage.steps):
        began = time.monotonic()
        if step.word == "WORKDIR":
            folder = step.rest
            _inside(root, folder).mkdir(parents=True, exist_ok=True)
        elif step.word == "ENV":
            environment |= assignments(step.rest)
        elif step.word == "COPY":
            _copy(step.rest, root, folder, sources)
        else:
            _run(step.rest, root, folder, environment)
        took[f"{number} {step.word} {step.rest[:50]}"] = time.monotonic() - began
    return took


@dataclass(frozen=True, slots=True)
class Container:
    """How the image is run: read-only root, tmpfs on /tmp, its user, no capabilities.

    `volumes`: folders of the machine by their place in the root, writable.
    """

    stage: Stage
    root: Path
    volumes: Mapping[str, Path]
    settings: Mapping[str, str]

    def start(self, *command: str, log: Path) -> subprocess.Popen[bytes]:
        """The entry point with this command, or the image's own where there is none."""
        words = [*self.stage.command("ENTRYPOINT"), *(command or self.stage.command("CMD"))]
        return self._start(words, log)

    def ask(self, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of `dsr` to its end."""
        words = [*self.stage.command("ENTRYPOINT"), *command]
        return self._ask(words, given)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run anything else of the image to its end, as `docker exec` would."""
        return self._ask(words, "")

    def _start(self, words: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as out:
            return subprocess.Popen(self._line(words), stdout=out, stderr=out, env=_clean())

    def _ask(self, words: Sequence[str], given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._line(words),
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=_clean(),
        )

    def _line(self, words: Sequence[str]) -> list[str]:
        root, user = shlex.quote(str(self.root)), self.stage.settings["USER"]
        number, _, group = user.partition(":")
        environment = self.stage.environment() | dict(self.settings)
        drop = (
            f"setpriv --reuid={number} --regid={group} --clear-groups --no-new-privs"
            " --bounding-set=-all --inh-caps=-all --"
        )
        script = [
            "set -e",
            f"mount --bind {root} {root}",
            f"mount -t proc proc {root}/proc",
            f"mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs {root}/tmp",  # noqa: S108 - the root's own
            *_devices(root),
            *(f"mount --bind {shlex.quote(str(at))} {root}{to}" for to, at in self.volumes.items()),
            f"mount -o remount,bind,ro {root}",
            f"exec chroot {root} {drop} {_as_only(environment, self.stage.folder())} "
            + shlex.join(words),
        ]
        return [*IN_OWN_MOUNTS, "sh", "-c", "\n".join(script)]


def first_process(started: subprocess.Popen[bytes]) -> int:
    """The number, outside, of the process that is 1 inside: it gets the signals."""
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
    assert len(children) == 1, f"unshare has {len(children)} children"
    return int(children[0])


def run(*words: str) -> None:
    """Run to a good end, or fail with what it said."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(words)[:300]}\n{(done.stdout + done.stderr)[-3000:]}"


def _run(command: str, root: Path, folder: str, environment: Mapping[str, str]) -> None:
    """A RUN step, as root, with the machine's way to package registries."""
    inside = shlex.quote(str(root))
    script = [
        "set -e",
        f"mount -t proc proc {inside}/proc",
        *_devices(inside),
        f"mount --bind /etc/resolv.conf {inside}/etc/resolv.conf",
    ]
    ways = {
        name: value
        for name, value in os.environ.items()
        if name.lower().endswith("_proxy") or name in {"PIP_INDEX_URL", "PIP_CERT"}
    }
    if certificates := os.environ.get("PIP_CERT"):
        (root / CERTIFICATES).touch()
        script.append(f"mount --bind {shlex.quote(certificates)} {inside}/{CERTIFICATES}")
        ways["PIP_CERT"] = f"/{CERTIFICATES}"
    ways["DEBIAN_FRONTEND"] = "noninteractive"
    alone = _as_only({**environment, **ways}, folder)
    script.append(f"exec chroot {inside} {alone} sh -c {shlex.quote(command)}")
    (root / "etc/resolv.conf").touch()
    run(*IN_OWN_MOUNTS, "sh", "-c", "\n".join(script))
    (root / CERTIFICATES).unlink(missing_ok=True)


def _copy(rest: str, root: Path, folder: str, sources: Mapping[str, Path]) -> None:
    words = rest.split()
    origin = sources[""]
    if words[0].startswith("--from="):
        origin = sources[words.pop(0).removeprefix("--from=")]
    *names, last = words
    target = _inside(root, last if last.startswith("/") else f"{folder}/{last}")
    if last.endswith("/"):
        target.mkdir(parents=True, exist_ok=True)
    for name in names:
        source = origin / name.lstrip("/")
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)


def _inside(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _devices(root: str) -> list[str]:
    """The few devices that every container has, of the machine's own."""
    return [
        f"mount -t tmpfs -o mode=755,nosuid tmpfs {root}/dev",
        *(f": >{root}/dev/{one}; mount --bind /dev/{one} {root}/dev/{one}" for one in DEVICES),
        f"ln -s /proc/self/fd {root}/dev/fd",
    ]


def _as_only(environment: Mapping[str, str], folder: str) -> str:
    named = shlex.join(f"{name}={value}" for name, value in environment.items())
    return f"env --ignore-environment --chdir={folder} {named}"


def _clean() -> dict[str, str]:
    return {"PATH": os.environ["PATH"]}


def told(timings: Mapping[str, float]) -> str:
    """The seconds of each step, for whoever runs this by hand."""
    return json.dumps({step: round(seconds, 1) for step, seconds in timings.items()}, indent=1)
