"""What Cairn needs from the manifests in deploy/kubernetes"""

import re

import pytest
import yaml
from django.conf import settings

from core.observability import health
from tests.deploy.kubernetes.manifests import (
    CAIRN,
    FOLDER,
    SITES,
    build,
    containers,
    environment,
    find,
    load_settings,
    pod_templates,
)

ROOT = settings.BASE_DIR
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
SETTINGS = (ROOT / "docs/settings.md").read_text()
FILES = SETTINGS.partition("## ")[0]


def probes(site, name):
    [container] = [item for pod, item in containers(site) if item["name"] == name]
    return {
        probe: container[probe]["httpGet"]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe")
    }


class TestRights:
    def test_the_namespace_allows_only_restricted_pods(self):
        labels = find("small", "Namespace", "cairn")["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"

    @pytest.mark.parametrize("site", SITES)
    def test_pods_are_restricted(self, site):
        for name, template in pod_templates(site).items():
            spec = template["spec"]
            security = spec["securityContext"]
            assert security["runAsNonRoot"], name
            assert security["runAsUser"] > 0, name
            assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
            assert spec["automountServiceAccountToken"] is False, name
            assert not spec.keys() & {"hostNetwork", "hostPID", "hostIPC"}, name
            for volume in spec.get("volumes", []):
                assert volume.keys() & {"configMap", "emptyDir", "secret"}, name

    @pytest.mark.parametrize("site", SITES)
    def test_containers_have_no_rights_and_limited_resources(self, site):
        for name, container in containers(site):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            resources = container["resources"]
            assert resources["requests"].keys() == {"cpu", "memory"}, name
            assert resources["limits"].keys() == {"cpu", "memory"}, name

    def test_no_secret_is_in_the_manifests(self):
        for site in SITES:
            assert "Secret" not in {item["kind"] for item in build(site)}


class TestImages:
    def test_cairn_is_the_same_image_everywhere(self):
        images = {
            container["image"]
            for pod, container in containers("example-site")
            if pod in CAIRN
        }
        assert images == {"registry.example.org/cairn:0.1.0"}
        assert ":" not in COMPOSE["web"]["image"]
        bases = (FOLDER / "base").glob("*.yaml")
        names = {
            name
            for file in bases
            for name in re.findall(r"image: (cairn.*)", file.read_text())
        }
        assert names == {COMPOSE["web"]["image"]}

    @pytest.mark.parametrize("name", ["proxy", "cache"])
    def test_others_are_those_of_compose(self, name):
        images = {item["image"] for pod, item in containers("large") if pod == name}
        assert images == {COMPOSE[name]["image"]}

    def test_they_run_what_compose_runs(self):
        [cache] = [item for pod, item in containers("small") if pod == "cache"]
        assert cache["command"] + cache["args"] == COMPOSE["cache"]["command"]
        for name, service in (("worker", "worker"), ("migrate", "migrate")):
            [container] = [i for _, i in containers("small") if i["name"] == name]
            assert container["command"] == COMPOSE[service]["command"]
        # The image's own command, deploy/start
        [web] = [item for pod, item in containers("small") if pod == "web"]
        assert "command" not in web

    def test_the_cleanup_runs_what_deploy_cleanup_runs(self):
        script = (ROOT / "deploy/cleanup").read_text()
        commands = re.findall(r"python manage.py \w+", script)
        assert len(commands) == 3
        [cleanup] = [item for pod, item in containers("small") if pod == "cleanup"]
        assert cleanup["args"][0].splitlines() == commands
        spec = find("small", "CronJob", "cleanup")["spec"]
        assert spec["concurrencyPolicy"] == "Forbid"


class TestSettings:
    @pytest.mark.parametrize("site", SITES)
    def test_every_setting_is_documented(self, site):
        for name in CAIRN:
            for variable in environment(site, name):
                assert f"`{variable.removesuffix('_FILE')}`" in SETTINGS
                assert not variable.endswith("_FILE") or variable in FILES

    def test_cairn_accepts_those_of_the_example(self, tmp_path):
        for name in ("web", "migrate"):
            result = load_settings(environment("example-site", name), tmp_path)
            assert result.returncode == 0, result.stderr

    def test_a_change_replaces_the_pods(self):
        for name in CAIRN:
            for pod, container in containers("large"):
                if pod == name:
                    [source] = container["envFrom"]
                    assert re.fullmatch(
                        "cairn-settings-[0-9a-z]{10}", source["configMapRef"]["name"]
                    )

    def test_only_the_migration_connects_directly(self):
        direct = "/run/secrets/cairn/direct_database_url"
        for name in CAIRN:
            variables = environment("large", name)
            is_migration = name == "migrate"
            assert (variables["DATABASE_URL_FILE"] == direct) == is_migration
            assert (variables["DATABASE_POOLER"] == "false") == is_migration

    def test_files_of_secrets_are_mounted(self):
        for name in CAIRN:
            spec = pod_templates("example-site")[name]["spec"]
            [container] = spec["containers"]
            mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
            for variable, value in environment("example-site", name).items():
                if variable.endswith("_FILE"):
                    assert value.rpartition("/")[0] in mounts
            assert all(
                m.get("readOnly") or m["mountPath"] == "/tmp"
                for m in container["volumeMounts"]
            )


class TestRollout:
    def test_probes_ask_pages_that_any_host_may_ask(self, rf, monkeypatch):
        monkeypatch.setattr(health, "ready", health.alive)
        middleware = health.health(get_response=None)
        for site in SITES:
            for probe in probes(site, "web").values():
                request = rf.get(probe["path"], headers={"host": "10.42.0.7:8000"})
                assert middleware(request).status_code == 200

    def test_only_the_start_waits_for_the_database(self):
        paths = {name: probe["path"] for name, probe in probes("large", "web").items()}
        assert paths == {
            "startupProbe": "/readyz",
            "readinessProbe": "/healthz",
            "livenessProbe": "/healthz",
        }

    def test_a_web_process_has_time_to_stop(self):
        start = (ROOT / "deploy/start").read_text()
        [finish] = re.findall(r"--workers-kill-timeout (\d+)", start)
        for site in SITES:
            drain = int(environment(site, "web")["DRAIN_SECONDS"])
            spec = pod_templates(site)["web"]["spec"]
            assert spec["terminationGracePeriodSeconds"] >= drain + int(finish) + 5

    def test_one_web_process_serves_while_another_is_replaced(self):
        for site in SITES:
            strategy = find(site, "Deployment", "web")["spec"]["strategy"]
            assert strategy["rollingUpdate"]["maxUnavailable"] == 0

    def test_the_worker_waits_for_the_migration(self):
        [wait] = pod_templates("small")["worker"]["spec"]["initContainers"]
        assert "manage.py migrate --check" in wait["command"][-1]
        assert wait["image"] == "cairn"


class TestScale:
    def test_the_autoscaler_alone_sets_the_number_of_web_processes(self):
        assert "replicas" not in find("large", "Deployment", "web")["spec"]
        scaler = find("large", "HorizontalPodAutoscaler", "web")["spec"]
        assert scaler["scaleTargetRef"]["name"] == "web"
        assert scaler["minReplicas"] >= 3
        assert find("small", "Deployment", "web")["spec"]["replicas"] == 2

    @pytest.mark.parametrize("site", ["small", "large"])
    def test_postgresql_has_enough_connections(self, site):
        pooler = find(site, "Pooler", "cairn-pooler")["spec"]
        parameters = pooler["pgbouncer"]["parameters"]
        database = find(site, "Cluster", "cairn-database")["spec"]["postgresql"]
        used = pooler["instances"] * int(parameters["default_pool_size"])
        reserved = 20  # the migration, the operator, replication, superusers
        assert used + reserved <= int(database["parameters"]["max_connections"])

    def test_the_pooler_accepts_all_web_processes(self):
        scaler = find("large", "HorizontalPodAutoscaler", "web")["spec"]
        pooler = find("large", "Pooler", "cairn-pooler")["spec"]["pgbouncer"]
        clients = (scaler["maxReplicas"] + 1) * 16  # DATABASE_POOL_SIZE
        # One pooler is enough if the other is down.
        assert clients + 20 <= int(pooler["parameters"]["max_client_conn"])

    def test_the_pooler_can_prepare_statements(self):
        for site in SITES:
            pooler = find(site, "Pooler", "cairn-pooler")["spec"]["pgbouncer"]
            assert pooler["poolMode"] == "transaction"
            assert int(pooler["parameters"]["max_prepared_statements"]) > 0

    def test_the_role_has_the_limits_of_docs_operations(self):
        operations = (ROOT / "docs/operations.md").read_text()
        limits = re.findall(r"ALTER ROLE cairn SET \w+ = '\w+'", operations)
        assert len(limits) == 3
        cluster = find("small", "Cluster", "cairn-database")["spec"]
        assert cluster["bootstrap"]["initdb"]["postInitSQL"] == limits

    def test_a_commit_waits_for_a_standby(self):
        cluster = find("large", "Cluster", "cairn-database")["spec"]
        assert cluster["instances"] == 3
        assert cluster["postgresql"]["synchronous"]["dataDurability"] == "required"


def test_prometheus_gets_the_rules_of_deploy_alerts():
    rules = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())
    assert find("example-site", "PrometheusRule", "cairn")["spec"] == rules
    monitor = find("example-site", "ServiceMonitor", "cairn")["spec"]
    labels = find("example-site", "Service", "web")["metadata"]["labels"]
    assert labels[monitor["jobLabel"]] == "cairn"  # the job in the rules
    assert monitor["selector"]["matchLabels"].items() <= labels.items()


