"""What a progress report keeps of the rows of all grants."""

from datetime import date
from pathlib import Path

import pytest

from projections.progress.asking import ReportReader
from projections.progress.model import calendar_year
from projections.query import tables_at
from support import given as g
from support.given import EFFECTIVE, PROPOSED
from support.reading import new_book, of

pytestmark = pytest.mark.usefixtures("views")
END = date(2017, 12, 31)


@pytest.mark.parametrize(("year", "approved"), [(2017, ["SSF-1"]), (2016, [])])
def test_rows_are_kept_only_of_the_grants_of_the_period(
    tmp_path: Path, year: int, approved: list[str]
) -> None:
    """Of the others it keeps titles, money and counts: 100,000 grants took 439 MB with all their rows."""
    commands = [g.receive("2017-01-02"), *of("SSF-1", EFFECTIVE), *of("SSF-2", PROPOSED)]
    with new_book(tmp_path / "book", commands) as book, tables_at(book, None) as (connection, _):
        source = ReportReader(connection, calendar_year(year), END)
    assert [row.grant for row in source.approved] == approved
    assert source.completed == []
    assert source.stages == {"effective": 1, "proposed": 1}
    assert source.running == ["SSF-1"]
    money = source.money["SSF-1"]
    assert money.committed == money.undisbursed == source.committed["effective"] > 0
    assert money.net_disbursed == source.committed["proposed"] == 0
