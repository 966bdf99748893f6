"""The vault: every sealed value has a data key, every data key is wrapped by a key outside MongoDB.

`envelope` seals bytes under a data key, `holder` and `folder` wrap data keys, `store` keeps the
wrapped ones. Destroying a wrapped key destroys what it sealed, wherever copies of that are;
`rotation` (with `epochs` and `fence`) destroys copies of the wrapped key as well. `tombstones` is
the ledger of who was deleted, which lies beside the keys.
"""

from workers.adapters.vault.envelope import DataKey
from workers.adapters.vault.epochs import FolderEpochs
from workers.adapters.vault.folder import KeyFolder
from workers.adapters.vault.holder import KeyHolder, Wrapped
from workers.adapters.vault.rotation import Rollover, rotate
from workers.adapters.vault.store import Vault
from workers.adapters.vault.tombstones import Restores, Tombstone, Tombstones

__all__ = [
    "DataKey",
    "FolderEpochs",
    "KeyFolder",
    "KeyHolder",
    "Restores",
    "Rollover",
    "Tombstone",
    "Tombstones",
    "Vault",
    "Wrapped",
    "rotate",
]
