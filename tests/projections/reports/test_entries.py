"""The report of entries: what is in force at (on, known), corrections applied."""

import json
from pathlib import Path

import pytest

from lifecycle.journal.journal import Journal
from lifecycle.kernel.event import ImportedFrom
from lifecycle.kernel.history import FUND, in_force
from lifecycle.parse import Malformed
from projections import streamed_rows
from projections.engine.detached_views import DetachedViews
from projections.engine.projector import catch_up
from projections.query import answering, run
from support import given as g
from support.given import ASKED, PAID
from support.reading import ask, new_book, of, record

GRANT = f"grant:{g.G}"


def test_an_entry_has_its_officers_its_days_and_its_other_fields(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PAID) as book:
        row = ask(book, "entries", "05-01", grant=g.G)[-1]
        entry = book.entries(GRANT)[-1]
        assert (row["stream"], row["version"], row["position"]) == (GRANT, 8, book.position())
        assert (row["event"], row["on"]) == ("FundsDisbursed", "2017-05-01")
        assert (row["actor"], row["recorder"], row["corrected_by"]) == ("p.ayer", "p.ayer", None)
        assert row["late_days"] == (entry.recorded_at.date() - entry.on).days > 0
        assert book.resolve(row["recorded_at"]) == row["position"]
        assert json.loads(row["fields"]) == {"payment": "P1", "amount": "2000.00 USD"}


def test_an_imported_entry_says_where_it_comes_from(tmp_path: Path) -> None:
    origin = ImportedFrom(source="register", reference="row 7", mode="history")
    with new_book(tmp_path / "book", PAID) as book:
        command = g.but(g.cost("05-01", actor="n.obody"), imported_from=origin)
        assert book.record(command, "admin").outcome == "accepted"
        *others, imported = ask(book, "entries", "05-01", grant=g.G)
        assert json.loads(imported["imported_from"]) == origin.model_dump()
        assert {row["imported_from"] for row in others} == {None}


def test_it_lists_the_entries_in_force_of_the_fund_of_calls_and_of_grants(tmp_path: Path) -> None:
    call = g.open_call("2012-01-01")
    with new_book(tmp_path / "book", call, ASKED, of("SSF-2", ASKED)) as book:
        streams = ["call:C1", FUND, GRANT, "grant:SSF-2"]
        rows = ask(book, "entries", g.TODAY)
        expected = [
            (stream, version)
            for stream in streams
            for version in sorted(entry.originator_version for entry in in_force(book.entries(stream)))
        ]
        assert [(row["stream"], row["version"]) for row in rows] == expected
        early = ask(book, "entries", "2012-01-01")
        assert {row["stream"] for row in early} == {"call:C1", FUND}
        assert max(row["on"] for row in early) == "2012-01-01"


def test_a_corrected_entry_reads_as_it_should_and_known_shows_it_as_it_was(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", ASKED) as book:
        known, version = book.position(), len(book.entries(GRANT))
        changes = {"amount": "1200.00 USD", "on": "2017-04-09"}
        record(book, g.correct("04-11", entry=version, reads=changes))
        (now,) = [row for row in ask(book, "entries", "04-09") if row["event"] == "PaymentRequested"]
        assert (now["version"], now["corrected_by"], now["on"]) == (version, version + 1, "2017-04-09")
        assert json.loads(now["fields"])["amount"] == "1200.00 USD"
        then = ask(book, "entries", "04-10", known=known)[-1]
        assert (then["corrected_by"], json.loads(then["fields"])["amount"]) == (None, "2000.00 USD")
        record(book, g.correct("04-12", entry=version, struck=True))
        assert not [row for row in ask(book, "entries", "2018-01-01") if row["event"] == "PaymentRequested"]


def test_a_correction_of_the_fund_reaches_an_entry_on_another_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_book(tmp_path / "book") as book:
        version = len(book.entries(FUND))
        record(book, g.correct_fund("2009-01-01", entry=version, reads={"amount": "400000.00 USD"}))
        whole = ask(book, "entries", g.TODAY)
        pages = Journal.pages
        monkeypatch.setattr(Journal, "pages", lambda journal, stream, _: pages(journal, stream, 2))
        assert ask(book, "entries", g.TODAY) == whole
        (received,) = [row for row in whole if row["event"] == "InstalmentReceived"]
        assert received["corrected_by"] == version + 1
        assert json.loads(received["fields"])["amount"] == "400000.00 USD"


def test_rows_are_read_while_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_rows, "PAGE", 3)
    with new_book(tmp_path / "book", PAID) as book:
        expected = run(book, "entries", as_of=g.TODAY).rows
        with answering(book, "entries", as_of=g.TODAY) as report:
            rows = iter(report.rows)
            first = next(rows)
            record(book, g.refund("05-20"))  # not known at the report's position
            assert [first, *rows] == expected
            assert len(report.rows) == len(expected)


def test_it_is_asked_of_the_journal_alone(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", ASKED) as book:
        catch_up(book)
        with pytest.raises(Malformed, match="read from the journal, not from views"):
            run(DetachedViews(book.views), "entries", as_of=g.TODAY)
        with pytest.raises(Malformed, match="not summed by a key"):
            run(book, "entries", as_of=g.TODAY, by="window")
        with pytest.raises(Malformed, match="did you mean SSF-1"):
            run(book, "entries", as_of=g.TODAY, grant="SSF-11")
