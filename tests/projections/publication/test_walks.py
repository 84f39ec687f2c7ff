"""The movements of money that publications are made of."""

from decimal import Decimal

import pytest

from lifecycle.book.book import Book
from projections.publication.walks import (
    COMMITMENT,
    DISBURSEMENT,
    REFUND,
    Dates,
    Movement,
    grants_on,
    payee_of,
    web_address,
)


def test_each_movement_is_said_in_a_few_words(hostile: Book) -> None:
    (grant,) = grants_on(hostile, Dates(hostile.today(), hostile.position()))
    kinds = [(movement.kind, movement.text) for movement in grant.movements]
    assert kinds == [
        (COMMITMENT, "Commitment"),
        (DISBURSEMENT, "Payment P1"),
        (REFUND, "Payment P1 refunded"),
    ]
    entry = grant.entries[0]
    assert Movement(entry, COMMITMENT, Decimal(-1)).text == "Commitment reduced"
    assert Movement(entry, DISBURSEMENT, Decimal(-1), "P1").text == "Payment P1 failed"


def test_money_that_is_known_only_in_total_has_no_payee(hostile: Book) -> None:
    (grant,) = grants_on(hostile, Dates(hostile.today(), hostile.position()))
    total = Movement(grant.entries[0], DISBURSEMENT, Decimal(5))
    assert (total.text, payee_of(grant, total)) == ("Payments", "Not stated")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.org/a?b=1", "https://example.org/a?b=1"),
        ("javascript:alert(1)", None),
        ("https://example.org/a b", None),
        ('https://example.org/"><x>', None),
        (None, None),
    ],
)
def test_only_addresses_of_the_web_are_published(text: str | None, address: str | None) -> None:
    assert web_address(text) == address
