"""The retention sweep: whatever is due is destroyed, in bounded batches and flat memory.

    certificates  {_id: request, certificate}: of everybody deleted because their purpose ended
    expiries      {_id: request, rule, subject_type, pseudonym, at}: deletions begun and without
                  certificate yet, so that the next sweep finishes them
    sweeps        {_id, at, swept, keys_destroyed}: one for each sweep that destroyed something

Each part is idempotent: documents are deleted by `_id`, people by `Erasure` under an id that
follows from the rule, the person and the hour in which the purpose ended. So any number of sweeps
may run at once, and each may be killed anywhere: the next one finds what is left.

Read in this order: `due` (what is old enough), `tally` (what it came to), `whose` (a document is),
`documents`, `expiries`, `subjects`, `particulars`, `sweeper`.
"""

from workers.adapters.retention.sweeper import Sweeper

__all__ = ["Sweeper"]
