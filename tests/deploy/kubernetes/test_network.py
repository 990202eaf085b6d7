"""Who may connect to whom, by the NetworkPolicies in deploy/kubernetes"""

import pytest

from tests.deploy.kubernetes.manifests import SITES, build, pod_templates

NAME = "app.kubernetes.io/name"
# Pods that operators make.
OTHERS = {
    "pooler": {
        "cnpg.io/cluster": "cairn-database",
        "cnpg.io/podRole": "pooler",
        "cnpg.io/poolerName": "cairn-pooler",
    },
    "database": {"cnpg.io/cluster": "cairn-database", "cnpg.io/podRole": "instance"},
    "certificate": {"acme.cert-manager.io/http01-solver": "true"},
}
EVERYWHERE = "everywhere"  # an address outside the namespace


def matches(selector, labels):
    for rule in selector.get("matchExpressions", []):
        assert rule["operator"] == "In"
        if labels.get(rule["key"]) not in rule["values"]:
            return False
    return selector.get("matchLabels", {}).items() <= labels.items()


def allows(site, source, target, port):
    """Return whether `source` may connect to `target`: each the name of a pod, of a
    namespace, or EVERYWHERE.
    """
    pods = OTHERS | {
        name: template["metadata"]["labels"]
        for name, template in pod_templates(site).items()
    }

    def peer_matches(peer, name):
        if "podSelector" in peer:
            return name in pods and matches(peer["podSelector"], pods[name])
        labels = {"kubernetes.io/metadata.name": name}
        return name not in pods and matches(peer["namespaceSelector"], labels)

    def is_open(pod, direction, key, other):
        return any(
            port in [item["port"] for item in rule["ports"]]
            and (key not in rule or any(peer_matches(p, other) for p in rule[key]))
            for policy in build(site)
            if policy["kind"] == "NetworkPolicy"
            and direction in policy["spec"]["policyTypes"]
            and matches(policy["spec"]["podSelector"], pods[pod])
            for rule in policy["spec"].get(direction.lower(), [])
        )

    return (source not in pods or is_open(source, "Egress", "to", target)) and (
        target not in pods or is_open(target, "Ingress", "from", source)
    )


ALLOWED = [
    ("proxy", "web", 8000),
    ("web", "pooler", 5432),
    ("web", "cache", 6379),
    ("web", EVERYWHERE, 443),  # identity providers
    ("worker", "pooler", 5432),
    ("worker", "cache", 6379),
    ("worker", EVERYWHERE, 587),
    ("worker", EVERYWHERE, 465),
    ("worker", EVERYWHERE, 25),
    ("cleanup", "pooler", 5432),
    ("migrate", "database", 5432),
    ("migrate", "cache", 6379),
    ("pooler", "database", 5432),
    ("database", "database", 5432),
    ("database", "database", 8000),
    ("cnpg-system", "database", 8000),
    ("database", EVERYWHERE, 6443),  # the Kubernetes API
    ("web", "kube-system", 53),
    ("proxy", "kube-system", 53),
    ("database", "kube-system", 53),
]
DENIED = [
    ("proxy", "database", 5432),
    ("proxy", "pooler", 5432),
    ("proxy", "cache", 6379),
    ("proxy", EVERYWHERE, 443),
    ("proxy", "web", 9100),
    ("web", "database", 5432),
    ("web", "web", 8000),
    ("worker", "web", 8000),
    ("cache", EVERYWHERE, 443),
    ("cache", "database", 5432),
    ("default", "web", 8000),
    ("default", "proxy", 8080),
    ("default", "database", 5432),
    ("default", "pooler", 5432),
    ("default", "cache", 6379),
    ("envoy-gateway-system", "web", 8000),
]


@pytest.mark.parametrize("site", SITES)
def test_what_is_needed_is_allowed_and_nothing_else(site):
    assert [pair for pair in ALLOWED if not allows(site, *pair)] == []
    assert [pair for pair in DENIED if allows(site, *pair)] == []


def test_the_gateway_reaches_only_the_proxy():
    assert allows("example-site", "envoy-gateway-system", "proxy", 8080)
    assert allows("example-site", "envoy-gateway-system", "certificate", 8089)
    assert allows("small-site", "traefik", "proxy", 8080)
    assert not allows("small-site", "traefik", "web", 8000)


def test_prometheus_reaches_the_metrics():
    for pod, port in (("web", 9100), ("database", 9187), ("pooler", 9127)):
        assert allows("example-site", "monitoring", pod, port)
        assert not allows("large", "monitoring", pod, port)
    assert not allows("example-site", "monitoring", "web", 8000)
