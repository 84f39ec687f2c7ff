"""The documentation of an advance is an obligation, met once nothing of the advance is outstanding."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.kernel.command import Command
from support import given as g
from support.advances import EDITION, advance, limited
from support.due import dates_of, status
from support.given import reads


def document(on: str, amount: str = "2000.00", **fields: Any) -> Command:
    return g.document(on, amount=f"{amount} USD", **fields)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("05-01", None),
        ("05-02", ("due_soon", 0)),
        ("05-31", ("due_soon", 0)),
        ("06-01", ("due_soon", 0)),
        ("06-02", ("overdue", 1)),
    ],
)
def test_an_advance_is_documented_by_its_day(on: str, expected: tuple[str, int] | None) -> None:
    assert status(limited(advance()), "advance", "P1", on=on) == expected


@pytest.mark.parametrize(
    "settles",
    [
        [document("06-03", "500.00"), document("06-04", "1500.00")],
        [document("06-03", "500.00", ineligible="1500.00 USD"), g.refund("06-04", amount="1500.00 USD")],
        [g.refund("06-04", amount="2000.00 USD")],
        [g.fail("06-04")],
    ],
)
def test_it_is_met_on_the_day_on_which_nothing_is_outstanding(settles: list[Command]) -> None:
    past = limited(advance(), settles)
    assert status(past, "advance", "P1", on="06-03") == ("overdue", 2)
    assert status(past, "advance", "P1", on="06-04") == ("met_late", 3)


def test_a_direct_payment_has_no_documentation() -> None:
    past = limited(g.request_payment("04-05"), g.authorise("04-10"), g.disburse("05-02"))
    assert status(past, "advance", "P1", on="06-04") is None


def test_each_advance_is_an_item_and_one_may_be_waived() -> None:
    past = limited(advance(), advance("P2", paid="05-03"), g.waive("06-02", obligation="advance", item="P1"))
    assert status(past, "advance", "P1", on="06-03") == ("waived", 0)
    assert status(past, "advance", "P2", on="06-03") == ("overdue", 1)


def test_an_edition_without_days_asks_for_no_documents() -> None:
    past = limited(advance(), edition=EDITION | {"advance_days": None})
    assert status(past, "advance", "P1", on="2018-06-03") == ("not_applicable", 0)


def test_a_restructured_grant_keeps_the_superseded_day() -> None:
    newer = EDITION | {"name": "newer", "from": "2017-05-20", "advance_days": {"value": 40, "source": "us"}}
    adopted = g.adopt("04-01", edition=newer)
    past = limited(adopted, advance(), g.restructure("05-25", objective="Another aim"))
    assert status(past, "advance", "P1", on="06-11") == ("due_soon", 0)
    assert status(past, "advance", "P1", on="06-12") == ("overdue", 1)
    settled = limited(adopted, advance(), document("05-24"), g.restructure("05-25", objective="Aim"))
    dates = dates_of(settled, "advance", "P1")
    assert dates is not None
    assert (dates.due_on, dates.met_on) == ("2017-06-01", "2017-05-24")


def test_what_came_back_after_an_end_counts_once_the_grant_is_open_again() -> None:
    over = [g.complete("05-10"), g.cancel_balance("05-11", amount="88000.00 USD")]
    past = limited(advance(), over)
    cancelled = limited(advance(), g.cancel("06-03"), g.refund("06-05", amount="2000.00 USD"))
    assert status(cancelled, "advance", "P1", on="06-06") == ("missed", 2)
    closed = past.given(g.close("05-20"), g.refund("06-05", amount="2000.00 USD"))
    assert status(closed, "advance", "P1", on="06-06") == ("not_applicable", 0)
    closed.given(g.reopen("06-10"))
    assert status(closed, "advance", "P1", on="06-10") == ("met_late", 4)


def test_a_corrected_refund_opens_it_again() -> None:
    past = limited(advance(), g.refund("06-01", amount="2000.00 USD"))
    assert status(past, "advance", "P1", on="06-02") == ("met", 0)
    past.record(reads(past, was.RefundReceived, amount="1999.99 USD"))
    assert status(past, "advance", "P1", on="06-02") == ("overdue", 1)
