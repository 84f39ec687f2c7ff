"""Views can be read apart from their book, as of the position that they have reached."""

import shutil
from pathlib import Path

import pytest

from projections import store
from support.cli_shell import Shell, on_grant

pytestmark = pytest.mark.of_a_file("copies of its files")


@pytest.fixture
def copied(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell with a copy of the views in ``kept``, and one more entry in the book."""
    assert lived("views", "update").code == 0
    kept = lived.folder / "kept"
    kept.mkdir()
    for path in lived.path.glob("views.sqlite*"):  # The database and its write-ahead log.
        shutil.copy(path, kept)
    refund = on_grant("RecordRefund", "2017-09-01", "cash", payment="P1", amount="1.00 USD")
    result = lived("record", lived.file([refund]))
    assert result.code == 0, result.out
    return lived


def test_a_file_of_the_book_means_the_folder_that_holds_it(copied: Shell) -> None:
    assert copied("report", "register", "--views", "kept/views.sqlite").code == 0
    assert copied("report", "register", "--book", str(copied.path / "journal.sqlite")).code == 0
    assert copied("report", "register", "--book", str(copied.path / "book.toml")).code == 0
    assert copied("report", "register", "--views", "kept/other.sqlite").code == 5


def test_reports_of_views_alone_show_their_position_and_need_no_book(
    copied: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = copied("views", "status", "--views", "kept", "--json").row
    assert (before["behind"], before["journal"] - before["views"]) == (1, 1)
    assert before["seconds"] >= 0
    monkeypatch.delenv("GRANTBOOK_BOOK")
    shutil.move(copied.path, copied.folder / "gone")
    (row,) = copied("report", "disbursement", "--views", "kept", "--json").rows
    assert row["refunded"] == "2000.00"
    result = copied("report", "disbursement", "--views", "kept")
    assert f"(position {before['views']})" in result.out
    monkeypatch.setenv("GRANTBOOK_VIEWS", "kept")
    assert copied("library", "search", "dairy", "--json").row["grant"] == "G-1"
    assert copied("grant", "list", "--json").row["stage"] == "effective"
    assert copied("grant", "show", "G-1", "--json").row["known"] == before["views"]
    assert copied("report", "progress", "--year", "2017").code == 0
    assert "BEGIN:VCALENDAR" in copied("report", "timeline", "--due-within", "30", "--format", "ics").out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("report", "fund", "--known", "3"), 2, "--known: views read as they are hold what is known now"),
        (("grant", "show", "G-1", "--on", "2017-05-01"), 2, "leave --views out"),
        (("grant", "show", "G-9"), 2, "know no grant 'G-9'"),
    ],
)
def test_a_question_that_needs_the_journal_is_refused_of_views_alone(
    copied: Shell, words: tuple[str, ...], code: int, message: str
) -> None:
    result = copied(*words, "--views", "kept")
    assert (result.code, message in result.err) == (code, True), result.err


@pytest.mark.parametrize(
    ("views", "message"),
    [
        (".", "there are no views of this version"),
        ("nowhere", "there are no views of this version"),
        ("mysql://localhost/x", "mysql:// is no store of views"),
        ("postgresql://me:secret@localhost:1/x", "Connection refused"),
    ],
)
def test_missing_views_are_named_and_not_made(copied: Shell, views: str, message: str) -> None:
    result = copied("report", "fund", "--views", views)
    assert (result.code, message in result.err, "secret" in result.err) == (5, True, False), result.err
    assert not Path(views, "views.sqlite").exists()


def test_a_rebuild_reads_a_copy_of_the_journal_and_no_other(copied: Shell) -> None:
    report = copied("report", "disbursement", "--json").out
    shutil.copytree(copied.path, copied.folder / "copy")
    refund = on_grant("RecordRefund", "2017-10-01", "cash", payment="P1", amount="1.00 USD")
    assert copied("record", copied.file([refund])).code == 0
    later = copied("report", "disbursement", "--json").out
    assert later != report
    assert copied("views", "rebuild", "--from", "copy").code == 0
    assert copied("report", "disbursement", "--json").out == later
    assert copied("init", "other", "--name", "Another fund", "--on", "2009-01-01").code == 0
    result = copied("views", "rebuild", "--from", "other")
    assert (result.code, "is no copy of" in result.err) == (5, True), result.err


@pytest.mark.case("T6")
def test_each_command_of_the_shell_leaves_a_whole_file(lived: Shell) -> None:
    """This holds for one command, for a file of commands, for a rebuild and for an update."""
    refund = on_grant("RecordRefund", "2017-09-01", "cash", payment="P1", amount="1.00 USD")
    commands = [
        ("record", lived.file([refund])),
        ("record", lived.file([refund | {"on": "2017-09-02"}, refund | {"on": "2017-09-03"}])),
        ("views", "rebuild"),
        ("views", "update"),
    ]
    for number, words in enumerate(commands):
        assert lived(*words).code == 0
        copy = lived.folder / f"copy-{number}"
        copy.mkdir()
        shutil.copy(lived.path / store.FILE, copy)
        for report in ("fund", "disbursement"):
            result = lived("report", report, "--views", str(copy), "--json")
            assert (result.code, result.out) == (0, lived("report", report, "--json").out)
            assert result.out.strip()


@pytest.mark.case("T6")
def test_views_without_an_entry_are_an_error(lived: Shell, tmp_path: Path) -> None:
    with store.opened(tmp_path):
        pass  # To open the store makes empty views.
    for words in (("report", "fund"), ("report", "register"), ("grant", "list"), ("library", "search", "x")):
        result = lived(*words, "--views", str(tmp_path))
        assert (result.code, "hold no entry of a book" in result.err, result.out) == (5, True, ""), result
