"""`dsr demo`: the main job on the embedded servers, played from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workers.cli.common import AsJson, show_json

Out = Annotated[
    Path | None,
    typer.Option("--out", help="Keep what came out in this folder.", file_okay=False),
]


def demo(*, as_json: AsJson = False, out: Out = None) -> None:
    """One request of each kind in a company of 500, from the person's word to the last mail."""
    from workers.local.demo import play, telling

    progress = telling.Progress()
    done = play.run(play.play(progress, out))
    facts = done.as_json()
    if as_json:
        show_json(facts)
    else:
        telling.show(done, progress.seconds)
    if not facts["ok"]:
        raise typer.Exit(1)
