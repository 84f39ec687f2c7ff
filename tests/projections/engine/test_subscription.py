"""Processes whose views follow the journal: leading, waiting, killed, and cut off."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lifecycle.book.book import Book
from projections.engine.projector import status
from support import given as g
from support.follower import Follower
from support.reading import of, record


@pytest.fixture(params=["sqlite", "postgresql"])
def followed(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Book]:
    """Yield a book with its views in one store."""
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path / "seals"))
    place: Path | str = tmp_path / "book"
    if request.param == "postgresql":
        place = request.getfixturevalue("database")
    with Book.create(
        place, name="A fund", currency="USD", fiscal_year_start=7, on=g.START, recorder="admin"
    ) as book:
        record(book, g.FOUNDED)
        yield book


@pytest.fixture
def follower(followed: Book) -> Iterator[Callable[[], Follower]]:
    followers: list[Follower] = []

    def start() -> Follower:
        followers.append(Follower(followed.place))
        return followers[-1]

    yield start
    for started in followers:
        started.close()


def at_end(book: Book) -> Callable[[dict[str, Any]], bool]:
    end = book.position()
    return lambda news: news.get("position") == end


def test_one_follower_leads_and_the_next_takes_over(followed: Book, follower: Callable[[], Follower]) -> None:
    first = follower()
    first.until(lambda news: news["state"] == "leading")
    second = follower()
    second.until(lambda news: news["state"] == "waiting")
    record(followed, g.REQUESTED)
    first.until(at_end(followed))
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    record(followed, of("SSF-2", g.REQUESTED))
    second.until(lambda news: news["state"] == "leading")
    second.until(at_end(followed))
    assert status(followed) == {
        "views": (end := followed.position()),
        "journal": end,
        "behind": 0,
        "seconds": 0,
    }
    assert second.end(signal.SIGTERM) == 0
    second.until(lambda news: news["state"] == "stopped")


@pytest.mark.parametrize("followed", ["postgresql"], indirect=True)
def test_a_lost_connection_is_reported_and_made_again(
    followed: Book, follower: Callable[[], Follower]
) -> None:
    leader = follower()
    leader.until(at_end(followed))
    with psycopg.connect(str(followed.place), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    away = leader.until(lambda news: news["state"] == "away")
    assert "terminating connection" in away["message"] or "closed" in away["message"]
    leader.until(lambda news: news["state"] == "leading")
    with Book.open(followed.place) as again:
        record(again, g.REQUESTED)
        leader.until(at_end(again))
    assert leader.end(signal.SIGINT) == 0


@pytest.mark.parametrize("followed", ["sqlite"], indirect=True)
def test_views_that_were_deleted_are_made_again(followed: Book, follower: Callable[[], Follower]) -> None:
    leader = follower()
    leader.until(at_end(followed))
    (followed.path / "views.sqlite").unlink()
    record(followed, g.REQUESTED)
    away = leader.until(lambda news: news["state"] == "away")
    assert "taken away" in away["message"]
    leader.until(at_end(followed))
    assert leader.end(signal.SIGINT) == 0
    assert status(followed)["views"] == followed.position()
