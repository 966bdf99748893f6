"""What is written about telemetry, and what is built on it, names what there is, no more."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workers.adapters.telemetry.metrics import FIGURES, WAITS, WORK, Figure
from workers.adapters.telemetry.traces import ATTRIBUTES, SPANS

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "telemetry.md"
OBSERVABILITY = ROOT / "deploy" / "observability"
RULES = OBSERVABILITY / "prometheus" / "rules.yaml"
DASHBOARDS = sorted((OBSERVABILITY / "grafana" / "dashboards").glob("*.json"))
OF_PROCESSES = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
"""Those of the client library that the dashboards use."""


def section(name: str) -> str:
    found = re.search(rf"<!-- {name}: .*?-->\n(.*?)<!-- end -->", DOCUMENT.read_text(), re.DOTALL)
    assert found, name
    return found[1]


def figures(listed: dict[str, Figure]) -> str:
    rows = [
        f"| `{name}` | {one.kind} | {', '.join(one.labels)} | {one.says} |"
        for name, one in listed.items()
    ]
    return "\n".join(
        ["| figure | kind | labels | what it says |", "| --- | --- | --- | --- |", *rows]
    )


def spans() -> str:
    rows = [f"| `{name}` | {says} |" for name, says in SPANS.items()]
    return "\n".join(["| span | what it is |", "| --- | --- |", *rows])


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("work", figures(dict(WORK))),
        ("waits", figures(dict(WAITS))),
        ("spans", spans()),
        ("attributes", ", ".join(f"`{name}`" for name in sorted(ATTRIBUTES))),
    ],
)
def test_the_document_lists_all_that_there_is(name: str, table: str) -> None:
    assert " ".join(section(name).split()) == " ".join(table.split())


def exported() -> set[str]:
    """Every name of a series that a process can show."""
    names = set(OF_PROCESSES)
    for name, figure in FIGURES.items():
        parts = ("_bucket", "_count", "_sum") if figure.kind == "histogram" else ("",)
        names |= {name + part for part in parts}
    return names


def asked(expression: str) -> set[str]:
    """Names of series in a PromQL expression."""
    return set(re.findall(r"\b(?:dsr|process)_[a-z0-9_]+", expression))


def expressions(node: Any) -> Iterator[str]:
    """Every PromQL expression of a dashboard."""
    if isinstance(node, dict):
        if isinstance(node.get("expr"), str):
            yield node["expr"]
        for value in node.values():
            yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)


def labels(expression: str) -> Iterator[tuple[set[str], set[str]]]:
    """Per selector with braces: the series, and the labels that it is chosen by."""
    for name, chosen in re.findall(r"\b(dsr_[a-z0-9_]+)\{([^}]*)\}", expression):
        yield {name}, set(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", chosen))


def test_every_figure_in_the_dashboards_is_exported() -> None:
    assert len(DASHBOARDS) == 2
    for file in DASHBOARDS:
        found = list(expressions(json.loads(file.read_text())))
        assert found
        for expression in found:
            assert asked(expression), expression
            assert asked(expression) <= exported(), expression


def test_every_figure_in_the_rules_is_exported_and_what_matters_has_a_rule() -> None:
    rules = RULES.read_text()
    named = asked(rules) - {"dsr_worker"}
    assert named <= exported()
    assert {
        "dsr_queue_age_seconds_bucket", "dsr_stage_seconds_bucket", "dsr_outbox_age_seconds",
        "dsr_deadlines_at_risk", "dsr_deadlines_late", "dsr_notices_open", "dsr_parked_messages",
        "dsr_unreachable_contacts", "dsr_key_epoch_age_seconds", "dsr_requests_disowned",
        "dsr_log_behind_seconds",
    } <= named  # fmt: skip


def test_what_series_are_chosen_by_are_their_labels() -> None:
    texts = [RULES.read_text(), *(file.read_text().replace('\\"', '"') for file in DASHBOARDS)]
    found = [pair for text in texts for pair in labels(text)]
    assert found
    for (name,), chosen in found:
        known = next(f for n, f in FIGURES.items() if name.startswith(n))
        assert chosen <= {*known.labels, "le"}, name


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("promtool")
    assert tool, "`make test` installs it"
    return subprocess.run(
        [tool, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_rules_alarm_when_they_should() -> None:
    for command in (("check", "rules", RULES), ("test", "rules", RULES.with_suffix(".test.yaml"))):
        done = promtool(*map(str, command))
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_expression_of_the_dashboards_is_promql(tmp_path: Path) -> None:
    found = {
        expression.replace("$__rate_interval", "5m")
        for file in DASHBOARDS
        for expression in expressions(json.loads(file.read_text()))
    }
    rules = [
        {"record": f"one:{number}", "expr": expression}
        for number, expression in enumerate(sorted(found))
    ]
    file = tmp_path / "dashboards.yaml"
    file.write_text(json.dumps({"groups": [{"name": "dashboards", "rules": rules}]}))
    done = promtool("check", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
