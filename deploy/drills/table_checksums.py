"""Compare the tables of two databases."""

import psycopg

Checksums = dict[str, tuple[int, int | None]]


def checksums(database_url: str) -> Checksums:
    """Return each table's number of rows, and a checksum that ignores their order."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    query = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {} AS t"
    with psycopg.connect(database_url) as session:
        return {
            table: session.execute(
                psycopg.sql.SQL(query).format(psycopg.sql.Identifier(table))
            ).fetchone()
            for (table,) in session.execute(tables).fetchall()
        }
