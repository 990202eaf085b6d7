"""Full-text search, and the triggers that renew a roadmap's `content_version`.

The search functions are deliberately not PARALLEL SAFE: starting a second process
takes longer than a search does.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import core.model_fields
from roadmaps.full_text import (
    GeneratedSearchVectorField,
    fold_sql,
    folded,
    html_to_text,
    join_html,
    weighted_vector,
    words_sql,
)
from roadmaps.synonyms import DEFAULT_SYNONYMS

# Words as they are written, without English stop words.
WRITTEN_WORDS = """
CREATE TEXT SEARCH DICTIONARY cairn_written
    (TEMPLATE = pg_catalog.simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION cairn_written
    (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION cairn_written
    ALTER MAPPING REPLACE pg_catalog.simple WITH cairn_written;
"""
DROP_WRITTEN_WORDS = """
DROP TEXT SEARCH CONFIGURATION cairn_written;
DROP TEXT SEARCH DICTIONARY cairn_written;
"""

# The words of titles have weight A and include stop words: "C" is a title, and so is "S".
VECTOR_OF_WORDS = """
CREATE FUNCTION cairn_vector_of_words(text, "char") RETURNS tsvector
    IMMUTABLE
    RETURN setweight(
        to_tsvector('english', $1) || CASE $2
            WHEN 'A' THEN to_tsvector('pg_catalog.simple', $1)
            ELSE to_tsvector('cairn_written', $1)
        END,
        $2
    )
"""
WEIGHTED_VECTOR = """
CREATE FUNCTION cairn_weighted_vector(text, "char") RETURNS tsvector
    IMMUTABLE
    RETURN cairn_vector_of_words(cairn_words($1), $2)
"""
# How well words match: those of the query that are finished, the last one as a whole
# word, and the last one as the beginning of a word. A whole word counts more than a
# beginning, a title (weight A) more than a summary (B), a summary more than the rest.
# Words that are most of the title count more than words in a long title.
RANK = """
CREATE FUNCTION cairn_rank(tsvector, tsquery, tsquery, tsquery) RETURNS real
    IMMUTABLE
    RETURN ts_rank('{0.1, 0.1, 0.4, 1}', $1, $2)
        + greatest(
            ts_rank('{0.1, 0.1, 0.4, 1}', $1, $3),
            0.2 * ts_rank('{0.1, 0.1, 0.4, 1}', $1, $4)
        )
        + ts_rank(ts_filter($1, '{a}'), $2 || $3, 2)
"""
# For the HTML that roadmaps/markdown.py makes: it has a line break between blocks, and
# no entities but these three.
HTML_TO_TEXT = """
CREATE FUNCTION cairn_html_to_text(text) RETURNS text
    IMMUTABLE
    RETURN replace(replace(replace(
        regexp_replace($1, '<[^>]*>', '', 'g'),
        '&lt;', '<'), '&gt;', '>'), '&amp;', '&')
"""

# All HTML in a JSON column.
JOIN_HTML = """
CREATE FUNCTION cairn_join_html(jsonb) RETURNS text
    IMMUTABLE
    RETURN (
        SELECT coalesce(string_agg(part #>> '{}', E'\\n'), '')
        FROM jsonb_path_query($1, 'strict $.**') AS part
        WHERE jsonb_typeof(part) = 'string'
    )
"""

# Every write to a roadmap or what its pages show gives the roadmap a new version, also a write that
# bypasses Django. Versions are random and never repeat. So a page cached for a version
# that was rolled back, or lost with a restored backup, is never served for another one.
RENEW_CONTENT_VERSION = """
CREATE FUNCTION cairn_renew_content_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.content_version := gen_random_uuid();
    RETURN NEW;
END $$;

CREATE TRIGGER renew_content_version BEFORE INSERT OR UPDATE ON roadmaps_roadmap
FOR EACH ROW EXECUTE FUNCTION cairn_renew_content_version();

-- Runs once per statement, not once per step.
CREATE FUNCTION cairn_renew_content_version_of_steps() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE roadmaps_roadmap SET content_version = DEFAULT
    WHERE id IN (SELECT roadmap_id FROM written);
    RETURN NULL;
END $$;

CREATE TRIGGER renew_content_version_after_insert AFTER INSERT ON roadmaps_step
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION cairn_renew_content_version_of_steps();

CREATE TRIGGER renew_content_version_after_update AFTER UPDATE ON roadmaps_step
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION cairn_renew_content_version_of_steps();

-- A step may have moved to another roadmap: this one renews the roadmap that it left.
CREATE TRIGGER renew_content_version_of_old_roadmap AFTER UPDATE ON roadmaps_step
REFERENCING OLD TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION cairn_renew_content_version_of_steps();

CREATE TRIGGER renew_content_version_after_delete AFTER DELETE ON roadmaps_step
REFERENCING OLD TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION cairn_renew_content_version_of_steps();

-- The same for the parts of steps.
CREATE FUNCTION cairn_renew_content_version_of_parts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE roadmaps_roadmap SET content_version = DEFAULT
    WHERE id IN (SELECT roadmap_id FROM roadmaps_step
        WHERE id IN (SELECT step_id FROM written));
    RETURN NULL;
END $$;
"""
for _table, _function in [
    ("roadmaps_section", "cairn_renew_content_version_of_steps"),
    ("roadmaps_topic", "cairn_renew_content_version_of_parts"),
    ("roadmaps_question", "cairn_renew_content_version_of_parts"),
    ("roadmaps_donewhen", "cairn_renew_content_version_of_parts"),
    ("roadmaps_measuredeffort", "cairn_renew_content_version_of_parts"),
    ("roadmaps_resource", "cairn_renew_content_version_of_parts"),
]:
    for _name, _event, _rows in [
        ("after_insert", "INSERT", "NEW"),
        ("after_update", "UPDATE", "NEW"),
        ("of_old_roadmap", "UPDATE", "OLD"),
        ("after_delete", "DELETE", "OLD"),
    ]:
        RENEW_CONTENT_VERSION += f"""
CREATE TRIGGER renew_content_version_{_name} AFTER {_event} ON {_table}
REFERENCING {_rows} TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION {_function}();
"""
DROP_RENEW_CONTENT_VERSION = """
DROP FUNCTION cairn_renew_content_version_of_parts CASCADE;
DROP FUNCTION cairn_renew_content_version_of_steps CASCADE;
DROP FUNCTION cairn_renew_content_version CASCADE;
"""


# The argument is the column with the search vector. Sorted, so that two transactions that
# add the same words do not wait for each other in a circle.
ADD_WORDS = """
CREATE FUNCTION cairn_add_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO roadmaps_indexedword (word)'
        ' SELECT DISTINCT new.word FROM written, unnest(tsvector_to_array(%I)) AS new (word)'
        ' WHERE NOT EXISTS'
        ' (SELECT FROM roadmaps_indexedword AS known WHERE known.word = new.word)'
        ' ORDER BY new.word ON CONFLICT DO NOTHING',
        TG_ARGV[0]
    );
    RETURN NULL;
END $$;
"""
for _table, _vector in [
    ("roadmaps_roadmap", "search_vector"),
    ("roadmaps_step", "full_search_vector"),
    ("roadmaps_topic", "search_vector"),
    ("roadmaps_question", "search_vector"),
    ("roadmaps_donewhen", "search_vector"),
    ("roadmaps_resource", "search_vector"),
]:
    for _event in ("INSERT", "UPDATE"):
        ADD_WORDS += f"""
CREATE TRIGGER add_words_after_{_event.lower()} AFTER {_event} ON {_table}
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION cairn_add_words('{_vector}');
"""


def add_synonyms(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    synonym = apps.get_model("roadmaps", "Synonym")
    synonym.objects.bulk_create(
        synonym(word=word, meaning=meaning) for word, meaning in DEFAULT_SYNONYMS
    )


class Migration(migrations.Migration):
    dependencies = [("roadmaps", "0001_initial")]

    operations = [
        migrations.RunSQL(WRITTEN_WORDS, DROP_WRITTEN_WORDS),
        migrations.RunSQL(fold_sql(), "DROP FUNCTION cairn_fold(text)"),
        migrations.RunSQL(words_sql(), "DROP FUNCTION cairn_words(text)"),
        migrations.RunSQL(
            VECTOR_OF_WORDS, 'DROP FUNCTION cairn_vector_of_words(text, "char")'
        ),
        migrations.RunSQL(
            WEIGHTED_VECTOR, 'DROP FUNCTION cairn_weighted_vector(text, "char")'
        ),
        migrations.RunSQL(
            RANK, "DROP FUNCTION cairn_rank(tsvector, tsquery, tsquery, tsquery)"
        ),
        migrations.RunSQL(HTML_TO_TEXT, "DROP FUNCTION cairn_html_to_text(text)"),
        migrations.RunSQL(JOIN_HTML, "DROP FUNCTION cairn_join_html(jsonb)"),
        migrations.AddField(
            "roadmap",
            "search_vector",
            GeneratedSearchVectorField(
                weighted_vector("title", "A"),
                weighted_vector("summary", "B"),
                weighted_vector("category", "C"),
            ),
        ),
        migrations.AddField(
            "step",
            "search_vector",
            GeneratedSearchVectorField(
                weighted_vector("title", "A"), weighted_vector("summary", "B")
            ),
        ),
        migrations.AddField(
            "step",
            "full_search_vector",
            GeneratedSearchVectorField(
                weighted_vector("title", "A"),
                weighted_vector("summary", "B"),
                weighted_vector(html_to_text(join_html("html")), "C"),
            ),
        ),
        migrations.AddField(
            "topic",
            "search_vector",
            GeneratedSearchVectorField(
                weighted_vector("title", "B"),
                weighted_vector(html_to_text("text_html"), "C"),
            ),
        ),
        migrations.AddField(
            "question",
            "search_vector",
            GeneratedSearchVectorField(
                weighted_vector(html_to_text("question_html"), "B"),
                weighted_vector(html_to_text("answer_html"), "C"),
            ),
        ),
        migrations.AddField(
            "donewhen",
            "search_vector",
            GeneratedSearchVectorField(weighted_vector(html_to_text("text_html"), "C")),
        ),
        migrations.AddField(
            "resource",
            "search_vector",
            GeneratedSearchVectorField(weighted_vector("title", "C")),
        ),
        migrations.AddIndex("roadmap", GinIndex("search_vector", name="roadmap_words")),
        migrations.AddIndex("step", GinIndex("search_vector", name="step_words")),
        migrations.AddIndex(
            "step", GinIndex("full_search_vector", name="step_all_words")
        ),
        migrations.AddIndex("topic", GinIndex("search_vector", name="topic_words")),
        migrations.AddIndex(
            "question", GinIndex("search_vector", name="question_words")
        ),
        migrations.AddIndex(
            "donewhen", GinIndex("search_vector", name="outcome_words")
        ),
        migrations.AddIndex(
            "resource", GinIndex("search_vector", name="resource_words")
        ),
        migrations.CreateModel(
            name="Synonym",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "word",
                    core.model_fields.LineField(
                        help_text="One word.", max_length=40, verbose_name="short form"
                    ),
                ),
                (
                    "meaning",
                    core.model_fields.LineField(
                        help_text="One or more words. A search for the short form also "
                        "finds these. If the meaning is one word, a search for it "
                        "also finds the short form.",
                        max_length=80,
                        verbose_name="meaning",
                    ),
                ),
                (
                    "folded_word",
                    models.GeneratedField(
                        db_persist=True,
                        expression=folded("word"),
                        output_field=models.TextField(),
                    ),
                ),
                (
                    "folded_meaning",
                    models.GeneratedField(
                        db_persist=True,
                        expression=folded("meaning"),
                        output_field=models.TextField(),
                    ),
                ),
            ],
            options={
                "verbose_name": "search synonym",
                "verbose_name_plural": "search synonyms",
                "ordering": ["word", "meaning"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("folded_word", "folded_meaning"), name="synonym_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IndexedWord",
            fields=[
                ("word", models.TextField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.RunSQL(ADD_WORDS, "DROP FUNCTION cairn_add_words CASCADE"),
        migrations.RunPython(add_synonyms, migrations.RunPython.noop),
        migrations.RunSQL(RENEW_CONTENT_VERSION, DROP_RENEW_CONTENT_VERSION),
    ]
