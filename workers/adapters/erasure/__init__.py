"""Deletes subjects from the company's database: in steps, each of which may be done again.

1. Freeze: the subject's control document says who deletes it and what finds its documents (names
   that other documents know it by would be gone with the home); then the marker, then the ledger.
2. Archive and 3. erase, batch by batch: what a law keeps is handed to the archive before it is
   deleted; collections over most hops first, the home last, and only when nothing is in the way.
4. Keys: the subject's data key, and those of its earlier requests.
5. Re-scan: everything is looked for once more, as if nothing had been done.
6. Finish: the marker keeps the summary, the control document goes.

Read in this order: `ports`, `progress` (what the control document keeps), `markers`, `cases` (one
subject on its way), `starting`, `reading` (what is left of it), `writing` (one batch), `steps`,
`erasure`; `preview` only counts; then, for a database that was restored from a backup: `restored`,
`people`, `replay`.

Each document is counted once, when a batch that names it is written to the control document, which
is before the batch is carried out. A crash in between, or right after, leaves the batch in the
control document: whoever goes on finds what is left of it and does not count it again. Until then
the summary may be ahead of the database by one batch; at `done` they agree. What an application
deletes itself between the two is counted too; a document that two links lead to counts once in a
batch, but twice where a large subject's batches come between.

Not found any more is what hangs on a document that is gone: a delivery that an application adds to
an order after that was deleted. Nor is a value that nothing ties to the person, as in a free text.
"""

from workers.adapters.erasure.erasure import Erasure
from workers.adapters.erasure.markers import Markers
from workers.adapters.erasure.people import People
from workers.adapters.erasure.ports import Keys, Tombstones
from workers.adapters.erasure.replay import Replay, Replayed
from workers.adapters.erasure.restored import Compared, restored

__all__ = [
    "Compared",
    "Erasure",
    "Keys",
    "Markers",
    "People",
    "Replay",
    "Replayed",
    "Tombstones",
    "restored",
]
