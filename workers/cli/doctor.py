"""`dsr doctor`: can every server be reached, and what to do if not."""

from __future__ import annotations

import typer

from workers.cli.common import AsJson, run, show_json
from workers.doctor import Finding, examine
from workers.settings import Settings


def doctor(*, as_json: AsJson = False) -> None:
    """Check servers, versions, permissions, keys and data map; exits 1 where work cannot start."""
    findings = run(examine(Settings()))
    if as_json:
        show_json([_facts(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "ok  " if finding.ok else "FAIL" if finding.fatal else "warn"
            typer.echo(f"{mark}  {finding.what}: {finding.detail}")
            if finding.advice:
                typer.echo(f"      {finding.advice}")
    if any(finding.fatal and not finding.ok for finding in findings):
        raise typer.Exit(1)


def _facts(finding: Finding) -> dict[str, object]:
    return {
        "what": finding.what,
        "ok": finding.ok,
        "fatal": finding.fatal,
        "detail": finding.detail,
        "advice": finding.advice,
    }
