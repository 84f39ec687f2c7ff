"""More time, other terms, suspensions: what is refused."""

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.amendment.amendment import (
    AlreadySuspended,
    ClosingDatePassed,
    NotAnExtension,
    NotSuspended,
)
from lifecycle.kernel.refusals import NothingChanged
from support import given as g
from support.given import APPROVED, EFFECTIVE, given


@pytest.mark.parametrize(("on", "open_"), [("2018-03-30", True), ("2018-03-31", True), ("2018-04-01", False)])
def test_a_closing_date_is_extended_until_its_own_day(on: str, open_: bool) -> None:
    outcome = given(EFFECTIVE).when(g.extend(on, waiver="a flood"))
    outcome.then(was.ClosingDateExtended) if open_ else outcome.refused(ClosingDatePassed, "2018-03-31")


@pytest.mark.parametrize(
    ("closing", "later"), [("2018-03-30", False), ("2018-03-31", False), ("2018-04-01", True)]
)
def test_an_extension_is_later(closing: str, later: bool) -> None:
    outcome = given(EFFECTIVE).when(g.extend("06-01", closing_date=closing, waiver="a flood"))
    outcome.then(was.ClosingDateExtended) if later else outcome.refused(NotAnExtension)


def test_a_late_extension_leaves_the_later_one_an_extension() -> None:
    past = given(EFFECTIVE, g.extend("2017-06-01", waiver="a flood"))
    past.when(g.extend("05-01", waiver="rain", closing_date="2018-07-01")).refused(NotAnExtension, "entry")
    past.when(g.extend("05-01", waiver="rain", closing_date="2018-06-29")).then(
        was.ClosingDateExtended, closing_date="2018-06-29"
    )


def test_a_restructuring_changes_something() -> None:
    given(APPROVED).when(g.restructure("02-11", objective=None)).refused(NothingChanged)
    given(APPROVED).when(g.restructure("02-11")).then(was.GrantRestructured)


def test_a_restructuring_takes_all_institutions_off_the_grant() -> None:
    named = [{"institution": "MOA", "role": "receiving"}]
    past = given(g.register_institution("01-05"), g.propose("01-10", institutions=named), APPROVED[1:])
    assert len(past.grant.institutions) == 1
    past.given(g.restructure("02-11", objective=None, institutions=[]))
    assert past.grant.institutions == ()


def test_a_suspension_of_a_scope_holds_once() -> None:
    past = given(EFFECTIVE, g.suspend("04-10"))
    past.when(g.suspend("04-11")).refused(AlreadySuspended)
    past.when(g.suspend("04-09")).refused(AlreadySuspended, "entry")
    past.when(g.suspend("04-11", scope="payments")).then(was.GrantSuspended)


@pytest.mark.parametrize(("on", "holds"), [("04-09", False), ("04-10", True), ("04-11", True)])
def test_only_a_suspension_that_holds_is_lifted(on: str, holds: bool) -> None:
    outcome = given(EFFECTIVE, g.suspend("04-10")).when(g.lift(on))
    outcome.then(was.SuspensionLifted) if holds else outcome.refused(NotSuspended)
    given(EFFECTIVE, g.suspend("04-10")).when(g.lift("04-12", scope="payments")).refused(NotSuspended, "all")
