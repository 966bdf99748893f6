"""The retention sweep: whatever is due is destroyed, in bounded batches and flat memory.

    sweeps  {_id, at, swept, keys_destroyed}: one for each sweep that destroyed something

Each part is idempotent: documents are deleted by `_id`. People are not deleted here: for each whose
purpose ended a deletion request is opened, under an id that follows from the rule, the person and
the hour in which the purpose ended, and the workers carry it out like one that somebody asked for.
So any number of sweeps may run at once, and each may be killed anywhere: the next one finds what is
left.

Read in this order: `due` (what is old enough), `tally` (what it came to), `whose` (a document is),
`documents`, `openings`, `subjects`, `particulars`, `sweeper`.
"""

from workers.adapters.retention.sweeper import Sweeper

__all__ = ["Sweeper"]
