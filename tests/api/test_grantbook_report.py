import pyarrow as pa
import pytest

import grantbook
from projections.query import KEYS, REPORTS
from support.cli_shell import Shell

QUESTIONS = [(name, None) for name in REPORTS] + [(name, key) for name, keys in KEYS.items() for key in keys]


def test_rows_have_names(book: grantbook.Book) -> None:
    report = book.report("disbursement", as_of="2017-12-31")
    (row,) = report
    assert (row.grant, row.disbursed, row.net_disbursed) == ("G-1", "60000.00", "58000.00")
    assert row._fields == report.columns
    assert len(report) == 1
    assert (report.name, str(report.as_of)) == ("disbursement", "2017-12-31")


def test_a_report_takes_both_dates(book: grantbook.Book) -> None:
    known = book.report("disbursement").known
    assert book.report("disbursement", as_of="2017-05-08").dicts()[0]["disbursed"] == "0.00"
    before = book.report("disbursement", as_of="2017-12-31", known=known - 1)
    assert (before.known, before.dicts()[0]["refunded"]) == (known - 1, "0.00")


def test_every_report_has_its_forms(book: grantbook.Book, lived: Shell) -> None:
    for name, by in QUESTIONS:
        report = book.report(name, as_of="2017-12-31", by=by)
        options = ["--waiting"] if by == "waiting" else ["--by", by] if by else []
        result = lived("report", name, "--as-of", "2017-12-31", *options, "--json")
        assert result.rows == report.dicts()
        assert [row._asdict() for row in report] == report.dicts()
        table = pa.table(report)  # by the protocol: it asks for __arrow_c_stream__
        assert (tuple(table.column_names), table.num_rows) == (report.columns, len(report))
        assert report.caption.splitlines()[0] in result.err
        assert report._repr_html_().count("<tr") > len(report)


def test_an_unknown_report_key_or_grant_is_malformed(book: grantbook.Book) -> None:
    with pytest.raises(grantbook.Malformed, match="there is no report nothing"):
        book.report("nothing")
    with pytest.raises(grantbook.Malformed, match="is not a key of disbursement"):
        book.report("disbursement", by="nothing")
    with pytest.raises(grantbook.Malformed, match="the book knows no grant 'G-9'"):
        book.report("register", grant="G-9")


def test_a_notebook_escapes_markup_in_a_title(book: grantbook.Book) -> None:
    amount = {
        "amount": "1.00 USD",
        "months": 1,
        "window": "stand_alone",
        "sector": "finance",
        "objective": "x",
    }
    book.record(
        {
            "command": "ProposeGrant",
            "grant": "G-2",
            "on": "2017-01-01",
            "actor": "leader",
            "title": "<script>",
            "recipients": ["RW"],
            "providers": ["CL"],
            **amount,
        }
    )
    html = book.report("register")._repr_html_()
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_arrow_is_loaded_only_if_a_report_is_exported_to_it(lived: Shell) -> None:
    program = (
        "import sys, grantbook\n"
        "sys.modules['pyarrow'] = None\n"
        "with grantbook.open(sys.argv[1]) as book:\n"
        "    report = book.report('register')\n"
        "print(len(report.dicts()), len(list(report)))\n"
        "try:\n    report.__arrow_c_stream__()\nexcept ImportError:\n    print('not there')\n"
    )
    assert lived.other(str(lived.place), program=program).out.split() == ["1", "1", "not", "there"]
