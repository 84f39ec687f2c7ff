"""Invariant 6: windows hold at approval, at effectiveness and at each extension or restructuring."""

from datetime import date

import pytest

from lifecycle.decide import GrantHistory
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.agreement import (
    BeyondWindow,
    CapabilityNotPlanned,
    InstitutionMissing,
    TooFewRecipients,
)
from lifecycle.grant.budget.capacity import CapacityShareTooHigh
from lifecycle.grant.proposal.review import AboveMaximumAmount
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.policy.edition_file import read_edition, shipped
from support import given as g
from support.given import (
    APPROVED,
    EFFECTIVE,
    ONE_DAY,
    SIGNED,
    Past,
    given,
    reads,
)

BOTH = ["documenting_and_sharing", "solving_and_scaling"]
OKS = {"window": "oks", "institution": "Dairy Board", "capabilities_planned": BOTH}


@pytest.mark.parametrize(
    ("closing", "fits"), [("2018-03-30", True), ("2018-03-31", True), ("2018-04-01", False)]
)
def test_a_closing_date_is_inside_the_windows_span(closing: str, fits: bool) -> None:
    outcome = given(SIGNED).when(g.make_effective("03-31", closing_date=closing))
    outcome.then(was.GrantMadeEffective) if fits else outcome.refused(
        BeyondWindow, "2018-03-31, the last day"
    )


@pytest.mark.parametrize(
    ("effective", "last"),
    [("2018-02-28", "2019-02-28"), ("2018-08-31", "2019-08-31"), ("2018-12-31", "2019-12-31")],
)
def test_months_are_calendar_months(effective: str, last: str) -> None:
    past = given(SIGNED)
    past.when(g.make_effective(effective, closing_date=last)).then(was.GrantMadeEffective)
    later = date.fromisoformat(last) + ONE_DAY
    past.when(g.make_effective(effective, closing_date=later.isoformat())).refused(BeyondWindow)


PROGRAMMATIC = [
    g.propose("01-10", window="programmatic", months=30),
    g.request("01-20"),
    g.approve("02-10"),
    g.sign("03-01"),
]


@pytest.mark.parametrize(
    ("closing", "fits"),
    [
        ("2018-03-30", False),
        ("2018-03-31", True),
        ("2018-04-01", True),
        ("2020-03-30", True),
        ("2020-03-31", True),
        ("2020-04-01", False),
    ],
)
def test_a_programmatic_grant_lasts_one_to_three_years(closing: str, fits: bool) -> None:
    outcome = given(PROGRAMMATIC).when(g.make_effective("03-31", closing_date=closing))
    outcome.then(was.GrantMadeEffective) if fits else outcome.refused(BeyondWindow)


@pytest.mark.parametrize(
    ("closing", "fits"), [("2018-03-30", True), ("2018-03-31", True), ("2018-04-01", False)]
)
def test_an_extension_stays_inside_the_span_unless_waived(closing: str, fits: bool) -> None:
    short = [*SIGNED, g.make_effective("03-31", closing_date="2017-12-31")]
    outcome = given(short).when(g.extend("06-01", closing_date=closing))
    outcome.then(was.ClosingDateExtended) if fits else outcome.refused(BeyondWindow)
    given(short).when(g.extend("06-01", closing_date=closing, waiver="a flood")).then(was.ClosingDateExtended)


@pytest.mark.parametrize(("on", "fits"), [("04-01", True), ("03-31", True), ("03-30", False)])
def test_effectiveness_is_not_corrected_out_of_the_span(on: str, fits: bool) -> None:
    past = given(EFFECTIVE)
    entry = past.version(was.GrantMadeEffective)
    change = {"on": f"2017-{on}", "closing_date": "2018-03-31" if on != "03-31" else "2018-03-30"}
    outcome = past.when(g.correct("2018-01-01", entry=entry, reads=change))
    outcome.then(EntryCorrected) if fits else outcome.refused(BeyondWindow)


def test_a_late_closing_date_is_judged_by_its_own_day() -> None:
    """A restructuring into the longer window does not make the earlier closing date lawful."""
    past = given(SIGNED)
    past.when(g.make_effective("03-31", closing_date="2019-03-31")).refused(BeyondWindow)
    past.given(g.restructure("03-15", window="programmatic"))
    past.when(g.make_effective("03-14", closing_date="2019-03-14")).refused(BeyondWindow)
    past.when(g.make_effective("03-31", closing_date="2019-03-31")).then(
        was.GrantMadeEffective, closing_date="2019-03-31"
    )


