"""The book of the tests of filters, made once for each store."""

from collections.abc import Iterator

import pytest

from lifecycle.book.book import Book
from projections.engine.projector import catch_up
from support.filtered_reports import GRANTS
from support.reading import new_book


@pytest.fixture(scope="module")
def book(store_of_views: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Yield a book with four grants that differ in every trait."""
    with new_book(tmp_path_factory.mktemp("filters") / "book", GRANTS) as book:
        catch_up(book)
        yield book
