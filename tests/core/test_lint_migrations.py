"""manage.py lint_migrations"""

import tomllib

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from core.management.commands import lint_migrations

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def state(django_db_setup, django_db_blocker):
    """The state of the models after all migrations."""
    with django_db_blocker.unblock():
        return MigrationLoader(connection).project_state()


@pytest.fixture
def lint(state):
    def lint(*operations, **attributes):
        migration = migrations.Migration("0099_new", "roadmaps")
        migration.operations = operations
        for name, value in attributes.items():
            setattr(migration, name, value)
        return lint_migrations.lint(migration, state, last_release="1.2.0")

    return lint


def add_minutes(field):
    return migrations.AddField("Step", "minutes", field)


BREAKING = {
    "a field without a default in the database": add_minutes(
        models.IntegerField(default=0)
    ),
    "a removed field": migrations.RemoveField("Step", "summary"),
    "a renamed field": migrations.RenameField("Step", "summary", "gist"),
    "a renamed table": migrations.RenameModel("Step", "Station"),
    "a changed type": migrations.AlterField("Step", "summary", models.IntegerField()),
    "a removed table": migrations.DeleteModel("Resource"),
    "SQL that drops": migrations.RunSQL("ALTER TABLE roadmaps_step DROP summary"),
}
HARMLESS = {
    "a field with a default in the database": add_minutes(
        models.IntegerField(db_default=0)
    ),
    "a nullable field": add_minutes(models.IntegerField(null=True)),
    "a new table": migrations.CreateModel("Badge", [("id", models.AutoField())]),
    "a field removed from the models only": migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField("Step", "summary")]
    ),
}


def test_our_migrations_pass():
    call_command("lint_migrations")


@pytest.mark.parametrize("case", BREAKING)
def test_a_migration_that_breaks_the_last_release_is_found(lint, case):
    findings = lint(BREAKING[case])
    assert any(line.endswith(" The last release would break.") for line in findings)
    assert all(line.startswith("roadmaps.0099_new: ") for line in findings)


@pytest.mark.parametrize("case", HARMLESS)
def test_a_harmless_migration_has_no_findings(lint, case):
    assert lint(HARMLESS[case]) == []


def test_a_field_can_be_removed_one_release_after_its_code(lint):
    operation = BREAKING["a removed field"]
    assert lint(operation, contracts="1.2.0") == []
    assert lint(operation, contracts="1.3.0") != []


def test_a_long_lock_is_found_unless_a_reason_is_given(lint):
    index = migrations.AddIndex("Step", models.Index("summary", name="by_summary"))
    rule = "require-concurrent-index-creation"
    assert lint(index)[0].startswith(f"roadmaps.0099_new: {rule}: ")
    assert lint(index, allows={rule: "The table holds a few thousand rows."}) == []


def test_the_command_fails_on_a_finding(monkeypatch, tmp_path):
    last_release = tmp_path / "last-release.toml"
    last_release.write_text(
        'version = "0.1.0"\n[migrations]\nroadmaps = "0001_initial"\n'
    )
    monkeypatch.setattr(lint_migrations, "LAST_RELEASE", last_release)
    finding = r"roadmaps\.0002_\w+: require-concurrent-index-creation: "
    with pytest.raises(CommandError, match=finding):
        call_command("lint_migrations")


def test_before_the_first_release_every_migration_may_change(
    monkeypatch, tmp_path, capsys
):
    last_release = tmp_path / "last-release.toml"
    last_release.write_text("# Nothing is released yet.\n")
    monkeypatch.setattr(lint_migrations, "LAST_RELEASE", last_release)
    call_command("lint_migrations")
    assert "any migration may change" in capsys.readouterr().out


def test_a_release_records_its_migrations(monkeypatch, tmp_path):
    last_release = tmp_path / "last-release.toml"
    last_release.write_text("# Nothing is released yet.\n")
    monkeypatch.setattr(lint_migrations, "LAST_RELEASE", last_release)
    call_command("lint_migrations", release="0.2.0")
    recorded = tomllib.loads(last_release.read_text())
    assert recorded["version"] == "0.2.0"
    assert {"accounts", "progress", "roadmaps"} <= recorded["migrations"].keys()
    call_command("lint_migrations")
