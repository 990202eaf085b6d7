from django.db import migrations


class Migration(migrations.Migration):
    """What roadmaps/full_text.py and the search call by name.

    The functions are not PARALLEL SAFE on purpose: to start a second process takes
    longer than a search does.
    """

    dependencies = [
        ("roadmaps", "0003_same_as"),
    ]

    operations = [
        # Words as they are written, without the stop words of English.
        migrations.RunSQL(
            """
            CREATE TEXT SEARCH DICTIONARY cairn_written
                (TEMPLATE = pg_catalog.simple, STOPWORDS = english);
            CREATE TEXT SEARCH CONFIGURATION cairn_written
                (COPY = pg_catalog.simple);
            ALTER TEXT SEARCH CONFIGURATION cairn_written
                ALTER MAPPING REPLACE pg_catalog.simple WITH cairn_written;
            """,
            """
            DROP TEXT SEARCH CONFIGURATION cairn_written;
            DROP TEXT SEARCH DICTIONARY cairn_written;
            """,
        ),
        # PostgreSQL reads CI/CD as a path, Node.js as a host and <b> as a tag. With a
        # control character after each mark of punctuation it reads words.
        migrations.RunSQL(
            r"""
            CREATE FUNCTION cairn_only_words(text) RETURNS text
                IMMUTABLE
                RETURN regexp_replace(
                    $1, '[!-/:-@[-`{-~]', '\&' || U&'\0080', 'g'
                )
            """,
            "DROP FUNCTION cairn_only_words(text)",
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION cairn_words(text, "char") RETURNS tsvector
                IMMUTABLE
                RETURN setweight(
                    to_tsvector('english', cairn_only_words($1))
                        || to_tsvector('cairn_written', cairn_only_words($1)),
                    $2
                )
            """,
            'DROP FUNCTION cairn_words(text, "char")',
        ),
        # For the HTML that roadmaps/markdown.py makes: it has a line break between
        # blocks, and no other entities.
        migrations.RunSQL(
            """
            CREATE FUNCTION cairn_text_of_html(text) RETURNS text
                IMMUTABLE
                RETURN replace(replace(replace(
                    regexp_replace($1, '<[^>]*>', '', 'g'),
                    '&lt;', '<'), '&gt;', '>'), '&amp;', '&')
            """,
            "DROP FUNCTION cairn_text_of_html(text)",
        ),
    ]
