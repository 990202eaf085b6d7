"""What PostgreSQL plans for a statement, or for the statements of a block."""

from contextlib import contextmanager

from django.db import connection, transaction


def explain(sql, params=None, without=("seqscan", "sort")):
    """Return PostgreSQL's plan of a statement.

    The test's tables are small, so PostgreSQL would read and sort all of them. Without
    sequential scans and sorting, it uses an index wherever one fits.

    The choice of index also depends on the tables' size on disk and their statistics.
    Earlier tests, whose rows are gone, affect both. So each table is first rewritten
    and analysed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # CLUSTER refuses a table with pending checks.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT indrelid::regclass::text, indexrelid::regclass::text"
            " FROM pg_index WHERE indisprimary"
        )
        for table, primary_key in cursor.fetchall():
            if table in sql:
                cursor.execute(f"CLUSTER {table} USING {primary_key}")
                cursor.execute(f"ANALYZE {table}")
        for kind in without:
            cursor.execute(f"SET LOCAL enable_{kind} = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        transaction.set_rollback(True)
    return plan


@contextmanager
def read_plans(table, *also_without, may_sort=False):
    """Yield a list, which then has the plan of each statement about the table.

    With `may_sort`, PostgreSQL may sort.
    """
    plans = []
    without = ["seqscan", *also_without, *([] if may_sort else ["sort"])]

    def keep_plan(execute, sql, params, many, context):
        if f'"{table}"' in sql and not many and not sql.startswith("EXPLAIN"):
            plans.append(explain(sql, params, without))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep_plan):
        yield plans
