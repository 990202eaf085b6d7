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
SQUAWK = Path(sys.executable).with_name("squawk")
# What takes away something that the release before may still read or write.
BREAKS_LAST_RELEASE = {
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
        "Check that migrations since the last release lock no table for long, and that "
        "the last release works on their schema."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--release",
            metavar="VERSION",
            help="record that this version was released with the migrations there are",
        )

    def handle(self, *, release: str | None, **_: Any) -> None:
        loader = MigrationLoader(connection)
        if release:
            LAST_RELEASE.write_text(record(loader, release))
            return
        last = tomllib.loads(LAST_RELEASE.read_text())
        if not last:
            self.stdout.write("Nothing is released yet: every migration may change.")
            return
        found = []
        for node in since(loader, last["migrations"]):
            state = loader.project_state(node, at_end=False)
            found += findings(loader.graph.nodes[node], state, last["version"])
        if found:
            raise CommandError("\n".join(found))


def own_apps() -> set[str]:
    return {
        config.label
        for config in apps.get_app_configs()
        if Path(config.path).parent == settings.BASE_DIR
    }


def since(loader: MigrationLoader, released: dict[str, str]) -> list[tuple[str, str]]:
    """Our migrations, by app and name, that none of the released ones stands on."""
    known = {
        node for leaf in released.items() for node in loader.graph.forwards_plan(leaf)
    }
    return sorted(
        node
        for node in loader.graph.nodes
        if node[0] in own_apps() and node not in known
    )


def findings(migration: Migration, state: ProjectState, last_release: str) -> list[str]:
    """What squawk holds against the migration, a line each, but for what it allows:
    its `allows` names rules with a reason each, its `contracts` the release that uses
    no longer what it takes away, when that is out.
    """
    allowed = set(getattr(migration, "allows", {}))
    contracts = getattr(migration, "contracts", None)
    if contracts and number(contracts) <= number(last_release):
        allowed |= BREAKS_LAST_RELEASE
    result = subprocess.run(  # noqa: S603
        [SQUAWK, "--config", settings.BASE_DIR / ".squawk.toml", "--reporter", "json"],
        input=sql(migration, state),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = []
    for finding in json.loads(result.stdout):
        rule = finding["rule_name"]
        if rule not in allowed:
            breaks = " The last release would break." * (rule in BREAKS_LAST_RELEASE)
            lines.append(f"{migration}: {rule}: {finding['message']}{breaks}")
    return lines


def sql(migration: Migration, state: ProjectState) -> str:
    """What PostgreSQL is told, without telling it."""
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state.clone(), editor, collect_sql=True)
    statements = "\n".join(editor.collected_sql)
    return f"BEGIN;\n{statements}\nCOMMIT;\n" if migration.atomic else statements


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def record(loader: MigrationLoader, version: str) -> str:
    """The text of the file for a release of `version`, with the comment it has."""
    head = LAST_RELEASE.read_text().partition("version = ")[0]
    leaves = sorted(node for app in own_apps() for node in loader.graph.leaf_nodes(app))
    lines = [f'{app} = "{name}"' for app, name in leaves]
    return f'{head}version = "{version}"\n\n[migrations]\n' + "\n".join(lines) + "\n"
