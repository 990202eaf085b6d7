"""What PostgreSQL plans for the statements of a block."""

from contextlib import contextmanager

from django.db import connection


@contextmanager
def read_plans(table, *also_without, may_sort=False):
    """Yield a list, which then has the plan of each statement about the table.

    The test's table is small, so PostgreSQL would read and sort all of it. Without
    sequential scans and sorting, it uses an index wherever one fits. With `may_sort`,
    it may sort.
    """
    plans = []
    kinds = ["seqscan", *also_without]
    if not may_sort:
        kinds.append("sort")

    def explain(execute, sql, params, many, context):
        if f'"{table}"' in sql and not many and not sql.startswith("EXPLAIN"):
            with connection.cursor() as cursor:
                for kind in kinds:
                    cursor.execute(f"SET LOCAL enable_{kind} = off")
                cursor.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
                for kind in kinds:
                    cursor.execute(f"SET LOCAL enable_{kind} = on")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans
