"""The marks in hash partitions by person, with the same columns, key and index."""

from __future__ import annotations

import time

from benchmarks.bench.data import Database, drop_indexes

TABLE = "progress_stepprogress"
# What is measured beside the table without partitions.
COMPARED = (
    "^(roadmap page|mark a step|tick a topic|page Progress|count_learners|vacuum"
    "|retire a step|merge two steps|backup)"
)
CONSTRAINTS = f"""
    SELECT 'ALTER TABLE {TABLE} ADD CONSTRAINT ' || quote_ident(conname) || ' '
        || pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE conrelid = '{TABLE}_plain'::regclass AND contype IN ('c', 'f')"""


def divide(url: str, partitions: int) -> None:
    """Copy the marks into partitions, in their present order, and drop the table."""
    database = Database(url)
    begun = time.monotonic()
    indexes = drop_indexes(database, TABLE)
    for statement in [
        f"ALTER TABLE {TABLE} RENAME TO {TABLE}_plain",
        f"CREATE TABLE {TABLE} (LIKE {TABLE}_plain INCLUDING DEFAULTS)"
        " PARTITION BY HASH (user_id)",
        *(
            f"CREATE TABLE {TABLE}_{number} PARTITION OF {TABLE}"
            f" FOR VALUES WITH (MODULUS {partitions}, REMAINDER {number})"
            for number in range(partitions)
        ),
    ]:
        database.execute(statement)
    constraints = database._connection.execute(CONSTRAINTS).fetchall()
    database.execute(f"INSERT INTO {TABLE} SELECT * FROM {TABLE}_plain")
    database.execute(f"DROP TABLE {TABLE}_plain")
    for (statement,) in constraints:
        database.execute(statement)
    for statement in indexes:
        database.execute(statement)
    database.execute("VACUUM (FREEZE, ANALYZE) " + TABLE)
    database.close()
    print(f"  {(time.monotonic() - begun) / 60:.1f} min: partitions", flush=True)
