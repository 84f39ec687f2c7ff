"""The obligations of a grant that was brought forward: what was due before it is not applicable."""

from typing import Any

from lifecycle.grant.evolve import steps
from lifecycle.grant.obligations.timeline import Timeline
from lifecycle.kernel.history import in_force
from support import given as g
from support.given import Past, given

ON = "2017-06-01"


def statuses(past: Past, on: str) -> dict[Any, tuple[str, int]]:
    """Return the status of each obligation on a day, without those that the edition does not ask for."""
    timeline = Timeline(past.fund.editions, past.fund.edition_on)
    for entry, grant in steps(in_force(past.grants[g.G].entries)):
        timeline.see(grant, entry.event)
    found = {}
    for obligation in timeline.obligations():
        known = [step for step in obligation.steps if step.since <= g.day(on)]
        if known and known[-1].excused != "not_asked":
            name = obligation.name if obligation.item is None else f"{obligation.name} {obligation.item}"
            found[name] = known[-1].status_on(g.day(on))
    return found


def test_what_was_due_before_is_not_applicable_and_the_rest_runs() -> None:
    """Approved in January, signed in February, effective on 1 March, brought forward on 1 June."""
    past = given(g.bring_forward(ON))
    assert statuses(past, ON) == {
        "review": ("not_applicable", 0),
        "signature": ("not_applicable", 0),
        "effectiveness": ("not_applicable", 0),
        "first_activity": ("upcoming", 0),
        "implementation": ("upcoming", 0),
        "inactivity 1": ("upcoming", 0),
        "progress_report 1": ("upcoming", 0),
        "completion_report": ("upcoming", 0),
        "disbursement_deadline": ("upcoming", 0),
        "closure": ("upcoming", 0),
        "client_survey": ("not_started", 0),
        "results_story": ("not_started", 0),
        "development_outcome": ("not_started", 0),
    }
    late = statuses(past, "2018-03-02")
    assert late["first_activity"] == ("overdue", 186), "180 days from effectiveness"
    assert late["inactivity 1"] == ("overdue", 94), "180 days from the day on which it was brought forward"
    assert late["progress_report 1"] == ("overdue", 1), "a year from effectiveness"


def test_what_was_met_before_is_not_applicable_if_its_due_date_is_unknown() -> None:
    past = given(g.bring_forward(ON, signed_on=None))
    assert statuses(past, ON)["effectiveness"] == ("not_applicable", 0), "due after a signature of no day"


def test_the_day_of_the_event_is_asked_for_here_and_the_day_before_is_not() -> None:
    for signed_on, status in (("2017-03-03", "due_soon"), ("2017-03-02", "not_applicable")):
        past = given(
            g.bring_forward(
                ON, stage="signed", signed_on=signed_on, effective_on=None, closing_date=None, disbursed=None
            )
        )
        assert statuses(past, ON)["effectiveness"] == (status, 0), "due 90 days after the signature"


def test_what_is_due_later_is_met_as_usual() -> None:
    past = given(
        g.bring_forward(ON),
        g.hold("2017-06-16"),
        g.extend("2017-06-20", closing_date="2018-03-01"),
        g.complete("2018-03-01"),
    )
    now = statuses(past, "2018-03-01")
    assert now["first_activity"] == now["implementation"] == ("met", 0)
    assert now["client_survey"] == ("upcoming", 0)


def test_a_closed_grant_still_owes_its_outcome() -> None:
    past = given(
        g.bring_forward(
            ON, stage="closed", completed_on="2017-04-01", closed_on="2017-05-01", disbursed="90000.00 USD"
        )
    )
    assert statuses(past, "2021-05-02")["development_outcome"] == ("overdue", 1)
    assert statuses(past, ON)["closure"] == ("met", 0), "it was due later, and met before"


def test_a_grant_that_ended_owes_nothing() -> None:
    past = given(g.bring_forward(ON, stage="cancelled", ended_on="2017-05-01", cancelled="50000.00 USD"))
    status = statuses(past, "2019-01-01")
    assert {state for state, _ in status.values()} == {"not_applicable", "met"}
    assert status["disbursement_deadline"] == ("met", 0)
