"""An administrator remains, and roles add up."""

from datetime import date

from lifecycle.fund import events as was
from lifecycle.fund.officers import LastAdministrator
from support import given as g
from support.given import given


def test_an_administrator_remains() -> None:
    given().when(g.retire("01-10", officer="admin")).refused(LastAdministrator)
    roles = {"officer": "admin", "roles": ["administrator"]}
    given().when(g.retire("01-10", **roles)).refused(LastAdministrator)
    second = g.appoint("01-10", officer="n.ew", roles=["administrator"])
    for on, there in (("01-09", False), ("01-10", True), ("01-11", True)):
        outcome = given(second).when(g.retire(on, officer="admin"))
        outcome.then(was.OfficerRetired) if there else outcome.refused(LastAdministrator)


def test_an_administrator_remains_on_every_later_day() -> None:
    """The other one has left since: a retirement dated before would leave nobody."""
    past = given(
        g.appoint("2012-01-01", officer="n.ew", roles=["administrator"]),
        g.retire("2012-03-01", officer="n.ew"),
    )
    past.when(g.retire("2012-02-01", officer="admin")).refused(LastAdministrator)


def test_the_last_administrator_is_not_corrected_away() -> None:
    given().when(g.correct_fund("01-10", entry=2, struck=True)).refused(LastAdministrator)
    given().when(g.correct_fund("01-10", entry=2, reads={"roles": ["ttl"]})).refused(LastAdministrator)


def test_roles_are_added_to_those_held() -> None:
    past = given(g.appoint("2012-01-01", roles=["ttl"]), g.appoint("2012-02-01", roles=["finance"]))
    assert past.fund.roles_on("n.ew", date(2011, 12, 31)) == frozenset()
    assert past.fund.roles_on("n.ew", date(2012, 1, 31)) == {"ttl"}
    assert past.fund.roles_on("n.ew", date(2012, 2, 1)) == {"ttl", "finance"}
    past.given(g.retire("2012-01-15", officer="n.ew"))
    assert past.fund.roles_on("n.ew", date(2012, 1, 15)) == frozenset()
    assert past.fund.roles_on("n.ew", date(2012, 2, 1)) == {"finance"}
