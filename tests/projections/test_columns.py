"""A report's columns: rows are made by name, and a select gives what is declared."""

import pytest
from sqlalchemy import Text, literal, select

from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type

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
