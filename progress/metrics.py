"""The numbers of this app for Prometheus."""

from prometheus_client import Counter

TICKS = Counter("cairn_ticks", "Steps that were marked", ["state"])
