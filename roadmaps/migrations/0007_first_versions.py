from django.db import migrations


class Migration(migrations.Migration):
    """What stands there already is its own first version: the first edit then has
    something to differ from, and something to go back to.
    """

    dependencies = [
        ("roadmaps", "0006_history"),
    ]

    operations = [
        migrations.RunSQL(
            """
            INSERT INTO roadmaps_historicalroadmap (
                id, slug, title, category, icon, summary, position, is_published,
                "order", history_date, history_type
            )
            SELECT
                id, slug, title, category, icon, summary, position, is_published,
                ARRAY(
                    SELECT slug FROM roadmaps_step
                    WHERE roadmap_id = roadmaps_roadmap.id
                    ORDER BY position, id
                ),
                now(), '+'
            FROM roadmaps_roadmap
            """,
            "DELETE FROM roadmaps_historicalroadmap",
        ),
        migrations.RunSQL(
            """
            INSERT INTO roadmaps_historicalstep (
                id, roadmap_id, slug, title, summary, body, is_optional, same_as,
                is_retired, added_at, revised_at,
                resources, history_date, history_type
            )
            SELECT
                id, roadmap_id, slug, title, summary, body, is_optional, same_as,
                is_retired, added_at, revised_at,
                coalesce(
                    (
                        SELECT jsonb_agg(
                            jsonb_build_object(
                                'title', title, 'url', url, 'kind', kind
                            )
                            ORDER BY position, id
                        )
                        FROM roadmaps_resource
                        WHERE step_id = roadmaps_step.id
                    ),
                    '[]'
                ),
                now(), '+'
            FROM roadmaps_step
            """,
            "DELETE FROM roadmaps_historicalstep",
        ),
    ]
