"""`dsr serve`: the embedded default, kept up."""

from __future__ import annotations


def serve() -> None:
    """Keep servers, workers and a sample company up until Ctrl-C; prints where they are."""
    from workers.local import serve as program

    program.run()
