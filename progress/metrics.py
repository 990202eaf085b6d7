"""Prometheus metrics of this app."""

from prometheus_client import Counter

TICKS = Counter("cairn_ticks", "Steps that were marked", ["state"])