def test_restructuring_obeys_the_new_window() -> None:
    past = given(EFFECTIVE)
    past.when(g.restructure("06-01", window="programmatic")).then(was.GrantRestructured)
    past.when(g.restructure("06-01", window="programmatic", recipients=["TZ", "ZZ"])).refused(
        TooFewRecipients
    )
    past.when(g.restructure("06-01", window="oks")).refused(InstitutionMissing)
    past.when(g.restructure("06-01", **{**OKS, "capabilities_planned": BOTH[:1]})).refused(
        CapabilityNotPlanned, "solving_and_scaling"
    )
    past.when(g.restructure("06-01", **OKS)).then(was.GrantRestructured)
    short = given(SIGNED, g.make_effective("03-31", closing_date="2018-03-30"))
    short.when(g.restructure("06-01", window="programmatic")).refused(BeyondWindow)
    long = given(PROGRAMMATIC, g.make_effective("03-31", closing_date="2018-04-01"))
    long.when(g.restructure("06-01", window="stand_alone")).refused(BeyondWindow)


def test_a_waiver_that_nothing_needed_waives_nothing() -> None:
    """Within the span of three years it was not needed; the span of one year is not waived by it."""
    long = given(PROGRAMMATIC, g.make_effective("03-31", closing_date="2018-03-31"))
    for closing in ("2018-04-01", "2020-03-31"):
        past = long.copy().given(g.extend("06-01", closing_date=closing, waiver="to be safe"))
        past.when(g.restructure("06-02", window="stand_alone")).refused(BeyondWindow)


def test_a_waiver_is_for_one_window() -> None:
    past = given(PROGRAMMATIC, g.make_effective("03-31", closing_date="2018-03-31"))
    past.given(g.extend("06-01", closing_date="2020-04-01", waiver="a flood"))
    past.when(g.restructure("06-02")).then(was.GrantRestructured)
    past.when(g.restructure("06-02", window="programmatic")).then(was.GrantRestructured)
    past.when(g.restructure("06-02", window="stand_alone")).refused(BeyondWindow, "2018-03-31")
    away = past.copy().given(g.restructure("06-02", **OKS))
    away.when(g.restructure("06-03", window="programmatic")).refused(BeyondWindow, "2020-03-31")
    past.record(g.restructure("05-31", window="stand_alone")).then(was.GrantRestructured)
    past.when(g.restructure("06-02", window="programmatic")).refused(BeyondWindow, "2020-03-31")


SHORTER = read_edition(
    """[edition]
    name = "shorter"
    from = 2017-07-01
    agreement_required = true
    disbursement_grace = { months = 4, source = "s" }
    [edition.windows.stand_alone]
    max_months = { value = 6, source = "s" }
    max_amount = { value = "89999.99 USD", source = "s" }
    """
)


@pytest.mark.parametrize(
    ("closing", "waived"), [("2018-03-30", False), ("2018-03-31", False), ("2018-04-01", True)]
)
def test_a_restructuring_that_keeps_the_window_does_not_trip_over_what_was_waived(
    closing: str, waived: bool
) -> None:
    """The later edition's span is six months; the waiver counts where the twelve of before needed it."""
    editions = [*shipped(), SHORTER]
    life = [*SIGNED, g.make_effective("03-31", closing_date="2017-12-31")]
    past = given(life, g.extend("06-01", closing_date=closing, waiver="a flood"), editions=editions)
    past.when(g.restructure("06-30")).then(was.GrantRestructured)
    past.given(g.cancel_balance("06-30", amount="0.01 USD"))
    outcome = past.when(g.restructure("07-01"))
    outcome.then(was.GrantRestructured) if waived else outcome.refused(BeyondWindow, "2017-09-30")


def test_a_closing_date_is_refused_before_an_amount() -> None:
    past = given(EFFECTIVE, editions=[*shipped(), SHORTER])
    past.when(g.restructure("07-01")).refused(BeyondWindow)
    soon = given(SIGNED, g.make_effective("03-31", closing_date="2017-09-30"), editions=[*shipped(), SHORTER])
    soon.when(g.restructure("07-01")).refused(AboveMaximumAmount)
    soon.when(g.restructure("06-30")).then(was.GrantRestructured)


