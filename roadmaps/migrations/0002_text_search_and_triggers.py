"""Full-text search, and the triggers that renew a roadmap's `content_version`.

The search functions are deliberately not PARALLEL SAFE: starting a second process
takes longer than a search does.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

from roadmaps.full_text import (
    GeneratedSearchVectorField,
    html_to_text,
    weighted_vector,
)

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

# PostgreSQL reads CI/CD as a path, Node.js as a host and <b> as a tag. With a control
# character after each punctuation mark it reads words.
ONLY_WORDS = r"""
CREATE FUNCTION cairn_only_words(text) RETURNS text
    IMMUTABLE
    RETURN regexp_replace(
        $1, '[!-/:-@[-`{-~]', '\&' || U&'\0080', 'g'
    )
"""
WEIGHTED_VECTOR = """
CREATE FUNCTION cairn_weighted_vector(text, "char") RETURNS tsvector
    IMMUTABLE
    RETURN setweight(
        to_tsvector('english', cairn_only_words($1))
            || to_tsvector('cairn_written', cairn_only_words($1)),
        $2
    )
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

# Every write to a roadmap or its steps gives the roadmap a new version, also a write that
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
"""
DROP_RENEW_CONTENT_VERSION = """
DROP FUNCTION cairn_renew_content_version_of_steps CASCADE;
DROP FUNCTION cairn_renew_content_version CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("roadmaps", "0001_initial")]

    operations = [
        migrations.RunSQL(WRITTEN_WORDS, DROP_WRITTEN_WORDS),
        migrations.RunSQL(ONLY_WORDS, "DROP FUNCTION cairn_only_words(text)"),
        migrations.RunSQL(
            WEIGHTED_VECTOR, 'DROP FUNCTION cairn_weighted_vector(text, "char")'
        ),
        migrations.RunSQL(HTML_TO_TEXT, "DROP FUNCTION cairn_html_to_text(text)"),
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
            "search_vector_with_body",
            GeneratedSearchVectorField(
                weighted_vector("title", "A"),
                weighted_vector("summary", "B"),
                weighted_vector(html_to_text("body_html"), "C"),
            ),
        ),
        migrations.AddField(
            "resource",
            "search_vector",
            GeneratedSearchVectorField(weighted_vector("title", "C")),
        ),
        migrations.AddIndex("roadmap", GinIndex("search_vector", name="roadmap_words")),
        migrations.AddIndex("step", GinIndex("search_vector", name="step_words")),
        migrations.AddIndex(
            "step", GinIndex("search_vector_with_body", name="step_all_words")
        ),
        migrations.AddIndex(
            "resource", GinIndex("search_vector", name="resource_words")
        ),
        migrations.RunSQL(RENEW_CONTENT_VERSION, DROP_RENEW_CONTENT_VERSION),
    ]
