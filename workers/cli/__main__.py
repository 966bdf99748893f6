"""`python -m workers.cli`: the command `dsr` where the package is not installed."""

from workers.cli import main

main()
