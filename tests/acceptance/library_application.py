"""The library's own application: writes to its documents without end, and counts what it wrote.

    python -m tests.acceptance.library_application MONGO_URL DATABASE PATRONS

Ends at SIGTERM; prints what it wrote, each write having been acknowledged, as JSON.
"""

from __future__ import annotations

import itertools
import json
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from pymongo import MongoClient

SEED = 20261122


def main() -> None:
    """Write until told to end."""
    url, database, patrons = sys.argv[1:]
    library = MongoClient[dict[str, Any]](url)[database]
    random, written = Random(SEED), Counter[str]()
    over: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: over.append(number))
    for turn in itertools.count():
        number = random.randint(1, int(patrons))
        key = f"reader{number}@mail.example"
        library["patrons"].update_one({"_id": key}, {"$inc": {"points": 1}})
        # The contacts change places all the time: a position is nothing to rely on.
        order = {"$each": [], "$sort": {"kind": 1 if turn % 2 else -1}}
        library["patrons"].update_one({"_id": key}, {"$push": {"contacts": order}})
        library["loans"].update_many({"patron": key}, {"$inc": {"renewed": 1}})
        due = datetime.now(UTC) + timedelta(days=turn % 30)
        library["loans"].update_many({"patron": key}, {"$set": {"due": due}})
        guest = {"ref": f"guest{turn}@mail.example", "nick": f"손님{turn}", "call": ""}
        first = {"$each": [guest], "$position": 0}
        library["circles"].update_one(
            {"_id": "poetry"}, {"$push": {"people": first}, "$inc": {"meetings": 1}}
        )
        written[key] += 1
        if turn == 0:
            sys.stderr.write("writing\n")
        if over:
            break
    sys.stdout.write(json.dumps(written))


if __name__ == "__main__":
    main()
