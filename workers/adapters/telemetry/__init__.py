"""The extra `telemetry`: figures for Prometheus, traces by OpenTelemetry.

`metrics` and `traces` are the only importers of their libraries, and are imported by the wiring
where they are asked for; `backlog` reads what waits from MongoDB.
"""
