"""The only importers of drivers: each module keeps one promise of `workers.ports`."""
