"""Decisions whose recorder also entered the request."""

import time
from datetime import UTC, datetime
from typing import Any

from lifecycle.grant import events as grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from projections.audit.one_recorder import both_sides

MOMENT = datetime(2017, 6, 1, tzinfo=UTC)


def entries(*events: Event) -> list[Entry]:
    """Return the events as entries of a grant, all entered by one recorder."""
    return [
        Entry("grant:G-1", version, event, MOMENT, "admin", f"id-{version}")
        for version, event in enumerate(events, 1)
    ]


def payment(number: int) -> list[Event]:
    """Return the request of a payment, and what was decided on it."""
    about: dict[str, Any] = {"on": "2017-05-02", "payment": f"P{number}"}
    asked: dict[str, Any] = {"amount": "9.00 USD", "payee": "A school", "category": "travel"}
    return [
        grant.PaymentRequested(**about, **asked, actor="leader"),
        grant.PaymentAuthorised(**about, actor="boss"),
    ]


def test_a_decision_on_a_payment_is_compared_with_the_request_of_the_same_payment() -> None:
    first, second = payment(1), payment(2)
    sides = list(both_sides(entries(first[0], second[0], second[1], first[1])))
    assert [(side.decision.originator_version, len(side.requests)) for side in sides] == [(3, 1), (4, 1)]
    assert [side.requests[0].originator_version for side in sides] == [2, 1]


def test_a_long_grant_takes_no_longer_for_each_of_its_decisions() -> None:
    """Each decision is compared with its own requests only: with all, 10,000 entries took 15 s."""
    long = entries(*(event for number in range(3_000) for event in payment(number)))
    before = time.process_time()
    assert len(list(both_sides(long))) == 3_000
    assert time.process_time() - before < 0.5
