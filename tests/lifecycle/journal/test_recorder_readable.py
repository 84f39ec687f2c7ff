"""The views with which people read a journal without the program, in either store."""

import json

import pytest

from lifecycle.book.book import Book
from lifecycle.journal.mapper import stamp, topic_of
from lifecycle.journal.stored_row import moment_of
from lifecycle.kernel.event import ImportedFrom
from support import given as g
from support.books import make_book, record

pytestmark = pytest.mark.both_stores


@pytest.fixture
def book(place: str) -> Book:
    """Yield a book with proposals, a cost with a note and an id that is no UUID, and a refusal."""
    book = make_book(place, [*g.FOUNDED, *g.PROPOSED])
    record(book, [g.cost("01-12", note="by letter", command_id="c 1")])
    assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
    return book


def test_entries_are_read_as_text(book: Book) -> None:
    question = (
        "SELECT position, version, topic, recorded_at, recorder, actor, command_id, rules, note, event"
        " FROM journal WHERE stream = ? ORDER BY version"
    )
    rows = book.journal.recorder.rows(question, f"grant:{g.G}")
    for row, entry in zip(rows, book.entries(f"grant:{g.G}"), strict=True):
        about = entry.position, entry.originator_version, topic_of(type(entry.event))
        by = stamp(entry.recorded_at), entry.recorder, entry.event.actor, entry.command_id
        assert tuple(row)[:-1] == (*about, *by, entry.rules, entry.note)
        assert type(entry.event).model_validate(json.loads(row[-1])) == entry.event
    assert (rows[-1][6], rows[-1][8]) == ("c 1", "by letter")


def test_an_imported_entry_says_where_it_comes_from(book: Book) -> None:
    origin = ImportedFrom(source="register", reference="row 7", mode="history")
    assert book.record(g.but(g.cost("01-13"), imported_from=origin), "admin").outcome == "accepted"
    (row,) = book.journal.recorder.rows("SELECT imported_from FROM journal WHERE imported_from IS NOT NULL")
    assert json.loads(row[0]) == origin.model_dump()


def test_refusals_are_read_as_text(book: Book) -> None:
    question = (
        'SELECT position, recorded_at, command, stream, "on", actor, recorder, refusal, command_id, digest,'
        " request FROM refused"
    )
    (row,), (refusal,) = book.journal.recorder.rows(question), book.refusals()
    about = (
        refusal.position,
        stamp(moment_of(refusal.recorded_at)),
        "RecordCost",
        f"grant:{g.G}",
        "2017-01-09",
    )
    assert tuple(row)[:5] == about
    assert tuple(row)[5:10] == ("t.leader", "t.leader", "UnknownGrant", refusal.id, refusal.digest.hex())
    assert json.loads(row[-1])["amount"] == "10.00 USD"
