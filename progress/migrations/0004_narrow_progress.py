"""Keep the person and the step of a mark in four bytes each, not eight.

Both at once, since either by itself writes the whole table anew. Nobody reads or writes
marks meanwhile: for 17 s with five million rows, on two cores that had other work.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations

import progress.fields

ALTER = """
ALTER TABLE progress_stepprogress
    ALTER COLUMN user_id TYPE {type}, ALTER COLUMN step_id TYPE {type};
"""


class Migration(migrations.Migration):
    allows = {
        "changing-column-type": "The last release reads and writes either width, and"
        " has no statements prepared. How long nobody else can is told above."
    }

    dependencies = [("progress", "0003_search_vectors")]

    operations = [
        migrations.RunSQL(
            ALTER.format(type="integer"),
            ALTER.format(type="bigint"),
            state_operations=[
                migrations.AlterField(
                    model_name="stepprogress",
                    name="step",
                    field=progress.fields.NarrowForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="progress",
                        to="roadmaps.step",
                    ),
                ),
                migrations.AlterField(
                    model_name="stepprogress",
                    name="user",
                    field=progress.fields.NarrowForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="progress",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        )
    ]
