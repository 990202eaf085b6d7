import json
import subprocess
import sys
import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

LAST_RELEASE = settings.BASE_DIR / "deploy/last-release.toml"
HEADER = """\
# The last migrations of the last release. `manage.py lint_migrations --release VERSION`
# writes this file, and without the option checks the migrations since then."""
SQUAWK = Path(sys.executable).with_name("squawk")
# Squawk's rules about changes that would break the code of the last release.
BREAKING_RULES = {
    "adding-not-nullable-field",
    "adding-required-field",
    "ban-drop-column",
    "ban-drop-default",
    "ban-drop-table",
    "changing-column-type",
    "renaming-column",
    "renaming-table",
}


class Command(BaseCommand):
    help = (
        "Check that no migration since the last release locks a table for long, and "
        "that the last release works with the new schema."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--release",
            metavar="VERSION",
            help="record the current migrations as those of this release",
        )

    def handle(self, *, release: str | None, **_: Any) -> None:
        loader = MigrationLoader(connection)
        if release:
            LAST_RELEASE.write_text(format_release(loader, release))
            return
        last_release = tomllib.loads(LAST_RELEASE.read_text())
        if not last_release:
            self.stdout.write(
                "Nothing has been released yet, so any migration may change."
            )
            return
        findings = []
        for node in migrations_since(loader, last_release["migrations"]):
            state = loader.project_state(node, at_end=False)
            migration = loader.graph.nodes[node]
            findings += lint(migration, state, last_release["version"])
        if findings:
            raise CommandError("\n".join(findings))


def own_apps() -> set[str]:
    return {
        config.label
        for config in apps.get_app_configs()
        if Path(config.path).parent == settings.BASE_DIR
    }


def migrations_since(
    loader: MigrationLoader, released: dict[str, str]
) -> list[tuple[str, str]]:
    """Return our migrations, as (app, name), that are newer than the released ones.

    `released` maps each app to the name of its last released migration.
    """
    graph = loader.graph
    old = {node for leaf in released.items() for node in graph.forwards_plan(leaf)}
    labels = own_apps()
    return sorted(node for node in graph.nodes if node[0] in labels and node not in old)


def lint(migration: Migration, state: ProjectState, last_release: str) -> list[str]:
    """Return squawk's findings about the migration, one line each.

    Two attributes of a migration suppress findings. `allows` maps a rule to the reason
    why its finding is harmless. `contracts` names the first release that does not use
    what the migration removes; it takes effect once that version is released.
    """
    allowed = set(getattr(migration, "allows", {}))
    contracts = getattr(migration, "contracts", None)
    if contracts and parse_version(contracts) <= parse_version(last_release):
        allowed |= BREAKING_RULES
    result = subprocess.run(  # noqa: S603
        [SQUAWK, "--config", settings.BASE_DIR / ".squawk.toml", "--reporter", "json"],
        input=collect_sql(migration, state),
        capture_output=True,
        text=True,
        check=False,
    )
    findings = []
    for finding in json.loads(result.stdout):
        rule = finding["rule_name"]
        if rule in allowed:
            continue
        message = f"{migration}: {rule}: {finding['message']}"
        if rule in BREAKING_RULES:
            message += " The last release would break."
        findings.append(message)
    return findings


def collect_sql(migration: Migration, state: ProjectState) -> str:
    """Return the SQL of the migration without running it."""
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state.clone(), editor, collect_sql=True)
    statements = "\n".join(editor.collected_sql)
    return f"BEGIN;\n{statements}\nCOMMIT;\n" if migration.atomic else statements


def parse_version(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def format_release(loader: MigrationLoader, version: str) -> str:
    """Return the text of LAST_RELEASE for a release with all present migrations."""
    leaves = sorted(node for app in own_apps() for node in loader.graph.leaf_nodes(app))
    migrations = [f'{app} = "{name}"' for app, name in leaves]
    lines = [HEADER, f'version = "{version}"', "", "[migrations]", *migrations]
    return "\n".join(lines) + "\n"