@pytest.mark.parametrize(("life", "on"), [(APPROVED, "02-11"), (SIGNED, "03-02")])
def test_a_restructuring_before_effectiveness_obeys_the_new_window(life: list[Command], on: str) -> None:
    """As far as it can be known: there is no closing date yet."""
    one_recipient = [g.propose("01-10", recipients=["TZ"]), *life[1:]]
    given(one_recipient).when(g.restructure(on, window="programmatic")).refused(TooFewRecipients)
    given(one_recipient).when(g.restructure(on, window="programmatic", recipients=["TZ", "UG"])).then(
        was.GrantRestructured
    )
    given(life).when(g.restructure(on, window="oks")).refused(InstitutionMissing)
    given(life).when(g.restructure(on, window="oks", institution="Dairy Board")).refused(CapabilityNotPlanned)
    given(life).when(g.restructure(on, **OKS)).then(was.GrantRestructured)


def test_a_restructuring_learned_of_late_obeys_the_new_window() -> None:
    past = given([g.propose("01-10", recipients=["TZ"]), *SIGNED[1:]], g.make_effective("03-31"))
    for on in ("02-10", "03-01", "03-30"):
        past.when(g.restructure(on, window="programmatic")).refused(TooFewRecipients)


# ── what approval can know already ───────────────────────────────────────────────────────────


def before_rule_set_2(past: Past) -> Past:
    """The grant's entries as a book of before has them: nothing of this was asked at approval."""
    past.grants[g.G] = GrantHistory.of([entry._replace(rules=1) for entry in past.grants[g.G].entries])
    return past


@pytest.mark.case("D11")
@pytest.mark.parametrize(
    ("recipients", "fits"),
    [(["TZ"], False), (["TZ", "ZZ"], False), (["TZ", "UG"], True), (["TZ", "TZ"], False)],
)
def test_a_programmatic_grant_has_two_recipients(recipients: list[str], fits: bool) -> None:
    life = [g.propose("01-10", window="programmatic", recipients=recipients), PROGRAMMATIC[1]]
    outcome = given(life).when(g.approve("02-10"))
    outcome.then(was.GrantApproved, on_fund.FundsCommitted) if fits else outcome.refused(TooFewRecipients)


def with_capacity(amount: str) -> Command:
    """A request of 100,000.00 USD, of which so much is for the countries' own capacity to share."""
    travel = 100_000 - float(amount)
    studio = {"line": "studio", "amount": f"{amount} USD", "capacity": True}
    return g.request("01-20", budget=[{"line": "travel", "amount": f"{travel:.2f} USD"}, studio])


@pytest.mark.case("D11")
@pytest.mark.parametrize(("capacity", "fits"), [("19999.99", True), ("20000.00", True), ("20000.01", False)])
def test_a_fifth_is_for_capacity_to_share(capacity: str, fits: bool) -> None:
    outcome = given(PROGRAMMATIC[0], with_capacity(capacity)).when(g.approve("02-10"))
    outcome.then(was.GrantApproved, on_fund.FundsCommitted) if fits else outcome.refused(
        CapacityShareTooHigh, "20.00001 % of the budget"
    )


def test_a_share_that_has_no_end_is_rounded_in_the_refusal() -> None:
    budget = [
        {"line": "travel", "amount": "22000.00 USD"},
        {"line": "studio", "amount": "8000.00 USD", "capacity": True},
    ]
    request = g.request("01-20", amount="30000.00 USD", budget=budget)
    approval = g.approve("02-10", amount="30000.00 USD")
    given(PROGRAMMATIC[0], request).when(approval).refused(CapacityShareTooHigh, "26.67 % of the budget")


@pytest.mark.case("D11")
def test_organizational_knowledge_sharing_names_its_institution_and_plans_both_capabilities() -> None:
    request = PROGRAMMATIC[1]
    given(g.propose("01-10", window="oks"), request).when(g.approve("02-10")).refused(InstitutionMissing)
    with_one_plan = g.propose("01-10", **{**OKS, "capabilities_planned": BOTH[1:]})
    given(with_one_plan, request).when(g.approve("02-10")).refused(
        CapabilityNotPlanned, "documenting_and_sharing"
    )
    given(with_one_plan, request, g.revise("02-09", capabilities_planned=BOTH)).when(g.approve("02-10")).then(
        was.GrantApproved, on_fund.FundsCommitted
    )
    given(g.propose("01-10", **OKS), request).when(g.approve("02-10")).then(
        was.GrantApproved, on_fund.FundsCommitted
    )


