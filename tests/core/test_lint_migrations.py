"""manage.py lint_migrations"""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from core.management.commands import lint_migrations
from core.management.commands.lint_migrations import findings

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def state(django_db_setup, django_db_blocker):
    """The models as all migrations leave them."""
    with django_db_blocker.unblock():
        return MigrationLoader(connection).project_state()


@pytest.fixture
def lint(state):
    def lint(*operations, **attributes):
        migration = migrations.Migration("0099_new", "roadmaps")
        migration.operations = operations
        for name, value in attributes.items():
            setattr(migration, name, value)
        return findings(migration, state, last_release="1.2.0")

    return lint


def add(field):
    return migrations.AddField("Step", "minutes", field)


BREAKING = {
    "a field without a default in the database": add(models.IntegerField(default=0)),
    "a field that goes": migrations.RemoveField("Step", "summary"),
    "another name": migrations.RenameField("Step", "summary", "gist"),
    "another name of the table": migrations.RenameModel("Step", "Station"),
    "another type": migrations.AlterField("Step", "summary", models.IntegerField()),
    "a table that goes": migrations.DeleteModel("Resource"),
    "SQL that drops": migrations.RunSQL("ALTER TABLE roadmaps_step DROP summary"),
}
QUIET = {
    "a field with a default in the database": add(models.IntegerField(db_default=0)),
    "a field that may be empty": add(models.IntegerField(null=True)),
    "a new table": migrations.CreateModel("Badge", [("id", models.AutoField())]),
    "what only the code forgets": migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField("Step", "summary")]
    ),
}


def test_ours_since_the_last_release_pass():
    call_command("lint_migrations")


@pytest.mark.parametrize("case", BREAKING)
def test_what_the_last_release_would_break_on_is_found(lint, case):
    found = lint(BREAKING[case])
    assert any(line.endswith(" The last release would break.") for line in found)
    assert all(line.startswith("roadmaps.0099_new: ") for line in found)


@pytest.mark.parametrize("case", QUIET)
def test_what_it_works_on_is_not(lint, case):
    assert lint(QUIET[case]) == []


def test_it_may_go_one_release_after_the_code_that_used_it(lint):
    operation = BREAKING["a field that goes"]
    assert lint(operation, contracts="1.2.0") == []
    assert lint(operation, contracts="1.3.0") != []


def test_a_lock_that_lasts_is_found_unless_a_reason_is_given(lint):
    index = migrations.AddIndex("Step", models.Index("summary", name="by_summary"))
    rule = "require-concurrent-index-creation"
    assert lint(index)[0].startswith(f"roadmaps.0099_new: {rule}: ")
    assert lint(index, allows={rule: "The table holds a few thousand rows."}) == []


def test_the_command_fails_on_a_finding(monkeypatch, tmp_path):
    released = tmp_path / "last-release.toml"
    released.write_text('version = "0.1.0"\n[migrations]\nroadmaps = "0001_initial"\n')
    monkeypatch.setattr(lint_migrations, "LAST_RELEASE", released)
    finding = r"roadmaps\.0002_\w+: require-concurrent-index-creation: "
    with pytest.raises(CommandError, match=finding):
        call_command("lint_migrations")


def test_a_release_records_its_migrations(monkeypatch, tmp_path):
    released = tmp_path / "last-release.toml"
    released.write_text('# Why.\nversion = "0.1.0"\n')
    monkeypatch.setattr(lint_migrations, "LAST_RELEASE", released)
    call_command("lint_migrations", release="0.2.0")
    assert released.read_text().startswith(
        '# Why.\nversion = "0.2.0"\n\n[migrations]\n'
    )
    call_command("lint_migrations")
