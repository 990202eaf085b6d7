"""The manifests fit the schemas of Kubernetes and of the operators that they need."""

import json
from functools import cache
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
from kubernetes_validate import utils

from tests.deploy.kubernetes.manifests import SITES, build, pod_templates

CRDS = Path(__file__).parent / "crds"
read_schema = cache(utils.schema_contents)
VERSIONS = ("1.34", "1.37")  # the oldest of CloudNativePG 1.30, and the newest


@pytest.fixture(autouse=True)
def read_schemas_once(monkeypatch):
    monkeypatch.setattr(utils, "schema_contents", read_schema)


@cache
def validator(kind):
    schema = json.loads((CRDS / f"{kind}.json").read_text())
    return jsonschema.Draft202012Validator(schema)


def faults(item):
    """Return what is wrong with an object, for each version of Kubernetes."""
    if (CRDS / f"{item['kind']}.json").exists():
        return [error.message for error in validator(item["kind"]).iter_errors(item)]
    found = []
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(item, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{version}: {error.message}")
    return found


@pytest.mark.parametrize("site", SITES)
def test_every_object_fits_its_schema(site):
    found = {}
    for item in build(site):
        if messages := faults(item):
            found[item["kind"], item["metadata"]["name"]] = messages
    assert not found


def test_the_template_of_the_pooler_is_one_of_a_pod():
    for site in SITES:
        [pooler] = [item for item in build(site) if item["kind"] == "Pooler"]
        template = pooler["spec"]["template"]
        assert not faults(
            {"apiVersion": "v1", "kind": "PodTemplate", "template": template}
        )


@pytest.mark.parametrize(
    ("kind", "key"),
    [("Deployment", "replica"), ("Cluster", "instance"), ("HTTPRoute", "rule")],
)
def test_a_misspelt_field_is_found(kind, key):
    item = next(item for item in build("example-site") if item["kind"] == kind)
    assert faults(item | {"spec": item["spec"] | {key: 1}})


def test_all_kinds_of_objects_are_there():
    kinds = {item["kind"] for item in build("example-site")}
    assert kinds == {
        "Cluster", "ConfigMap", "CronJob", "Deployment", "Gateway", "HTTPRoute",
        "HorizontalPodAutoscaler", "Job", "Namespace", "NetworkPolicy", "ObjectStore",
        "PodDisruptionBudget", "PodMonitor", "Pooler", "PrometheusRule",
        "ScheduledBackup", "Service", "ServiceMonitor",
    }  # fmt: skip
    assert set(pod_templates("large")) == {
        "cache", "cleanup", "migrate", "proxy", "web", "worker",
    }  # fmt: skip
