"""Build the manifests in deploy/kubernetes, as `kubectl apply -k` does."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from django.conf import settings

FOLDER = settings.BASE_DIR / "deploy/kubernetes"
CHANGES = {
    "small-site": {
        r"\.\./large": "../small",
        r"  - gateway\.yaml": "  - ingress.yaml",
        r"(components|patches):\n(  - .*\n)+": "",
    },
    "restored-site": {r"  - path: backup.yaml": r"\g<0>\n  - path: restore.yaml"},
}
SITES = ("small", "large", "example-site", *CHANGES)
TLS = "sslmode=verify-full&sslrootcert=/run/secrets/database/ca.crt"
CAIRN = ("web", "worker", "cleanup", "migrate")


class Loader(yaml.SafeLoader):
    """Like Kubernetes, it does not know the type of dates."""


Loader.yaml_implicit_resolvers = {
    character: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for character, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def build(name):
    """Return the objects of an overlay, of example-site, or of one that was changed as
    its comments say.
    """
    if name not in CHANGES:
        return run_kustomize(FOLDER / name)
    with TemporaryDirectory() as folder:
        site = Path(shutil.copytree(FOLDER, folder, dirs_exist_ok=True), "example-site")
        file = site / "kustomization.yaml"
        text = file.read_text()
        for old, new in CHANGES[name].items():
            text, count = re.subn(old, new, text)
            assert count
        file.write_text(text)
        return run_kustomize(site)


def run_kustomize(folder):
    path = f"{settings.BASE_DIR / '.kubectl'}:{os.environ['PATH']}"
    kubectl = shutil.which("kubectl", path=path)
    assert kubectl, "run tests/deploy/kubernetes/install"
    result = subprocess.run(
        [kubectl, "kustomize", folder], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return list(yaml.load_all(result.stdout, Loader))


def find(site, kind, name):
    """Return the object of this kind and name."""
    [found] = [
        item
        for item in build(site)
        if item["kind"] == kind
        and re.sub(r"^(cairn-\w+)-[0-9a-z]{10}$", r"\1", item["metadata"]["name"])
        == name
    ]
    return found


def pod_templates(site):
    """Return the pod templates of Deployments, Jobs and CronJobs by their names."""
    templates = {}
    for item in build(site):
        spec = item.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec and item["kind"] != "Pooler":
            templates[item["metadata"]["name"]] = spec["template"]
    return templates


def containers(site):
    """Return the containers of all pods, as pairs with their pod's name."""
    return [
        (name, container)
        for name, template in pod_templates(site).items()
        for kind in ("initContainers", "containers")
        for container in template["spec"].get(kind, [])
    ]


def environment(site, name):
    """Return the variables of the Cairn container `name`."""
    [container] = [item for pod, item in containers(site) if item["name"] == name]
    variables = dict(find(site, "ConfigMap", "cairn-settings")["data"])
    return variables | {item["name"]: item["value"] for item in container["env"]}


def load_settings(variables, folder):
    """Let Cairn read the variables of a container.

    The files in /run/secrets are in `folder` instead.
    """
    secrets = {
        "secret_key": "0123456789abcdef" * 4,
        "email_password": "correct-horse",
        "database_url": f"postgres://cairn:password@cairn-pooler/cairn?{TLS}",
        "direct_database_url": f"postgres://cairn:password@cairn-database-rw/cairn?{TLS}",
    }
    for name, value in secrets.items():
        (folder / name).write_text(value)
    variables = {
        name: value.replace("/run/secrets/cairn", str(folder))
        for name, value in variables.items()
    }
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DEBUG": "false", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
