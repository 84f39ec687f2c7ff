"""Empty tables for the shipped maps of tables."""

import csv
import io
from collections.abc import Sequence

from lifecycle.types.readings.nearest import did_you_mean

Rows = Sequence[Sequence[str]]
_TEMPLATES: dict[str, dict[str, str]] = {
    "payments": {
        "Grant": "SSF-2017-01",
        "Payment": "P1",
        "Payee": "Airline",
        "Line": "travel",
        "Amount": "2000.00",
        "Currency": "USD",
        "Requested on": "2017-05-02",
        "Requested by": "t.leader",
        "Authorised on": "2017-05-04",
        "Authorised by": "f.inance",
        "Paid on": "2017-05-09",
        "Paid by": "p.ayer",
    },
    "grants": {
        "Grant": "SSF-2017-01",
        "Title": "Learning about dairy",
        "Window": "stand_alone",
        "Recipients": "TZ; UG",
        "Providers": "IN",
        "Sector": "agriculture",
        "Objective": "A strategy in each country",
        "Months": "12",
        "Amount": "90000.00",
        "Currency": "USD",
        "Proposed on": "2017-01-10",
        "Approved on": "2017-02-20",
        "Effective on": "2017-03-31",
        "Closing date": "2018-03-31",
        "Closed on": "",
    },
    "running-grants": {
        "Grant": "SSF-2017-02",
        "Title": "Learning about tea",
        "Window": "stand_alone",
        "Recipients": "KE",
        "Providers": "LK",
        "Sector": "agriculture",
        "Objective": "A strategy for smallholders",
        "Months": "12",
        "Leader": "t.leader",
        "Stage": "effective",
        "Approved on": "2017-02-20",
        "Signed on": "2017-03-10",
        "Effective on": "2017-03-31",
        "Closing date": "2018-03-31",
        "Completed on": "",
        "Closed on": "",
        "Ended on": "",
        "Approved": "90000.00",
        "Increased": "",
        "Cancelled": "",
        "Disbursed": "40000.00",
        "Refunded": "500.00",
        "Currency": "USD",
        "As of": "2017-12-31",
    },
    "partners": {
        "Partner": "DK",
        "Name": "Denmark",
        "Kind": "traditional",
        "Joined on": "2008-10-01",
        "Received on": "2008-11-15",
        "Amount": "3000000.00",
        "Currency": "DKK",
        "Worth": "500000.00",
    },
}
"""The columns of each template, each with an example of what is written in it."""


def template_of(name: str) -> Rows:
    """Return the header and the row that shows how to fill it in. Raises ``ValueError``."""
    columns = _TEMPLATES.get(name)
    if columns is None:
        names = ", ".join(_TEMPLATES)
        raise ValueError(f"there is no template {name!r}{did_you_mean(name, _TEMPLATES)}; there are: {names}")
    return [list(columns), list(columns.values())]


def as_csv(rows: Rows) -> str:
    """Return the rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def as_xlsx(rows: Rows, name: str) -> bytes:
    """Return the rows as a spreadsheet, whose cells are all text.

    Raises ``ValueError`` if XlsxWriter is not installed.
    """
    try:
        import xlsxwriter
    except ModuleNotFoundError:
        raise ValueError(
            "spreadsheets need XlsxWriter: pip install 'grantbook[xlsx]', or write CSV"
        ) from None
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet, text = book.add_worksheet(name), book.add_format({"num_format": "@"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value, text)
        sheet.set_column(0, len(rows[0]) - 1, 16, text)
        sheet.freeze_panes(1, 0)
    return content.getvalue()
