"""Any program may read or copy ``views.sqlite`` at any time, and keep it open."""

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Unreachable
from projections import store
from projections.engine.detached_views import DetachedViews
from projections.engine.projector import catch_up, catching_up, rebuild
from projections.query import ask as answer
from projections.query import question_of, run
from projections.store import checksum, overwriting, pages
from projections.store.log import log_beside
from support import given as g
from support.reading import (
    ask,
    new_book,
    of,
    record,
)

pytestmark = pytest.mark.of_a_file("a file and its readers")
DAY = "2018-12-31"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with new_book(tmp_path / "book", g.CLOSED, of("SSF-2", g.PAID)) as made:
        catch_up(made)
        yield made


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that asserts that nothing was logged and no views were made again."""
    remade: list[Path] = []
    overwrite = overwriting.overwrite

    def note_and_overwrite(file: Path, *arguments: Any) -> None:
        remade.append(file)
        overwrite(file, *arguments)

    monkeypatch.setattr(store.sqlite, "overwrite", note_and_overwrite)
    caplog.set_level(logging.INFO)

    def assert_quiet() -> None:
        assert (remade, caplog.text) == ([], "")

    return assert_quiet


def file(book: Book) -> Path:
    return book.path / store.FILE


def go_on(book: Book) -> None:
    record(book, of("SSF-2", [g.refund("06-01", amount="1.00 USD")]))


def refunded(connection: sqlite3.Connection) -> str:
    ((refunded,),) = connection.execute(
        "SELECT refunded FROM disbursement WHERE \"grant\" = 'SSF-2'"
    ).fetchall()
    return str(refunded)


def copy_file_alone(source: Path, folder: Path, *, sums: bool = False) -> Path:
    """Make the folder with a copy of the file, without the files beside it, and return it."""
    folder.mkdir()
    shutil.copy(source, folder)
    if sums:
        shutil.copy(checksum.sum_beside(source), folder)
    return folder


@pytest.mark.case("T6")
@pytest.mark.parametrize("sums", [True, False])
def test_the_file_alone_holds_every_row(book: Book, tmp_path: Path, *, sums: bool) -> None:
    steps: list[Callable[[Book], object]] = [lambda _: None, rebuild, catch_up]
    for number, step in enumerate(steps):
        go_on(book)
        catch_up(book)
        step(book)
        copy = copy_file_alone(file(book), tmp_path / str(number), sums=sums)
        views = DetachedViews(copy)
        assert views.position() == book.position()
        for report in ("fund", "disbursement", "register", "timeline"):
            with views.tables() as (connection, at):
                report_alone = answer(
                    connection, report, question_of(report, None, None), as_of=g.day(DAY), known=at
                )
            assert report_alone.rows == run(book, report, as_of=g.day(DAY)).rows
        assert {path.name for path in copy.iterdir()} == {store.FILE, *[checksum.NAME] * sums}


@pytest.mark.case("T6")
def test_views_without_an_entry_are_an_error(tmp_path: Path) -> None:
    with store.opened(tmp_path):
        pass  # the tables are made, without a row
    with pytest.raises(Unreachable, match="hold no entry of a book"):
        DetachedViews(tmp_path).position()


@pytest.mark.case("T6")
def test_an_incomplete_copy_is_not_read(book: Book, tmp_path: Path) -> None:
    copy = copy_file_alone(file(book), tmp_path / "copy")
    with (copy / store.FILE).open("r+b") as raw:
        raw.truncate(60_000)
    with pytest.raises(Unreachable):
        DetachedViews(copy).position()


WAYS_TO_OPEN: dict[str, Callable[[Path], Any]] = {
    "to write": sqlite3.connect,
    "read-only": lambda path: sqlite3.connect(f"file:{path}?mode=ro", uri=True),
}


@pytest.mark.case("T7")
@pytest.mark.parametrize("way", WAYS_TO_OPEN)
def test_a_reader_changes_no_file(book: Book, way: str, quiet: Callable[[], None]) -> None:
    inode = file(book).stat().st_ino
    for _ in range(3):
        with closing(WAYS_TO_OPEN[way](file(book))) as reader:
            reader.execute("SELECT 1 FROM register").fetchall()
        go_on(book)
        with closing(WAYS_TO_OPEN[way](file(book))) as reader:
            reader.execute("SELECT 1 FROM register").fetchall()
        assert ask(book, "disbursement", DAY)
    assert file(book).stat().st_ino == inode
    quiet()


@pytest.mark.case("T7")
@pytest.mark.parametrize("way", WAYS_TO_OPEN)
def test_an_open_reader_sees_the_newest_rows(book: Book, way: str, quiet: Callable[[], None]) -> None:
    with closing(WAYS_TO_OPEN[way](file(book))) as reader:
        inode = file(book).stat().st_ino
        for number in range(1, 20):
            go_on(book)
            catch_up(book)
            assert float(refunded(reader)) == number
            if number % 5 == 0:
                rebuild(book)
                assert float(refunded(reader)) == number
            with closing(sqlite3.connect(f"file:{file(book)}?immutable=1", uri=True)) as bytes_alone:
                assert float(refunded(bytes_alone)) == number
        assert file(book).stat().st_ino == inode
    quiet()


@pytest.mark.case("T7")
def test_a_long_reader_blocks_no_writer(book: Book, tmp_path: Path, quiet: Callable[[], None]) -> None:
    """Recording, reports and short readers go on. The file itself has the rows when that reader has ended."""
    with (
        closing(sqlite3.connect(file(book), isolation_level=None)) as long,
        closing(sqlite3.connect(file(book))) as short,
    ):
        long.execute("BEGIN")
        before = refunded(long)
        for number in range(1, 4):
            go_on(book)
            catch_up(book)
            assert float(refunded(short)) == number
            (row,) = ask(book, "disbursement", DAY, grant="SSF-2")
            assert float(row["refunded"]) == number
            assert refunded(long) == before
            assert checksum.is_sound(file(book))
        assert log_beside(file(book)).stat().st_size > 0
        long.execute("COMMIT")
        catch_up(book)
        assert log_beside(file(book)).stat().st_size == 0
        assert checksum.is_sound(file(book))
    with closing(sqlite3.connect(f"file:{file(book)}?immutable=1", uri=True)) as bytes_alone:
        assert float(refunded(bytes_alone)) == 3
    quiet()


@pytest.mark.case("T7")
def test_a_rebuild_does_not_wait_for_a_long_reader(book: Book, quiet: Callable[[], None]) -> None:
    with closing(sqlite3.connect(file(book), isolation_level=None)) as long:
        long.execute("BEGIN")
        before = refunded(long)
        go_on(book)
        rebuild(book)
        assert refunded(long) == before
        go_on(book)
        catch_up(book)
        long.execute("COMMIT")
        assert float(refunded(long)) == 2
    assert ask(book, "disbursement", DAY)
    assert checksum.is_sound(file(book))
    quiet()


@pytest.mark.case("T7")
def test_rebuilds_leave_no_free_space(book: Book, quiet: Callable[[], None]) -> None:
    file = Path(book.views) / store.FILE
    inode = file.stat().st_ino
    with closing(sqlite3.connect(file)) as reader:
        for _ in range(2):
            rebuild(book)
            assert reader.execute("PRAGMA freelist_count").fetchone() == (0,)
            assert reader.execute("SELECT count(*) FROM register").fetchone() == (2,)
            assert checksum.is_sound(file)
            assert file.stat().st_ino == inode
    quiet()


def test_what_a_killed_rebuild_left_is_removed_by_the_next(book: Book) -> None:
    left_behind = book.path / ".views-killed.partial"
    left_behind.mkdir()
    (left_behind / store.FILE).write_bytes(bytes(1_000))
    file(book).unlink()
    catch_up(book)
    assert not left_behind.exists()


def test_a_killed_reader_leaves_no_harm(book: Book, quiet: Callable[[], None]) -> None:
    question = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN'); "
    question += "c.execute('SELECT * FROM register').fetchone(); print(1, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", question, str(file(book))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        go_on(book)
        catch_up(book)
        reader.kill()
    go_on(book)
    catch_up(book)
    assert log_beside(file(book)).stat().st_size == 0
    assert checksum.is_sound(file(book))
    quiet()


@pytest.mark.case("T7")
@pytest.mark.parametrize("ends", [["-wal"], ["-shm"], ["-wal", "-shm"]])
def test_the_files_beside_the_database_may_be_deleted(
    book: Book, ends: list[str], quiet: Callable[[], None]
) -> None:
    for end in ends:
        file(book).with_name(file(book).name + end).unlink()
    go_on(book)
    assert float(ask(book, "disbursement", DAY, grant="SSF-2")[0]["refunded"]) == 1
    quiet()


@pytest.mark.case("T7")
def test_many_write_while_many_read(book: Book, tmp_path: Path, quiet: Callable[[], None]) -> None:
    """Three projectors write. Readers see only whole states, and none that is older than the last."""
    code = (
        "import sys; from pathlib import Path; from lifecycle.book.book import Book;"
        "from projections.engine.projector import catch_up\n"
        "with Book.open(Path(sys.argv[1])) as book:\n"
        "    for line in sys.stdin: catch_up(book)\n"
    )
    projectors = [
        subprocess.Popen([sys.executable, "-c", code, str(book.path)], stdin=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    went_back: list[object] = []
    is_over = threading.Event()

    def read() -> None:
        newest = 0.0
        while not is_over.is_set():
            with closing(sqlite3.connect(file(book))) as reader:
                for _ in range(5):
                    now = float(refunded(reader))
                    if now < newest:
                        went_back.append((newest, now))
                    newest = now

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(40):
        go_on(book)
        for projector in projectors:
            assert projector.stdin is not None
            projector.stdin.write("now\n")
            projector.stdin.flush()
        catch_up(book)
    is_over.set()
    for reader in readers:
        reader.join()
    for projector in projectors:
        assert projector.stdin is not None
        projector.stdin.close()
        assert projector.wait() == 0
    assert went_back == []
    assert float(ask(book, "disbursement", DAY, grant="SSF-2")[0]["refunded"]) == 40
    assert checksum.is_sound(file(book))
    quiet()


@pytest.mark.case("T7")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become somebody else")
@pytest.mark.parametrize("rights", [0o755, 0o555])
def test_a_user_who_may_only_read_can_read_with_any_program(book: Book, rights: int) -> None:
    question = "SELECT count(*) FROM register"
    code = f"import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute({question!r}).fetchall())"
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    # Only the user who runs pytest may enter pytest's folder.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        copy = Path(shutil.copytree(book.path, Path(folder) / "book"))
        copy.chmod(rights)
        command = [*nobody, sys.executable, "-c", code, str(copy / file(book).name)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        copy.chmod(0o755)
    assert result.stdout == "[(2,)]\n", result.stderr


@pytest.mark.case("T7")
def test_reading_the_files_bytes_releases_no_lock(book: Book) -> None:
    """A process that closes a file loses SQLite's locks on it. Another program may then take itself for the
    last reader, and delete the log and the index that are still in use."""
    question = "SELECT refunded FROM disbursement WHERE \"grant\" = 'SSF-2'"
    code = f"import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute({question!r}).fetchone())"

    def read_in_another_process() -> float:
        command = [sys.executable, "-c", code, str(file(book))]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    with catching_up(book) as catch_up_again:
        catch_up_again()
        index = file(book).with_name(f"{store.FILE}-shm")
        before = index.stat().st_ino
        for number in range(1, 4):
            go_on(book)
            catch_up_again()
            assert checksum.is_sound(file(book))
            assert read_in_another_process() == number
            assert index.stat().st_ino == before
    assert pages._open_files == {}


@pytest.mark.case("T7")
def test_a_file_that_cannot_be_read_is_closed(book: Book) -> None:
    """An open descriptor would keep the space of a deleted file."""
    views, held = store.FileViews(file(book)), dict(pages._open_files)
    file(book).write_bytes(b"no database" * 1000)
    for _ in range(2):
        with pytest.raises(sqlite3.DatabaseError):
            views.raw.execute("SELECT 1")
    views.close()
    assert pages._open_files == held
