"""Lay the rows of some grants and calls over those of the views, which stay as they are.

The tables of a new file hold the rows that are laid over. The views are attached to it, and temporary SQL
views, which have the names of the tables, take all other rows from there. So every select works on them as on
the views. Views in a database are first copied, a page at a time.
"""

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, MetaData, select

from lifecycle.journal.sqlite.read_only import address_to_read, unchanged
from projections.schema.layout import tracking
from projections.schema.table_layout import TableLayout
from projections.schema.tables import metadata
from projections.store.sqlite import FILE, reading, scratch

OVER = "main."
"""The prefix of the tables that are laid over."""
_UNDER = "live"
_PAGE = 5_000
"""The number of rows that are copied from a database at a time."""


@contextmanager
def new_tables() -> Iterator[Connection]:
    """Yield empty tables in a file that is thrown away, in one transaction."""
    with tempfile.TemporaryDirectory(prefix="grantbook-") as folder:
        views = scratch(Path(folder) / FILE)
        try:
            with reading(views) as connection:
                yield connection
        finally:
            views.close()


@contextmanager
def over_file(file: Path) -> Iterator[Connection]:
    """Yield new tables beside those of the views in the file, which are seen as they are at the first read.

    Raises ``WrittenMeanwhile``.
    """
    address, look = address_to_read(file)
    with unchanged(file, look), new_tables() as connection:
        connection.exec_driver_sql(f"ATTACH DATABASE ? AS {_UNDER}", (address,))
        show(connection, tracking)
        yield connection.execution_options(look=look)


@contextmanager
def over_database(source: Connection) -> Iterator[Connection]:
    """Yield new tables beside a copy of the views in a database."""
    with new_tables() as connection:
        connection.exec_driver_sql(f"ATTACH DATABASE '' AS {_UNDER}")
        for table in metadata.sorted_tables:
            copy = table.to_metadata(MetaData(), schema=_UNDER)
            copy.create(connection)
            rows = source.execution_options(yield_per=_PAGE).execute(select(table))
            for page in rows.partitions():
                connection.execute(copy.insert(), [dict(row._mapping) for row in page])
        show(connection, tracking)
        yield connection


def under(table: TableLayout) -> str:
    """Return the name of the views' table itself."""
    return f"{_UNDER}.{table.name}"


def lay_over(
    connection: Connection, tables: Sequence[TableLayout], column: str, ids: Collection[str]
) -> None:
    """Let these tables show the rows that have one of the ids in the column as they are laid over."""
    names = f"{column}s_laid_over"
    connection.exec_driver_sql(f"CREATE TABLE {OVER}{names} (name TEXT PRIMARY KEY) WITHOUT ROWID")
    if ids:
        rows = [(name,) for name in sorted(ids)]
        connection.exec_driver_sql(f"INSERT INTO {OVER}{names} VALUES (?)", rows)
    for table in tables:
        columns = ", ".join(f'"{each.name}"' for each in table.columns)
        connection.exec_driver_sql(
            f"CREATE TEMP VIEW {table.name} AS SELECT {columns} FROM {OVER}{table.name} UNION ALL"
            f' SELECT {columns} FROM {under(table)} WHERE "{column}" NOT IN (SELECT name FROM {OVER}{names})'
        )


def show(
    connection: Connection, table: TableLayout, *, where: str = "1", values: Mapping[str, str] | None = None
) -> None:
    """Let the table show the views' rows that fulfil the condition, some of their values replaced."""
    changed = values or {}
    columns = ", ".join(
        changed.get(each.name, f'"{each.name}"') + f' AS "{each.name}"' for each in table.columns
    )
    connection.exec_driver_sql(
        f"CREATE TEMP VIEW {table.name} AS SELECT {columns} FROM {under(table)} WHERE {where}"
    )