@pytest.mark.case("D11")
@pytest.mark.parametrize(
    ("window", "months", "fits"),
    [
        ("stand_alone", 1, True),
        ("stand_alone", 12, True),
        ("stand_alone", 13, False),
        ("programmatic", 11, False),
        ("programmatic", 12, True),
        ("programmatic", 36, True),
        ("programmatic", 37, False),
    ],
)
def test_no_more_months_are_promised_than_the_window_has_and_no_fewer(
    window: str, months: int, fits: bool
) -> None:
    past = given(g.propose("01-10", window=window, months=months), g.request("01-20"))
    outcome = past.when(g.approve("02-10"))
    outcome.then(was.GrantApproved, on_fund.FundsCommitted) if fits else outcome.refused(
        BeyondWindow, f"{months} months"
    )
    old = given(g.propose("2016-12-01", months=months), g.request("2016-12-02"))
    old.when(g.approve("2016-12-31")).then(
        was.GrantApproved, on_fund.FundsCommitted
    )  # that edition states no limit


@pytest.mark.case("D11")
def test_a_late_revision_and_a_correction_leave_the_approval_what_fits() -> None:
    past = given(g.propose("01-10", **OKS), PROGRAMMATIC[1], g.approve("02-10"))
    one_plan = BOTH[:1]
    past.when(g.revise("02-09", capabilities_planned=one_plan)).refused(
        CapabilityNotPlanned, "no longer hold"
    )
    past.when(reads(past, was.GrantProposed, capabilities_planned=one_plan)).refused(CapabilityNotPlanned)
    old = given(g.propose("2016-12-01", months=13), g.request("2016-12-02"), g.approve("2016-12-31"))
    moved = g.correct("2018-06-01", entry=old.version(was.GrantApproved), reads={"on": "2017-01-01"})
    old.when(moved).refused(BeyondWindow, "13 months")


@pytest.mark.case("D11")
def test_what_was_approved_under_the_first_rules_is_held_against_the_window_at_effectiveness() -> None:
    past = before_rule_set_2(given(SIGNED))
    entry = past.version(was.GrantProposed)
    for fields, refusal in (
        ({"window": "programmatic", "recipients": ["TZ"]}, TooFewRecipients),
        ({"window": "oks", "institution": "Dairy Board"}, CapabilityNotPlanned),
        ({"window": "oks", "capabilities_planned": BOTH}, InstitutionMissing),
    ):
        stream = list(past.grants[g.G].entries)
        stream[entry - 1] = stream[entry - 1]._replace(
            event=stream[entry - 1].event.model_copy(update=fields)
        )
        old = past.copy()
        old.grants[g.G] = GrantHistory.of(stream)
        old.when(g.make_effective("03-31", closing_date="2018-03-31")).refused(refusal)


OLD = [g.propose("2016-12-01", amount="200000.00 USD"), g.request("2016-12-02")]


@pytest.mark.parametrize(
    ("on", "amount", "edition"),
    [
        ("2016-12-31", "150000.00", "2008-10"),
        ("2016-12-31", "150000.01", None),
        ("2017-01-01", "150000.01", "2017-01"),
        ("2017-01-02", "150000.01", "2017-01"),
    ],
)
def test_the_edition_of_the_day_of_approval_governs(on: str, amount: str, edition: str | None) -> None:
    past = given(OLD)
    outcome = past.record(g.approve(on, amount=f"{amount} USD"))
    if edition is None:
        outcome.refused(AboveMaximumAmount, "150,000.00 USD")
    else:
        outcome.then(was.GrantApproved, on_fund.FundsCommitted, amount=f"{amount} USD")
        assert past.grant.edition == edition


def test_the_maximum_holds_for_increases_and_corrections() -> None:
    past = given(OLD, g.approve("2016-12-31", amount="149999.00 USD"))
    past.when(g.increase("2017-06-01", amount="1001.00 USD")).refused(AboveMaximumAmount)
    past.record(g.increase("2017-06-01", amount="1.00 USD")).then(
        was.CommitmentIncreased, on_fund.CommitmentIncreased, amount="1.00 USD"
    )
    entry = past.version(was.GrantApproved)
    past.when(g.correct("2018-01-01", entry=entry, reads={"amount": "149999.01 USD"})).refused(
        AboveMaximumAmount
    )
