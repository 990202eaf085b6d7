"""The example dashboard shows metrics that exist."""

import json
import re

from django.conf import settings
from prometheus_client import REGISTRY

import progress.metrics  # noqa: F401, registers its metrics
from core.observability import metrics

DASHBOARD = settings.BASE_DIR / "deploy/dashboard.json"
METRIC_NAME = re.compile(r"\b(?:cairn|process)_\w+")


def test_every_query_uses_existing_metrics(transactional_db):
    panels = json.loads(DASHBOARD.read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    used = set(METRIC_NAME.findall(" ".join(queries)))
    known = {name for names in REGISTRY._collector_to_names.values() for name in names}
    known |= {family.name for family in metrics.TaskCollector().collect()}
    assert used - known == set()


def test_every_metric_of_ours_is_shown():
    text = DASHBOARD.read_text()
    for name in ("request_seconds", "queries", "query_seconds", "ticks", "tasks"):
        assert f"cairn_{name}" in text
