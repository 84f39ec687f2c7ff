"""What history would have been refused for, if it had been typed here: officers, stages, self-dealing."""

from collections.abc import Sequence

from lifecycle.kernel.command import Command
from lifecycle.kernel.event import ImportedFrom
from lifecycle.kernel.history import in_force
from lifecycle.rejudge.history_rules import broken_rules
from support import given as g
from support.given import given

ORIGIN = ImportedFrom(source="register", reference="row 7", mode="history")
REGULAR: Sequence[Command] = g.CLOSED


def broken(life: Sequence[Command], mode: str = "history") -> list[tuple[int, str]]:
    """Return the version of each entry of a life that is brought in, with the refusal that it avoided."""
    past = given()
    for command in life:
        origin = ORIGIN.model_copy(update={"mode": mode})
        assert past.record(g.but(command, imported_from=origin), "admin").refusal is None
    # The past of tests keeps no origin of an entry.
    entries = [entry._replace(imported_from=origin) for entry in past.grants[g.G].entries]
    found = broken_rules(in_force(entries), past.fund)
    return [(entry.originator_version, refusal.name) for entry, refusal in found]


def test_a_life_by_the_rules_breaks_none() -> None:
    assert broken(REGULAR) == []


def test_one_officer_on_both_sides_is_named_whatever_else_is_broken() -> None:
    """The approver prepared the grant, and whoever asked for the payment paid it."""
    life = [
        g.propose("01-10", actor="a.prover"),
        g.request("01-20", actor="a.prover"),
        g.approve("02-10"),
        g.sign("03-01"),
        g.make_effective("03-31"),
        g.request_payment("04-10"),
        g.disburse("05-01", actor="t.leader"),
    ]
    assert broken(life) == [
        (1, "RoleNotHeld"),
        (2, "RoleNotHeld"),
        (3, "DecidesOwnRequest"),
        (7, "RoleNotHeld"),
        (7, "DecidesOwnRequest"),
        (7, "PaymentNotAuthorised"),
    ]


def test_unknown_officers_other_stages_and_limits_are_named() -> None:
    life = [
        *g.APPROVED[:2],
        g.approve("02-10", actor="n.obody"),
        g.make_effective("03-31", closing_date="2019-03-31"),
        g.close("2019-04-01"),
    ]
    assert broken(life) == [(3, "NotAnOfficer"), (4, "AgreementNotSigned"), (5, "NotInStage")]


def test_what_was_imported_live_was_judged_by_all_rules() -> None:
    assert broken(g.PAID, mode="live") == []


def test_of_partners_and_calls_only_the_role_is_asked() -> None:
    past = given().given(g.open_call("2012-01-01"))
    for entries in (past.fund_entries, past.calls["C1"]):
        acts = [
            entry._replace(imported_from=ORIGIN)
            for entry in entries
            if type(entry.event).__name__ in ("PartnerJoined", "CallOpened")
        ]
        assert list(broken_rules(acts, past.fund)) == []
        (act,) = acts
        other = act._replace(event=act.event.model_copy(update={"actor": "n.obody"}))
        assert [refusal.name for _, refusal in broken_rules([other], past.fund)] == ["NotAnOfficer"]
