"""Every rule has the number of the rule set that introduced it, and old entries are judged by theirs."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from lifecycle.call import call
from lifecycle.decide import GrantHistory
from lifecycle.directory import rules as directory_rules
from lifecycle.fund.rules import RULES as OF_THE_FUND
from lifecycle.grant import events as was
from lifecycle.grant.payment.disbursement import PaymentsSuspended
from lifecycle.grant.payment.request import PaymentRequested
from lifecycle.grant.proposal import call_terms
from lifecycle.grant.rules import RULES
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.rule import RULE_SET, Rule, Rules
from support import given as g
from support.books import make_book, record
from support.given import (
    EFFECTIVE,
    Past,
    given,
    reads,
)

TABLES: Mapping[str, Rules] = {
    "grant": RULES,
    "fund": OF_THE_FUND,
    "call": call.RULES,
    "directory": directory_rules.RULES,
    "asked by a call": call_terms.RULES,
}
KINDS = ("invariants", "balances", "preconditions", "requested_by")


def numbers() -> Iterator[tuple[str, int]]:
    for table, rules_of in TABLES.items():
        for event, guards in rules_of.items():
            for kind in KINDS:
                for rule in getattr(guards, kind):
                    yield f"{table}: {event.__name__} {kind} {rule.check.__name__}", rule.since


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_rules_has_rules(table: str) -> None:
    assert TABLES[table]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_rule_is_there(kind: str) -> None:
    assert any(getattr(guards, kind) for guards in RULES.values())


@pytest.mark.parametrize(("rule", "since"), list(numbers()))
def test_every_rule_has_the_number_of_a_rule_set(rule: str, since: int) -> None:
    assert 1 <= since <= RULE_SET, rule


def test_a_rule_without_a_number_is_no_rule() -> None:
    with pytest.raises(TypeError, match="check"):
        Rule(lambda grant: None)  # type: ignore[call-arg, arg-type]


def test_a_rule_is_given_what_it_names() -> None:
    rule = Rule(1, lambda event, grant: (event, grant))
    assert rule.apply(grant=1, event=2, fund=3) == (2, 1)


def test_what_is_recorded_now_has_the_newest_number(tmp_path: Path) -> None:
    with make_book(tmp_path / "book") as book:
        record(book, EFFECTIVE)
        entries = [entry for stream in ("fund", f"grant:{g.G}") for entry in book.entries(stream)]
    assert {entry.rules for entry in entries} == {RULE_SET}


@pytest.fixture
def stricter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule of the newest set: nothing is asked for while payments are suspended."""

    def not_suspended(grant: Grant, event: PaymentRequested) -> None:
        if grant.payments_suspended:
            raise PaymentsSuspended(f"{event.payment} is asked for")

    event: type[Event] = PaymentRequested
    guards = RULES[event]
    stricter = replace(guards, invariants=(*guards.invariants, Rule(RULE_SET, not_suspended)))
    monkeypatch.setitem(RULES, event, stricter)


def requested_under(number: int) -> Past:
    """A payment was asked for on 20 April, under the rule set of this number."""
    past = given(EFFECTIVE, g.request_payment("04-20"))
    *before, request = past.grants[g.G].entries
    past.grants[g.G] = GrantHistory.of([*before, request._replace(rules=number)])
    return past


@pytest.mark.usefixtures("stricter")
def test_a_new_rule_holds_for_what_is_recorded_now() -> None:
    past = given(EFFECTIVE, g.suspend("04-10", scope="payments"))
    past.when(g.request_payment("04-20")).refused(PaymentsSuspended)


@pytest.mark.usefixtures("stricter")
def test_a_later_entry_is_judged_again_by_the_rules_of_its_own_number() -> None:
    requested_under(RULE_SET - 1).when(g.suspend("04-10", scope="payments")).then(was.GrantSuspended)
    requested_under(RULE_SET).when(g.suspend("04-10", scope="payments")).refused(
        PaymentsSuspended, "no longer hold"
    )


@pytest.mark.usefixtures("stricter")
def test_what_a_correction_says_is_judged_by_the_rules_of_the_correction() -> None:
    past = requested_under(1).given(g.suspend("04-10", scope="payments"))
    past.when(reads(past, PaymentRequested, payee="Union")).refused(PaymentsSuspended)
