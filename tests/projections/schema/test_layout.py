"""The tables are declared once, for SQLAlchemy and for the statements that write rows."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import BigInteger, Boolean, Integer, Text

from projections import store
from projections.schema.layout import CALL_TABLES, DIRECTORY_TABLES, FUND_TABLES, GRANT_TABLES, TABLES
from projections.schema.table_layout import StoredType
from projections.schema.tables import metadata

_TYPES = {
    StoredType.TEXT: Text,
    StoredType.INTEGER: Integer,
    StoredType.BIG_INTEGER: BigInteger,
    StoredType.BOOLEAN: Boolean,
}


def test_sqlalchemys_tables_are_those_of_the_layout() -> None:
    assert metadata.tables.keys() == TABLES.keys()
    for name, table in TABLES.items():
        sql = metadata.tables[name]
        assert tuple(sql.columns.keys()) == table.names
        assert tuple(sql.primary_key.columns.keys()) == table.key
        for column in table.columns:
            assert isinstance(sql.columns[column.name].type, _TYPES[column.type])
            assert sql.columns[column.name].nullable == column.is_nullable


def test_the_file_has_the_columns_and_keys_of_the_layout(tmp_path: Path) -> None:
    with store.opened(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / store.FILE)) as raw:
        for name, table in TABLES.items():
            columns = raw.execute(f"PRAGMA table_info({name})").fetchall()
            assert tuple(column for _, column, *_ in columns) == table.names
            assert tuple(column for _, column, *_, key in columns if key) == table.key


def test_the_columns_of_a_key_come_first() -> None:
    for table in TABLES.values():
        assert table.names[: len(table.key)] == table.key


def test_the_first_column_names_the_stream_whose_rows_a_step_replaces() -> None:
    assert {table.key[0] for table in GRANT_TABLES} == {"grant"}
    assert {table.key[0] for table in CALL_TABLES} == {"call"}
    assert {table.key[0] for table in DIRECTORY_TABLES} == {"directory"}
    assert not {*FUND_TABLES} & {*GRANT_TABLES, *CALL_TABLES, *DIRECTORY_TABLES}
