"""A fund that is closed: its report, what partners owe and are owed, the glance and the history."""

from datetime import date
from pathlib import Path

import pytest

from cli.narrative.history import sentence_of
from lifecycle.fund import events as was
from projections.progress.at_a_glance import look, sections
from projections.query import tables_at
from support import given as g
from support.reading import ask, new_book, record

pytestmark = pytest.mark.usefixtures("views")

LIFE = [
    g.agree_contribution("2017-01-01", agreement="DK-1", reports_every=12, report_days=30),
    g.schedule("2017-01-05", instalment="I1", due="2017-06-01"),
    g.schedule("2017-01-05", instalment="I2", due="2018-12-01"),
    g.receive("2017-05-01", instalment="I1"),
    g.return_funds("2018-06-01", amount="501000.00 USD"),
]
CLOSED = g.close_fund("2018-06-30")


@pytest.mark.parametrize(
    ("on", "closed_on", "open_instalment"),
    [
        ("2018-06-29", None, "upcoming"),
        ("2018-06-30", "2018-06-30", "not_applicable"),
        ("2018-07-01", "2018-06-30", "not_applicable"),
    ],
)
def test_a_fund_is_closed_from_its_day_on(
    tmp_path: Path, on: str, closed_on: str | None, open_instalment: str
) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        before = book.position()
        record(book, CLOSED, g.submit_report_to_partner("2018-07-01", until="2017-12-31"))
        assert [row["closed_on"] for row in ask(book, "fund", on)] == [None, closed_on]
        assert ask(book, "fund", on, known=before)[-1]["closed_on"] is None
        statuses = {row["item"]: row["status"] for row in ask(book, "timeline", on)}
        assert statuses["DK/I2"] == open_instalment
        assert statuses["DK/I1"] == "met"
        assert [row["status"] for row in ask(book, "instalments", on)] == ["met", open_instalment]
        # Two periods had begun, and the third never did.
        assert {item for item in statuses if item.startswith("DK/DK-1")} == {"DK/DK-1/1", "DK/DK-1/2"}
        assert "DK/DK-1/3" not in {row["item"] for row in ask(book, "timeline", "2020-01-01")}


def test_the_glance_and_the_history_say_since_when_the_fund_is_closed(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE, CLOSED) as book:
        figures = {}
        for on in (date(2018, 6, 29), date(2018, 6, 30)):
            with tables_at(book, None) as (connection, known):
                made = look(book, connection, as_of=on, known=known, since=0)
            money = next(section for section in sections(made, "the beginning") if section.id == "money")
            figures[on.day] = {figure.label: figure.value for figure in money.figures}
        assert figures[30]["The fund is closed since"] == "2018-06-30"
        assert "The fund is closed since" not in figures[29]
        closing = was.FundClosed(on=date(2018, 6, 30), actor="a.prover", reason="the last grant is closed")
        assert sentence_of(closing, "fund") == "a.prover closed the fund: “the last grant is closed”"
