"""Tables of money end with their totals, and rows for programs have none."""

from datetime import date

import pytest

from cli.output.table import body_of
from cli.output.totals import totals
from projections.query import AS_OF, Report
from projections.reports.fund import contributions, instalments
from projections.reports.money import value
from projections.schema.columns import Columns
from support.cli_shell import Shell

pytestmark = pytest.mark.case("M14")


@pytest.mark.both_stores
@pytest.mark.parametrize("by", ["quarter", "fiscal-quarter", "window", "sector", "region", "call", "partner"])
def test_the_last_line_of_a_table_is_its_total(lived: Shell, by: str) -> None:
    result = lived("report", "disbursement", "--by", by, "--as-of", "2017-12-31")
    (total,) = [line for line in result.out.splitlines() if line.startswith("total")]
    assert "70,000.00" in total
    rows = lived("--json", "report", "disbursement", "--by", by, "--as-of", "2017-12-31").rows
    assert all("total" not in row.values() for row in rows)
    page = lived("report", "disbursement", "--by", by, "--as-of", "2017-12-31", "--format", "html").out
    assert ">total<" in page


def test_grants_do_not_add_up_over_periods_nor_money_over_countries(lived: Shell) -> None:
    result = lived("report", "disbursement", "--by", "country", "--as-of", "2017-12-31")
    assert not [line for line in result.out.splitlines() if line.startswith("total")]
    assert "rows do not add up" in result.out


@pytest.mark.case("M12")
def test_the_coverage_of_each_ratio_is_stated(lived: Shell) -> None:
    result = lived("report", "value", "--as-of", "2017-12-31")
    text = " ".join(result.out.split())
    assert "participants known for 0 of 1 grants, and paid for in 0 of these" in text
    assert "over the grants that have both figures" in text


def report(columns: str, *rows: tuple[object, ...]) -> Report:
    declared = {**contributions.COLUMNS.by_name, **instalments.COLUMNS.by_name}
    layout = Columns(*(declared[name] for name in columns.split()))
    return Report("instalments", layout, list(rows), date(2018, 1, 1), 1)


def test_amounts_of_different_currencies_are_never_added() -> None:
    of_two_currencies = report(
        "partner currency scheduled missing",
        ("DK", "DKK", "5.00", None),
        ("IN", "JPY", "7", "1"),
        ("NO", "DKK", "1.00", "1.00"),
    )
    assert [*body_of(of_two_currencies)][3:] == [["total", "DKK", "6.00", "1.00"], ["total", "JPY", "7", "1"]]
    assert totals(report("partner currency scheduled")) == []
    assert totals(report("partner kind", ("DK", "x"))) == []


def test_amounts_in_other_currencies_are_totalled_and_stated_below_the_table(lived: Shell) -> None:
    for amount in ("50.00 EUR", "0.50 EUR", "700 JPY"):
        cost = ("grant", "cost", "G-1", "--on", "2017-06-01", "--purpose", "supervision")
        assert lived(*cost, "--actor", "leader", "--amount", amount).code == 0
    for by in ((), ("--by", "window")):
        text = " ".join(lived("report", "value", *by, "--as-of", "2017-12-31").out.split())
        assert "In other currencies, and not added: 50.50 EUR, 700 JPY." in text
        assert "not added" not in lived("report", "value", *by, "--as-of", "2017-05-31").out
    declared = value.report_by("window", AS_OF).columns.by_name
    layout = Columns(*(declared[name] for name in ("window", "cash", "currency", "other_currencies")))
    rows = [("a", "1.00", "USD", ["2.00 EUR"]), ("b", "2.00", "USD", ["1.00 EUR", "7 JPY"])]
    by_window = Report("value", layout, rows, date(2018, 1, 1), 1)
    assert [*body_of(by_window)][2:] == [["total", "3.00", "USD", "3.00 EUR, 7 JPY"]]


@pytest.mark.case("M13")
def test_a_declined_proposal_is_no_grant_in_glance_and_progress_report(lived: Shell) -> None:
    proposal = (
        "grant propose P-1 --on 2017-05-01 --actor leader --title Tea --window stand_alone --recipients KE"
        " --providers IN --sector tea --objective Tea --months 6"
    )
    assert lived(*proposal.split(), "--amount", "5000.00 USD").code == 0
    result = lived(*"grant decline P-1 --on 2017-06-01 --actor boss --reason no".split())
    assert result.code == 0, result.err
    (row,) = lived("--json", "report", "glance", "--as-of", "2017-12-31").row["money"]
    assert (row["grants"], row["proposals"]) == (1, 1)
    text = lived("report", "progress", "--year", "2017").out
    assert "| stand alone | 1 | 1 | 70,000.00 |" in text
    assert "| tea | 0 | 1 | 0.00 |" in text
    assert "| total | 1 | 1 | 70,000.00 |" in text
