"""Give each roadmap an edition, which any change of it or of its steps replaces: by
triggers, so that none is forgotten, whoever writes and however.

No edition is had twice, so what was kept of one that was rolled back, or that a
restored backup has undone, is never taken for another.
"""

import django.contrib.postgres.functions
from django.db import migrations, models

RENEW = """
CREATE FUNCTION cairn_renew_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.edition := gen_random_uuid();
    RETURN NEW;
END $$;

CREATE TRIGGER renew_edition BEFORE INSERT OR UPDATE ON roadmaps_roadmap
FOR EACH ROW EXECUTE FUNCTION cairn_renew_edition();

-- Once a statement, however many steps it writes.
CREATE FUNCTION cairn_renew_edition_of_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE roadmaps_roadmap SET edition = DEFAULT
    WHERE id IN (SELECT roadmap_id FROM written);
    RETURN NULL;
END $$;
"""

AFTER = [
    ("after_insert", "INSERT", "NEW"),
    ("after_update", "UPDATE", "NEW"),
    ("left_by_update", "UPDATE", "OLD"),  # of the roadmap that a step has left
    ("after_delete", "DELETE", "OLD"),
]
RENEW += "".join(
    f"""
CREATE TRIGGER renew_edition_{name} AFTER {event} ON roadmaps_step
REFERENCING {rows} TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION cairn_renew_edition_of_steps();
"""
    for name, event, rows in AFTER
)
FORGET = (
    "".join(
        f"DROP TRIGGER renew_edition_{name} ON roadmaps_step;\n" for name, *_ in AFTER
    )
    + """
DROP FUNCTION cairn_renew_edition_of_steps;
DROP TRIGGER renew_edition ON roadmaps_roadmap;
DROP FUNCTION cairn_renew_edition;
"""
)


class Migration(migrations.Migration):
    allows = {"adding-field-with-default": "Roadmaps are few: a rewrite takes no time."}

    dependencies = [("roadmaps", "0009_longest_body")]

    operations = [
        migrations.AddField(
            model_name="roadmap",
            name="edition",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
            ),
        ),
        migrations.RunSQL(RENEW, FORGET),
    ]