def test_a_restored_database_writes_to_a_new_place():
    spec = find("restored-site", "Cluster", "cairn-database")["spec"]
    assert spec["bootstrap"].keys() == {"recovery"}
    [before] = spec["externalClusters"]
    [archiver] = spec["plugins"]
    assert before["name"] == spec["bootstrap"]["recovery"]["source"]
    old, new = before["plugin"]["parameters"], archiver["parameters"]
    assert old["barmanObjectName"] == new["barmanObjectName"] == "cairn-backup"
    assert old["serverName"] == "cairn-database" != new["serverName"]


@pytest.mark.parametrize("site", ["small", "large"])
def test_the_document_says_what_a_site_requests(site):
    cpus, memory = requests(site)
    text = (ROOT / "docs/kubernetes.md").read_text()
    sentence = rf"`{site}` (?:requests|starts with) {cpus:.1f} CPUs and {memory:.1f} GB"
    assert re.search(sentence, text)


def requests(site):
    """Return the sum of the CPUs and of the GB that all pods request."""
    factors = {"m": 0.001, "Mi": 1 / 1024, "Gi": 1}

    def number(text):
        unit = text.lstrip("0123456789")
        return int(text.removesuffix(unit)) * factors.get(unit, 1)

    cpus = memory = 0
    for item in build(site):
        spec = item.get("spec", {})
        if item["kind"] == "Cluster":
            pods, parts = spec["instances"], [spec]
        elif item["kind"] in ("Deployment", "Pooler"):
            pods = spec.get("replicas", spec.get("instances", 3))  # the autoscaler's
            parts = spec["template"]["spec"]["containers"]
        else:
            continue
        for part in parts:
            cpus += pods * number(part["resources"]["requests"]["cpu"])
            memory += pods * number(part["resources"]["requests"]["memory"])
    return cpus, memory
