"""One mail from standard input to standard output, in a process with caps of its own.

Run as `python -m workers.channels.mailbox.reader [--head] [--border=NAME]`. Whatever a mail does to
a parser, it does it here: memory, processor time and files are limited before the first byte.
"""

from __future__ import annotations

import resource
import sys

MEMORY = 768 * 1024 * 1024
SECONDS = 10
LARGEST = 40 * 1024 * 1024


def main(arguments: list[str]) -> int:
    """0 and the mail as JSON; 1 and nothing where it cannot be read."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from workers.channels.mailbox import parsing  # noqa: PLC0415 - under the caps as well

    border = next((one.partition("=")[2] for one in arguments if one.startswith("--border=")), "")
    head = "--head" in arguments
    read = parsing.parse_head if head else parsing.parse
    raw = sys.stdin.buffer.read(parsing.LONGEST_HEAD if head else LARGEST + 1)
    if len(raw) > LARGEST:
        return 1
    try:
        mail = read(raw, border)
    except Exception:  # noqa: BLE001 - of what broke it nothing is told: it may hold a value
        return 1
    sys.stdout.buffer.write(mail.to_json())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
