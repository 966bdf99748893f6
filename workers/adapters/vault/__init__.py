"""The vault: every sealed value has a data key, every data key is wrapped by a key outside MongoDB.

`envelope` seals bytes under a data key, `holder` and `folder` wrap data keys, `store` keeps the
wrapped ones. Destroying a wrapped key destroys what it sealed, wherever copies of that are.
"""

from workers.adapters.vault.envelope import DataKey
from workers.adapters.vault.folder import KeyFolder
from workers.adapters.vault.holder import KeyHolder, Wrapped
from workers.adapters.vault.store import Vault

__all__ = ["DataKey", "KeyFolder", "KeyHolder", "Vault", "Wrapped"]
