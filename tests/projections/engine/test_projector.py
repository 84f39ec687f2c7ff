"""Views have the same rows if they are caught up or rebuilt, by one process or several, killed or not."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from lifecycle.book.book import Book
from lifecycle.journal.addresses import is_address
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.policy.edition_file import read_edition
from projections import store
from projections.engine import projector
from projections.engine.projector import catch_up, rebuild, status
from projections.schema.layout import SHADOW
from projections.schema.tracking import ViewsTracking
from support import given as g
from support.given import (
    APPROVED,
    CLOSED,
    EFFECTIVE,
    FOLLOW_UP,
    PAID,
    REQUESTED,
    SETTLED,
)
from support.processes import process
from support.reading import (
    ask,
    new_book,
    of,
    record,
    sql,
    tables,
)

pytestmark = pytest.mark.usefixtures("views")

FILE = store.FILE


def delete_views(book: Book) -> None:
    """Delete the views as an administrator who needs room does."""
    if book.views == book.path:
        for file in book.path.glob(f"{FILE}*"):
            file.unlink()
    else:
        sql(book, "DROP SCHEMA views CASCADE", "CREATE SCHEMA views")


def assert_same_when_rebuilt(book: Book) -> None:
    """Check that a rebuild makes the rows that the views have."""
    caught_up = tables(book)
    rebuild(book)
    assert tables(book) == caught_up


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_catching_up_in_any_steps_gives_the_rows_of_a_rebuild(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(projector, "STEP", step)
    with new_book(tmp_path / "book") as book:
        rebuild(book)
        record(book, CLOSED, of("SSF-2", PAID), g.schedule("2018-01-01"), of("SSF-3", REQUESTED))
        assert catch_up(book) == book.position()
        record(book, of("SSF-3", [g.send_back("01-25")]), g.receive("2018-02-01", instalment="I1"))
        payment = [e.originator_version for e in book.entries("grant:SSF-2")][-1]
        record(book, of("SSF-2", [g.correct("06-01", entry=payment, reads={"amount": "1500.00 USD"})]))
        catch_up(book)
        record(book, of("SSF-2", [g.plan("04-02"), g.hold("04-12", starts="2017-04-10", ends="2017-04-12")]))
        pledge = g.pledge("2018-01-01", amount="5.00 EUR", holding_amount="6.00 USD")
        record(book, pledge, g.join("2018-01-01", partner="IN", name="India", kind="emerging"))
        catch_up(book)
        assert status(book) == {
            "views": (end := book.position()),
            "journal": end,
            "behind": 0,
            "seconds": 0.0,
        }
        assert_same_when_rebuilt(book)


def test_a_step_after_one_command_asks_the_journal_two_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_book(tmp_path) as book, projector.catching_up(book) as catch_up_again:
        record(book, EFFECTIVE)
        catch_up_again()
        questions: list[str] = []
        recorder = type(book.journal.recorder)
        ask_journal = recorder.rows

        def counted(self: object, statement: str, *values: object) -> list[tuple[object, ...]]:
            questions.append(statement)
            return ask_journal(self, statement, *values)  # type: ignore[arg-type]

        monkeypatch.setattr(recorder, "rows", counted)
        for n in range(3):
            record(book, [g.cost("06-12", note=str(n))])
            questions.clear()
            assert catch_up_again() == book.position()
            assert len(questions) <= 2 + 1  # The last question is this test's own.
        assert_same_when_rebuilt(book)


def test_views_far_behind_are_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector, "STEP", 5)
    progress: list[tuple[int, int]] = []
    with new_book(tmp_path / "book", CLOSED) as book:
        catch_up(book, lambda done, total: progress.append((done, total)))
        assert progress[-1] == (book.position(), book.position())
        assert_same_when_rebuilt(book)


def test_a_correction_of_the_fund_changes_its_rows(tmp_path: Path) -> None:
    with new_book(tmp_path / "book") as book:
        catch_up(book)
        received = len(book.entries("fund"))
        record(book, g.correct_fund("2018-01-01", entry=received, reads={"amount": "400000.00 USD"}))
        assert ask(book, "fund", "2018-01-01")[-1]["received_holding"] == "400000.00"
        assert_same_when_rebuilt(book)


def test_an_edition_adopted_late_changes_no_row(tmp_path: Path) -> None:
    edition = read_edition(
        '[edition]\nname = "swift"\nfrom = 2017-01-15\nagreement_required = true\n'
        'disbursement_grace = { months = 4, source = "test" }\n[edition.windows.stand_alone]\n'
        '[edition.obligations]\nreview = { days = 10, source = "test" }\n'
    )
    with new_book(tmp_path / "book", REQUESTED) as book:
        assert ask(book, "timeline", "01-20")[0]["due_on"] == "2017-02-19"
        adoption = g.adopt(
            "2018-01-01", edition=edition.model_dump(by_alias=True, mode="json", exclude_none=True)
        )
        assert book.record(adoption, adoption.actor).refusal == "EditionTooLate"
        assert ask(book, "timeline", "01-20")[0]["due_on"] == "2017-02-19"
        assert_same_when_rebuilt(book)


def test_deleting_the_views_loses_nothing(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", CLOSED) as book:
        catch_up(book)
        before = tables(book)
        delete_views(book)
        assert status(book)["views"] == 0
        catch_up(book)
        assert tables(book) == before


@pytest.mark.parametrize("harm", ["no database", "another format", "empty", "no tables"])
def test_views_that_cannot_be_used_are_made_again(tmp_path: Path, harm: str) -> None:
    with new_book(tmp_path / "book", CLOSED) as book:
        catch_up(book)
        before = tables(book)
        if harm == "another format":
            sql(book, "UPDATE views_format SET format = 0")
        else:
            delete_views(book)
            if harm == "no tables":
                sql(book, "CREATE TABLE something_else (x integer)")
            elif harm == "no database" and book.views == book.path:
                (book.path / FILE).write_bytes(b"this is not a database at all, whatever its name says" * 50)
            elif harm == "empty" and book.views == book.path:
                (book.path / FILE).touch()
        catch_up(book)
        after = tables(book)
        if book.views != book.path:
            after.pop("something_else", None)  # Tables of others stay.
        assert after == before


def test_views_ahead_of_their_journal_are_made_again(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", APPROVED) as book:
        catch_up(book)
        before = tables(book)
        sql(book, "UPDATE tracking SET notification_id = 1000", "DELETE FROM register_spans")
        catch_up(book)
        assert tables(book) == before


def test_views_of_another_journal_are_made_again(tmp_path: Path) -> None:
    """Both journals are equally long, as after a restored backup and the same number of commands."""
    with new_book(tmp_path / "other", of("SSF-2", APPROVED)) as other, new_book(tmp_path / "book") as book:
        record(book, APPROVED)
        catch_up(book)
        before = tables(book)
        other.views = book.views
        assert catch_up(other) == book.position()
        assert [row["grant"] for row in ask(other, "register", "2017-12-31")] == ["SSF-2"]
        assert [row["grant"] for row in ask(book, "register", "2017-12-31")] == [g.G]
        assert tables(book) == before


def test_a_reader_of_views_of_another_journal_gets_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "PATIENCE", 0)
    with new_book(tmp_path / "other", of("SSF-2", APPROVED)) as other, new_book(tmp_path / "book") as book:
        record(book, APPROVED)
        catch_up(other)
        book.views = other.views
        monkeypatch.setattr(projector, "_catch_up", forbidden)
        with pytest.raises(Unreachable, match="not those of this journal"):
            ask(book, "register", "2017-12-31")


def forbidden(*_: object) -> None:
    raise store.MayNotWrite("somebody else's")


def test_views_that_cannot_be_written_are_named_without_a_password(tmp_path: Path) -> None:
    with new_book(tmp_path / "book") as book:
        if book.views == book.path:
            (book.path / FILE).mkdir()
        else:
            book.views = "postgresql://nobody:secret@localhost:1/nowhere?connect_timeout=1"
        with pytest.raises(Unreachable, match="the views could not be used") as error:
            catch_up(book)
        assert "secret" not in str(error.value)


def test_a_failed_step_leaves_the_step_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with new_book(tmp_path / "book", EFFECTIVE) as book:
        catch_up(book)
        before = tables(book)
        record(book, of("SSF-2", SETTLED))

        def fail(*_: object) -> None:
            driver = sqlite3 if book.views == book.path else psycopg
            raise driver.OperationalError("database or disk is full")

        monkeypatch.setattr(ViewsTracking, "keep", fail)
        with pytest.raises(Unreachable, match="disk is full"):
            catch_up(book)
        assert tables(book) == before
        monkeypatch.undo()
        catch_up(book)
        assert_same_when_rebuilt(book)


def _project(path: Path, views: Path | str, action: str, times: int) -> None:
    with Book.open(path, views=views) as book:
        for _ in range(times):
            (rebuild if action == "rebuild" else catch_up)(book)


def test_several_projectors_at_once_make_the_same_rows(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.receive("2016-01-01", amount="2000000.00 USD"), CLOSED) as book:
        actions = ["catch up", "catch up", "rebuild", "rebuild"]
        workers = [process(_project, book.place, book.views, action, 4) for action in actions]
        for worker in workers:
            worker.start()
        for number in range(2, 14):
            record(book, of(f"SSF-{number}", FOLLOW_UP[: number % 8 + 3]))
        for worker in workers:
            worker.join(60)
            assert worker.exitcode == 0
        catch_up(book)
        assert status(book)["behind"] == 0
        assert_same_when_rebuilt(book)


def test_a_process_that_waited_for_a_rebuild_does_not_rebuild(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = store.locked

    @contextmanager
    def after_another_rebuild(path: store.Place) -> Iterator[None]:
        monkeypatch.setattr(store, "locked", locked)
        rebuild(book)
        monkeypatch.delattr(projector, "rebuild_in_shadows")
        with locked(path):
            yield

    with new_book(tmp_path / "book", CLOSED) as book:
        with store.opened(book.views):
            monkeypatch.setattr(projector, "STEP", 5)
        monkeypatch.setattr(store, "locked", after_another_rebuild)
        assert catch_up(book) == book.position()
        assert status(book)["behind"] == 0


def _lose_an_entry(book: Book) -> None:
    """Delete the last entry of a grant past the guards."""
    newest = "(SELECT max(position) FROM {0}stored_events WHERE originator_id = 'grant:SSF-1')"
    if is_address(book.place):
        with psycopg.connect(str(book.place), autocommit=True) as connection:
            connection.execute("ALTER TABLE journal.stored_events DISABLE TRIGGER USER")
            connection.execute(
                f"DELETE FROM journal.stored_events WHERE position = {newest.format('journal.')}"
            )
        return
    with closing(sqlite3.connect(book.path / "journal.sqlite", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER entries_no_delete")
        connection.execute(f"DELETE FROM entries WHERE position = {newest.format('')}")


def test_a_rebuild_notices_a_missing_entry(tmp_path: Path) -> None:
    """A reader of the stream cannot notice that its last entry is missing."""
    with new_book(tmp_path / "book", CLOSED, of("SSF-2", PAID)) as book:
        catch_up(book)
        before = tables(book)
        _lose_an_entry(book)
        with pytest.raises(Altered, match=r"1 of \d+ entries were not found"):
            rebuild(book)
        assert {name: rows for name, rows in tables(book).items() if not name.startswith(SHADOW)} == before


def _killed_in_a_rebuild(path: Path, views: Path | str) -> None:
    with Book.open(path, views=views) as book:
        rebuild(book, lambda *_: os.kill(os.getpid(), signal.SIGKILL))


def test_a_killed_rebuild_leaves_the_views_and_the_next_one_drops_its_shadows(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", CLOSED, of("SSF-2", PAID)) as book:
        catch_up(book)
        before = tables(book)
        killed = process(_killed_in_a_rebuild, book.place, book.views)
        killed.start()
        killed.join(60)
        assert killed.exitcode == -signal.SIGKILL
        after = tables(book)
        assert {name: rows for name, rows in after.items() if not name.startswith(SHADOW)} == before
        assert len(after) > len(before)
        rebuild(book)
        assert tables(book) == before
