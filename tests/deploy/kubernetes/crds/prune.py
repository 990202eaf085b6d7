"""Make a schema of this folder from a CustomResourceDefinition:

    python prune.py <CRD.yaml >SCHEMA.json

It keeps the schema of version v1 without descriptions and without the status, and
allows no property that the CRD does not name, as `kubectl apply` does.
"""

import json
import sys

import yaml

KEPT = {
    "additionalProperties", "allOf", "anyOf", "enum", "items", "maximum", "maxItems",
    "maxLength", "minimum", "minItems", "minLength", "not", "nullable", "oneOf",
    "pattern", "properties", "required", "type",
}  # fmt: skip
POD = {"containers", "volumes", "serviceAccountName"}


def prune(schema):
    """Return `schema` with the keywords that restrict values."""
    if schema.get("properties", {}).keys() >= POD:
        return {"type": "object"}  # kubernetes-validate checks templates of pods
    pruned = {}
    for keyword in sorted(KEPT & schema.keys()):
        value = schema[keyword]
        if keyword == "properties":
            value = {name: prune(child) for name, child in value.items()}
        elif isinstance(value, dict):
            value = prune(value)
        elif keyword in ("allOf", "anyOf", "oneOf"):
            value = [prune(child) for child in value]
        pruned[keyword] = value
    if "properties" in pruned and "type" in pruned:
        pruned.setdefault("additionalProperties", False)
    return pruned


definition = yaml.safe_load(sys.stdin)
[schema] = [
    version["schema"]["openAPIV3Schema"]
    for version in definition["spec"]["versions"]
    if version["name"] == "v1"
]
del schema["properties"]["status"]
# The Kubernetes API checks these three by itself.
for name in ("apiVersion", "kind", "metadata"):
    schema["properties"][name] = {}
json.dump(prune(schema), sys.stdout, separators=(",", ":"))
print()
