"""The movements of money that publications are made of."""

from decimal import Decimal

import pytest

from lifecycle.book.book import Book
from projections.publication.bodies import Bodies
from projections.publication.walks import (
    COMMITMENT,
    DISBURSEMENT,
    REFUND,
    Dates,
    Movement,
    grant_on,
    grants_on,
    web_address,
)
from support import given as g
from support.given import given


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


def test_totals_that_were_brought_forward_say_so() -> None:
    """The day is that of the event, on which no money moved."""
    forward = g.bring_forward("2017-06-01", refunded="500.00 USD")
    past = given(forward, g.refund("2017-07-01", payment="brought-forward", amount="5.00 USD"))
    grant = grant_on(past.grants[g.G].entries, g.TODAY)
    assert grant is not None
    assert [(movement.text, int(movement.amount)) for movement in grant.movements] == [
        ("Payments, brought forward", 40_000),
        ("Payments refunded, brought forward", 500),
        ("Commitment, brought forward", 90_000),
        ("Payment brought-forward refunded", 5),
    ]


def test_money_that_is_known_only_in_total_has_no_payee(hostile: Book) -> None:
    (grant,) = grants_on(hostile, Dates(hostile.today(), hostile.position()))
    total = Movement(grant.entries[0], DISBURSEMENT, Decimal(5))
    bodies = Bodies(hostile, Dates(hostile.today(), hostile.position()))
    assert (total.text, bodies.payee(grant, total).name) == ("Payments", "Not stated")


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
