"""A report's columns: rows are made by name, and a select gives what is declared."""

import pytest
from sqlalchemy import Text, literal, select

from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.layout import call_scores, seat_offsets
from projections.schema.rows import row_maker

PAIR = Columns(Column("grant", Type.TEXT, "Its id"), Column("paid", Type.MONEY, "What was paid"))


def test_a_row_is_made_by_name_in_the_order_of_the_columns() -> None:
    assert PAIR.row(paid="1.00", grant="G") == ("G", "1.00")


@pytest.mark.parametrize("cells", [{"grant": "G"}, {"grant": "G", "paid": "1.00", "asked": "2.00"}])
def test_a_row_has_a_cell_for_each_column_and_no_other(cells: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="cells without a column"):
        PAIR.row(**cells)


def test_a_select_gives_the_declared_columns_in_their_order() -> None:
    grant, paid = literal("G", Text).label("grant"), literal("1.00", Text).label("paid")
    assert Question(PAIR, select(grant, paid)).columns is PAIR
    with pytest.raises(ValueError, match="declared"):
        Question(PAIR, select(paid, grant))


def test_names_stand_once_and_the_first_ones_are_columns() -> None:
    with pytest.raises(ValueError, match="twice"):
        Columns(Column("grant", Type.TEXT, "Its id"), Column("grant", Type.TEXT, "Its id"))
    with pytest.raises(ValueError, match="no column has the name asked"):
        Columns(Column("grant", Type.TEXT, "Its id"), first="grant asked")


def test_a_row_of_a_table_is_made_by_name_in_the_order_of_its_columns() -> None:
    assert row_maker(call_scores)(
        hundredths=450, criterion="impact", call="C-1", on="2018-01-01", n=0, grant="G-1"
    ) == ("G-1", 0, "2018-01-01", "C-1", "impact", 450)


@pytest.mark.parametrize(
    "cells",
    [{"since": "2018-01-01"}, {"since": "2018-01-01", "secs": 0}, {"since": "", "seconds": 0, "east": 1}],
    ids=["a cell is missing", "a name is wrong", "a cell is too many"],
)
def test_a_row_of_a_table_takes_its_columns_and_no_others(cells: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"seat_offsets: .*(seconds|secs|east)"):
        row_maker(seat_offsets)(**cells)
