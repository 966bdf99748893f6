"""The archive: what a law keeps, sealed, in a database of its own, until its time is up.

    documents     {_id, pseudonym, basis, collection, destroy_after, kept_at, request, sealed}
    holdings      {_id: {pseudonym, basis}, key, rev}: the name of the data key of what is kept
    spent_keys    {_id: name}: keys of holdings that are empty, destroyed next

Each document is sealed whole, as BSON, with the id that it had, under a data key of its subject and
basis. Nobody reads it but by `ArchiveStore.read`, which leaves its entry in `archive_reads` of our
own database.
"""

from workers.adapters.archive.store import Archived, ArchiveStore, Destroyed, Due, Overdue

__all__ = ["ArchiveStore", "Archived", "Destroyed", "Due", "Overdue"]
