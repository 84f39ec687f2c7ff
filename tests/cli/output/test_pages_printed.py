"""A report's page for paper: wide tables lie across, have totals, and long ones are in linked sheets."""

import re
from datetime import date
from xml.etree.ElementTree import Element

import html5lib
import pytest

from cli.output import pages
from cli.output.pages import report_page
from projections.query import Report
from projections.reports.portfolio import timeline
from support.cli_shell import Shell

HTML = "{http://www.w3.org/1999/xhtml}"


def parsed(text: str) -> Element:
    tree: Element = html5lib.HTMLParser(strict=True).parse(text)
    return tree


def of_timeline(obligations: int, grants: int) -> Report:
    """Return a timeline with this number of obligations, which fall due by turns in all grants."""
    empty = dict.fromkeys(timeline.COLUMNS.names)
    rows = [
        timeline.COLUMNS.row(
            **{
                **empty,
                "grant": f"SSF/{n % grants}",
                "obligation": "report",
                "due_on": "2017-06-30",
                "status": "met",
                "days": 0,
            }
        )
        for n in range(obligations)
    ]
    return Report("timeline", timeline.COLUMNS, rows, date(2017, 12, 31), 7)


def links(tree: Element) -> list[str]:
    """Return the ids that the page's lists of links lead to."""
    return [str(link.get("href"))[1:] for nav in tree.iter(f"{HTML}nav") for link in nav.iter(f"{HTML}a")]


@pytest.mark.parametrize("report", ["register", "disbursement"])
def test_a_wide_report_is_printed_on_a4_landscape_with_its_totals(lived: Shell, report: str) -> None:
    text = lived("report", report, "--format", "html").out
    assert re.search(r'<body class="wide( widest)?">', text)
    assert "@page wide { size: A4 landscape;" in text
    assert ".wide { page: wide; }" in text
    totals = [row for row in parsed(text).iter(f"{HTML}tr") if row.get("class") == "total"]
    assert len(totals) == (report == "disbursement")


def test_a_narrow_report_stays_upright(lived: Shell) -> None:
    assert "<body>" in lived("report", "surveys", "--format", "html").out


def test_a_long_timeline_is_in_sheets_with_each_grant_linked_to_its_first_row() -> None:
    tree = parsed(report_page(of_timeline(450, grants=90), "As of 2017-12-31.", "A fund"))
    sheets = list(tree.iter(f"{HTML}section"))
    rows = [len(next(iter(sheet.iter(f"{HTML}tbody")))) for sheet in sheets]
    assert rows == [200, 200, 50]
    assert [caption.text for caption in tree.iter(f"{HTML}caption")][1] == "Timeline (2 of 3)"
    assert links(tree)[:3] == ["sheet-1", "sheet-2", "sheet-3"]
    rows_by_id = {row.get("id"): row for row in tree.iter(f"{HTML}tr") if row.get("id")}
    assert links(tree)[3:] == list(rows_by_id)
    assert len(rows_by_id) == 90
    assert "".join(rows_by_id["grant-SSF_7"][0].itertext()) == "SSF/7"


def test_a_few_rows_more_than_a_sheet_make_no_sheet_of_their_own() -> None:
    tree = parsed(report_page(of_timeline(pages.SHEET + pages.FEWEST - 1, grants=3), "", "A fund"))
    assert len(list(tree.iter(f"{HTML}section"))) == 1
    assert len(links(tree)) == 3  # the grants alone


def test_ids_that_differ_only_in_a_sign_lead_to_different_rows() -> None:
    rows = [list(timeline.COLUMNS.row(**dict.fromkeys(timeline.COLUMNS.names))) for _ in range(4)]
    for row, grant in zip(rows, ("A/1", "A_1", "A/1", "A_1"), strict=True):
        row[0] = grant
    report = Report("timeline", timeline.COLUMNS, [tuple(row) for row in rows], date(2017, 12, 31), 7)
    tree = parsed(report_page(report, "", "A fund"))
    assert len(set(links(tree))) == 2
    assert set(links(tree)) == {row.get("id") for row in tree.iter(f"{HTML}tr") if row.get("id")}
