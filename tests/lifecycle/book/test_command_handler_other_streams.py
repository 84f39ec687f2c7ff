"""Decisions on the fund read the journal's entries of grants and calls, in either store."""

from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.command import Command
from support import given as g
from support.books import make_book, record

pytestmark = pytest.mark.both_stores


def edition(since: str) -> dict[str, Any]:
    """Return the fields of an edition in force from the day."""
    return {
        "name": "ours",
        "from": since,
        "agreement_required": True,
        "disbursement_grace": {"months": 4, "source": "s"},
        "windows": {"stand_alone": {}},
    }


def refusal(book: Book, command: Any) -> str | None:
    """Return the name of the book's refusal, or None if it accepts the command."""
    return book.record(command, command.actor).refusal


@pytest.mark.case("D5")
def test_an_edition_is_checked_against_all_grants(book: Book) -> None:
    record(book, g.APPROVED[1:])
    for since, expected in (
        ("2017-02-09", "EditionTooLate"),
        ("2017-02-10", "EditionTooLate"),
        ("2017-02-11", None),
    ):
        assert refusal(book, g.adopt("2018-01-01", edition=edition(since))) == expected


def test_a_return_of_funds_is_checked_against_what_grants_drew(book: Book) -> None:
    record(book, [g.join(g.START, partner="ES", name="Spain"), *g.APPROVED[1:]])
    for partner, amount, expected in (
        ("DK", "410000.01 USD", "ExceedsPartnerBalance"),
        ("DK", "410000.00 USD", None),
        ("DK", "0.01 USD", "ExceedsPartnerBalance"),
        ("ES", "0.01 USD", "ExceedsPartnerBalance"),
    ):
        assert refusal(book, g.return_funds("2018-01-01", partner=partner, amount=amount)) == expected


@pytest.mark.case("D14")
@pytest.mark.parametrize(("life", "expected"), [([], None), (g.PROPOSED, "FieldNotCorrectable")])
def test_the_fiscal_year_rests_on_a_proposal(
    place: Path | str, life: list[Command], expected: str | None
) -> None:
    with make_book(place, g.OFFICERS) as book:
        record(book, life)
        change = g.correct_fund("2012-02-01", entry=1, reads={"fiscal_year_start": 1})
        assert refusal(book, change) == expected
