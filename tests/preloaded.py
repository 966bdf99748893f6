"""The last thing that the server of `forked` imports; what stands is out of the collector's sight.

A collector that walks a forked process's heap writes to each page of it, and so copies all of it.
"""

import gc

gc.collect()
gc.freeze()
