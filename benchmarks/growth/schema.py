"""Give a database that was filled earlier the schema of the present code.

New tables, indexes, functions and triggers are created. Other changes need new rows, so
the database must be filled again.
"""

from __future__ import annotations

import os
import subprocess

import psycopg
from psycopg import sql

from benchmarks.growth.cluster import TEMPLATE, Cluster

SCHEMA = """
    SELECT 'table', relname, '' FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    UNION ALL SELECT 'column', table_name || '.' || column_name, data_type
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname,
        pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL SELECT 'index', indexname, indexdef
    FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'function', oid::regprocedure::text, pg_get_functiondef(oid)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
    UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname,
        pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal"""
CREATED = ("function", "index", "trigger")  # by their definition, in this order

type Schema = set[tuple[str, str, str]]  # kind, name, definition


def read_schema(url: str) -> Schema:
    with psycopg.connect(url) as connection:
        return set(connection.execute(SCHEMA).fetchall())


def update_schema(cluster: Cluster, name: str) -> list[str]:
    """Create what is missing and drop old indexes. Return what still differs."""
    wanted = read_schema(cluster.url(TEMPLATE))
    copy_new_tables(cluster, name, wanted - read_schema(cluster.url(name)))
    present = read_schema(cluster.url(name))
    with psycopg.connect(cluster.url(name), autocommit=True) as connection:
        for kind, old, _definition in present - wanted:
            if kind == "index":
                command = sql.SQL("DROP INDEX {}").format(sql.Identifier(old))
                print(f"  {name}: dropping {old}", flush=True)
                connection.execute(command)
        for created in CREATED:
            for kind, new, definition in wanted - present:
                if kind == created:
                    print(f"  {name}: creating {kind} {new}", flush=True)
                    connection.execute(definition)
        if wanted != present:
            connection.execute("VACUUM (ANALYZE)")
    difference = read_schema(cluster.url(name)) ^ wanted
    return [" ".join(each) for each in sorted(difference)]


def copy_new_tables(cluster: Cluster, name: str, missing: Schema) -> None:
    tables = [table for kind, table, _definition in missing if kind == "table"]
    if not tables:
        return
    print(f"  {name}: creating {', '.join(tables)}", flush=True)
    programs = f"{cluster.programs}{os.pathsep}{os.environ['PATH']}"
    dump = subprocess.run(
        ["pg_dump", "--schema-only", "--dbname", cluster.url(TEMPLATE)]
        + [f"--table={table}" for table in tables],
        env=os.environ | {"PATH": programs},
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    subprocess.run(
        ["psql", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", cluster.url(name)],
        env=os.environ | {"PATH": programs},
        check=True,
        input=dump,
        stdout=subprocess.DEVNULL,
    )
