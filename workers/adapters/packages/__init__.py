"""Packages: everything that is held about a person, collected, sealed, handed out, destroyed.

    packages         {_id, request, pseudonym, made_at, destroy_after, size, records, values, ready,
                     destroyed_at}: one for each package that was begun; stays as evidence, without
                     personal data
    packages.files   GridFS: `<package>/json` and `<package>/html`
    packages.chunks  GridFS: their content, each chunk sealed under the package's own key

The row is written before anything else, so that what a crash leaves is found and destroyed. Of two
workers that collect for one request, the first that is `ready` wins, and the other's goes at once.

Read in this order: `values` (what one document holds), `reading` (all documents of one person),
`writing` (the two files), `sealed` (chunks), `store`, `collector`, `zipped` (what is fetched).
"""

from workers.adapters.packages.collector import Collector
from workers.adapters.packages.reading import PersonalRecords
from workers.adapters.packages.store import PackageStore

__all__ = ["Collector", "PackageStore", "PersonalRecords"]
