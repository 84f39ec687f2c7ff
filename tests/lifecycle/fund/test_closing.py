"""The end of the fund: when it can be closed, what is taken afterwards, and what keeps it closed."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.book.command_handler import CommandHandler
from lifecycle.catalogue import BY_EVENT
from lifecycle.decide.grant import ClosureWouldNotHold
from lifecycle.decide.other_streams import ExceedsPartnerBalance
from lifecycle.fund import events as was
from lifecycle.fund.closing import (
    TAKEN,
    FundClosureWouldNotHold,
    FundIsClosed,
    FundNotEmpty,
    left_on,
)
from lifecycle.grant import events as of_grants
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import StreamStopped
from lifecycle.kernel.event import EntryCorrected, ImportedFrom
from lifecycle.rejudge.walk import judged_unsealed
from support import given as g
from support.books import make_book
from support.forging import forge_refusal
from support.given import CLOSED, EFFECTIVE, FOUNDED, Past, given
from support.inserting import forging
from support.left_out import quarantine
from support.reading import new_book, record
from support.rejudging import faults

RETURNED = g.return_funds("2018-06-10", amount="498000.00 USD")
EMPTY = [*CLOSED, RETURNED]
ENDED = [*EMPTY, g.close_fund("2018-06-30")]
OTHER = "SSF-2"
PROPOSED_OTHER = [g.propose("01-10", grant=OTHER)]


def ended(*more: Command) -> Past:
    return given(EMPTY, more, g.close_fund("2018-06-30"))


# ── when it can be closed ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("on", "fits"), [("2018-06-09", False), ("2018-06-10", True), ("2018-06-11", True)])
def test_a_fund_is_closed_once_nothing_is_left(on: str, fits: bool) -> None:
    outcome = given(EMPTY).when(g.close_fund(on))
    outcome.then(was.FundClosed) if fits else outcome.refused(FundNotEmpty, "498,000.00 USD of DK")


@pytest.mark.parametrize(("on", "fits"), [("2018-05-31", False), ("2018-06-01", True), ("2018-06-02", True)])
def test_a_fund_is_closed_once_every_grant_is_closed_or_has_ended(on: str, fits: bool) -> None:
    settled = [*CLOSED[:-1], g.return_funds("2018-05-02", amount="498000.00 USD"), CLOSED[-1]]
    outcome = given(settled).when(g.close_fund(on))
    outcome.then(was.FundClosed) if fits else outcome.refused(FundNotEmpty, "SSF-1 is follow_up")


def test_a_refusal_names_the_first_grants_that_run_and_counts_the_others() -> None:
    proposals = [g.propose("01-10", grant=f"SSF-{number}") for number in range(1, 8)]
    outcome = given(proposals, g.withdraw("01-11", grant="SSF-7")).when(g.close_fund("2018-06-30"))
    outcome.refused(FundNotEmpty, "SSF-5 is proposed and 1 more")
    outcome.refused(FundNotEmpty, "500,000.00 USD is left: 500,000.00 USD of DK")


def test_a_refusal_says_what_is_left_of_each_pool_partner_and_set_aside() -> None:
    past = given(
        g.agree_contribution("2009-01-01", agreement="DK-1", amount="700.00 USD"),
        g.receive("2009-02-01", amount="700.00 USD", agreement="DK-1"),
        g.return_funds("2010-01-01", amount="499900.00 USD"),
        g.credit_income("2010-01-02", amount="30.00 USD"),
        g.set_aside("2010-01-03", amount="20.00 USD"),
    )
    outcome = past.when(g.close_fund("2018-06-30"))
    outcome.refused(FundNotEmpty, "830.00 USD is left: 700.00 USD of agreement DK-1 of DK, 100.00 USD of DK")
    outcome.refused(FundNotEmpty, "30.00 USD of nobody (income)")
    outcome.refused(FundNotEmpty, "20.00 USD is set aside as dialogues: release it first")


@pytest.mark.parametrize(("on", "fits"), [("2018-06-30", False), ("2018-07-01", True)])
def test_money_that_is_set_aside_is_left_until_its_last_day(on: str, fits: bool) -> None:
    money = {"amount": "498000.00 USD"}
    past = given(CLOSED, g.set_aside("2018-06-05", until="2018-06-30", **money))
    past.given(g.return_funds("2018-07-01", **money))
    outcome = past.when(g.close_fund(on))
    outcome.then(was.FundClosed) if fits else outcome.refused(FundNotEmpty, "set aside as dialogues")


def test_a_fund_is_closed_once() -> None:
    past = given(ENDED)
    past.when(g.close_fund("2018-07-01")).refused(FundIsClosed, "2018-06-30")
    past.when(g.close_fund("2018-06-20")).refused(FundIsClosed, "already")


def test_a_closure_that_is_recorded_late_refuses_what_was_decided_after_it() -> None:
    later = {
        "grant:SSF-2": g.withdraw("2018-07-02", grant=OTHER),
        "fund": g.pledge("2018-07-02"),
        "call:C1": g.open_call("2018-07-02", closes="2018-12-31"),
        "directory": g.register_institution("2018-07-02"),
    }
    before = given(EMPTY)
    before.when(g.close_fund("2018-06-30")).then(was.FundClosed)
    for stream, command in later.items():
        past = before.copy()
        if stream == "grant:SSF-2":
            past.given(g.propose("2018-07-01", grant=OTHER))
        past.given(command).when(g.close_fund("2018-06-30")).refused(FundIsClosed, f"in {stream}, entry")
    past = before.copy().given(g.refund("2018-07-02"), g.consult("2018-07-03"))
    past.when(g.close_fund("2018-06-30")).then(was.FundClosed)


# ── what is taken afterwards ─────────────────────────────────────────────────────────────────


def test_every_event_that_is_taken_afterwards_is_one_of_a_command() -> None:
    assert {about: names - set(BY_EVENT[about]) for about, names in TAKEN.items()} == dict.fromkeys(
        TAKEN, frozenset()
    )


NOT_TAKEN = [
    g.propose("2018-06-30", grant=OTHER),
    g.reopen("2018-06-30"),
    g.increase("2018-06-30", amount="1.00 USD"),
    g.waive("2018-06-30", obligation="results_story"),
    g.agree("2018-06-30"),
    g.join("2018-06-30", partner="ES"),
    g.pledge("2018-06-30"),
    g.schedule("2018-06-30"),
    g.charge_fee("2018-06-30"),
    g.set_aside("2018-06-30"),
    g.open_call("2018-06-30", closes="2018-12-31"),
    g.register_institution("2018-06-30"),
    g.voice_need("2018-06-30"),
]
ARE_TAKEN = [
    g.refund("2018-06-30"),
    g.fail("2018-06-30"),
    g.irregular("2018-06-30", payment="X1"),
    g.cost("2018-06-30"),
    g.publish_story("2018-06-30"),
    g.record_outcome("2018-06-30"),
    g.attach("2018-06-30"),
    g.receive("2018-06-30"),
    g.credit_income("2018-06-30", amount="1.00 USD"),
    g.rename_partner("2018-06-30", name="Kingdom of Denmark"),
    g.leave_partner("2018-06-30"),
    g.consult("2018-06-30"),
    g.appoint("2018-06-30", officer="n.ew", roles=["finance"]),
    g.attach_to_fund("2018-06-30"),
]


@pytest.mark.parametrize("command", NOT_TAKEN, ids=lambda command: command.NAME)
def test_a_closed_fund_decides_nothing_more(command: Command) -> None:
    given(ENDED).when(command).refused(FundIsClosed, "the fund was closed on 2018-06-30")
    open_fund = given(EMPTY).when(command)
    assert type(open_fund.refusal) is not FundIsClosed


@pytest.mark.parametrize("command", ARE_TAKEN, ids=lambda command: command.NAME)
def test_what_happens_in_the_world_and_documents_are_recorded_after_the_closure(command: Command) -> None:
    assert given(ENDED).when(command).refusal is None


@pytest.mark.parametrize(("on", "fits"), [("2018-06-29", True), ("2018-06-30", False), ("2018-07-01", False)])
def test_a_pledge_is_recorded_late_if_it_was_made_before_the_closure(on: str, fits: bool) -> None:
    outcome = given(ENDED).when(g.pledge(on))
    outcome.then(was.ContributionPledged) if fits else outcome.refused(FundIsClosed)


def test_a_late_refund_is_returned_to_the_partners() -> None:
    past = given(ENDED, g.refund("2018-08-01", amount="500.00 USD"))
    past.record(g.cancel_balance("2018-08-02", amount="500.00 USD")).then(
        of_grants.BalanceCancelled, was.CommitmentReleased
    )
    past.when(g.return_funds("2018-08-03", amount="500.01 USD")).refused(ExceedsPartnerBalance, "500.00")
    past.record(g.return_funds("2018-08-03", amount="500.00 USD")).then(was.FundsReturned)
    assert left_on(past.fund, date(2018, 8, 3)) == 0
    cancelled = given(EFFECTIVE, g.cancel("2017-04-10"), g.return_funds("2018-06-10", amount="500000.00 USD"))
    assert cancelled.when(g.close_fund("2018-06-30")).refusal is None


# ── what keeps it closed ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("on", "fits"), [("2018-06-29", False), ("2018-07-01", True)])
def test_a_decision_that_is_recorded_late_leaves_the_fund_closed(on: str, fits: bool) -> None:
    past = ended()
    past.when(g.propose("2018-06-29", grant=OTHER)).refused(
        FundClosureWouldNotHold, "SSF-2 would be proposed"
    )
    past.given(g.refund("2018-06-28", amount="500.00 USD"))
    outcome = past.when(g.cancel_balance(on, amount="500.00 USD"))
    if fits:
        outcome.then(of_grants.BalanceCancelled, was.CommitmentReleased)
    else:
        outcome.refused(FundClosureWouldNotHold, "500.00 USD would be left on that day")


def test_money_of_the_world_is_recorded_late_and_returned_after_the_closure() -> None:
    past = ended(g.credit_income("2018-06-11", amount="5.00 USD"), g.charge_fee("2018-06-12", amount="5 USD"))
    past.record(g.receive("2018-06-20", amount="7.00 USD")).then(was.InstalmentReceived)
    past.record(g.credit_income("2018-06-20", amount="1.00 USD")).then(was.IncomeCredited)
    entry = past.fund_version(was.InstalmentReceived, 2)
    past.record(g.correct_fund("2018-08-01", entry=entry, reads={"amount": "9.00 USD"})).then(EntryCorrected)
    past.record(g.return_funds("2018-08-02", amount="9.00 USD")).then(was.FundsReturned)


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (was.FundsReturned, {"reads": {"amount": "497999.99 USD"}}),
        (was.FundsReturned, {"struck": True}),
        (was.FundsReturned, {"reads": {"on": "2018-07-01"}}),
        (was.FeeCharged, {"reads": {"amount": "4.99 USD"}}),
    ],
)
def test_a_correction_leaves_no_money_on_the_day_of_the_closure(event: type, change: dict[str, str]) -> None:
    past = ended(g.credit_income("2018-06-11", amount="5.00 USD"), g.charge_fee("2018-06-12", amount="5 USD"))
    entry = past.fund_version(event)
    past.when(g.correct_fund("2018-08-01", entry=entry, **change)).refused(
        FundClosureWouldNotHold, "strike the fund's closure first"
    )
    closing = past.fund_version(was.FundClosed)
    past.given(g.correct_fund("2018-08-01", entry=closing, struck=True))
    past.when(g.correct_fund("2018-08-01", entry=entry, **change)).then(EntryCorrected)


def test_a_correction_of_a_grant_leaves_the_fund_closed() -> None:
    past = ended()
    past.when(g.strike(past, of_grants.GrantClosed, on="2018-08-01")).refused(
        FundClosureWouldNotHold, "SSF-1 would be follow_up"
    )
    past = ended(g.propose("01-10", grant=OTHER), g.withdraw("01-11", grant=OTHER))
    past.when(g.correct("2018-08-01", grant=OTHER, entry=2, struck=True)).refused(
        FundClosureWouldNotHold, "SSF-2 would be proposed"
    )
    past.when(g.correct("2018-08-01", grant=OTHER, entry=2, reads={"reason": "floods"})).then(EntryCorrected)
    past.when(g.reads(past, of_grants.FundsDisbursed, on="2018-08-01", amount="1999.99 USD")).refused(
        ClosureWouldNotHold
    )


def test_a_closure_is_struck_and_brought_back_only_if_it_still_holds() -> None:
    past = given(ENDED)
    closing = past.fund_version(was.FundClosed)
    past.record(g.correct_fund("2018-08-01", entry=closing, struck=True)).then(EntryCorrected)
    strike = past.fund_version(EntryCorrected)
    brought_back = g.correct_fund("2018-08-03", entry=strike, struck=True, actor="a.prover")
    past.when(brought_back).then(EntryCorrected)
    proposed = past.copy().given(g.propose("2018-06-01", grant=OTHER))
    proposed.when(brought_back).refused(FundNotEmpty, "SSF-2 is proposed")
    proposed.given(g.withdraw("2018-07-05", grant=OTHER))
    proposed.when(brought_back).refused(FundNotEmpty, "SSF-2 is proposed")
    past.copy().given(g.pledge("2018-07-01")).when(brought_back).refused(FundIsClosed, "ContributionPledged")
    past.given(g.reopen("2018-07-01")).when(brought_back).refused(FundIsClosed, "GrantReopened")


@pytest.mark.parametrize(
    ("on", "fits"), [("2018-06-09", False), ("2018-06-10", True), ("2018-07-01", True), ("2018-08-01", False)]
)
def test_a_closure_is_moved_to_another_day_on_which_the_fund_was_empty(on: str, fits: bool) -> None:
    past = given(ENDED, g.receive("2018-08-01"))
    closing = past.fund_version(was.FundClosed)
    outcome = past.when(g.correct_fund("2018-08-02", entry=closing, reads={"on": on}))
    outcome.then(EntryCorrected) if fits else outcome.refused(FundNotEmpty, "would no longer hold")


@pytest.mark.parametrize(("on", "fits"), [("2018-06-30", True), ("2018-07-01", False)])
def test_an_entry_is_not_moved_behind_the_closure(on: str, fits: bool) -> None:
    past = ended(g.pledge("2018-06-12"))
    pledge = g.correct_fund("2018-08-01", entry=past.fund_version(was.ContributionPledged), reads={"on": on})
    outcome = past.when(pledge)
    outcome.then(EntryCorrected) if fits else outcome.refused(FundIsClosed, "would no longer hold")
    closing = past.version(of_grants.GrantClosed)
    outcome = past.when(g.correct("2018-08-01", entry=closing, reads={"on": on}))
    outcome.then(EntryCorrected) if fits else outcome.refused(FundIsClosed, "would no longer hold")


def test_history_is_recorded_in_a_closed_fund() -> None:
    """It was decided elsewhere, and is judged by arithmetic alone."""
    origin = ImportedFrom(source="ledger", reference="1", mode="history")
    brought = replace(g.propose("2018-07-01", grant=OTHER), imported_from=origin)
    given(ENDED).when(brought, "admin").then(of_grants.GrantProposed)
    past = given(EMPTY, PROPOSED_OTHER)
    past.record(replace(g.close_fund("2018-06-30"), imported_from=origin), "admin").then(was.FundClosed)
    past.when(g.correct("2018-08-01", grant=OTHER, entry=1, reads={"title": "Milk"})).then(EntryCorrected)


@pytest.mark.parametrize(("on", "fits"), [("2018-06-30", True), ("2018-07-01", False)])
def test_no_entry_of_a_call_or_of_the_directory_is_moved_behind_the_closure(on: str, fits: bool) -> None:
    call = [g.open_call("2012-01-02"), g.close_call("2012-02-05")]
    past = given(call, g.register_institution("01-05"), g.voice_need("2018-05-01"), EMPTY)
    past.given(g.close_fund("2018-06-30"))
    for moved in (g.correct_call, g.correct_directory):
        outcome = past.when(moved("2018-08-01", entry=2, reads={"on": on}))
        outcome.then(EntryCorrected) if fits else outcome.refused(FundIsClosed, "would no longer hold")
    use = past.given(g.rename_institution("2018-06-20"))
    use.when(g.correct_directory("2018-08-01", entry=3, reads={"on": on})).then(EntryCorrected)


@pytest.mark.parametrize(("on", "fits"), [("2018-06-29", True), ("2018-06-30", True), ("2018-07-01", False)])
def test_an_end_that_was_brought_in_as_history_stays_before_the_closure(on: str, fits: bool) -> None:
    origin = ImportedFrom(source="ledger", reference="1", mode="history")
    past = given(EMPTY, g.propose("01-10", grant=OTHER))
    past.record(replace(g.withdraw("2018-06-01", grant=OTHER), imported_from=origin), "admin")
    past.given(g.close_fund("2018-06-30"))
    moved = past.when(g.correct("2018-08-01", grant=OTHER, entry=2, reads={"on": on}))
    if fits:
        moved.then(EntryCorrected)
    else:
        moved.refused(FundClosureWouldNotHold, "SSF-2 would be proposed")


# ── in both stores ───────────────────────────────────────────────────────────────────────────


def test_a_closed_fund_is_judged_again_as_it_was(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", EMPTY) as book:
        refused = book.record(g.close_fund("2018-05-31"), "a.prover")
        assert refused.refusal == "FundNotEmpty"
        record(book, g.close_fund("2018-06-30"))
        for command in NOT_TAKEN:
            assert book.record(command, command.actor).refusal == "FundIsClosed"
        record(book, g.refund("2018-07-01"), g.cancel_balance("2018-07-02", amount="500.00 USD"))
        late = book.record(g.propose("2018-06-29", grant=OTHER), "t.leader")
        assert late.refusal == "FundClosureWouldNotHold"
        judged = judged_unsealed(book.journal, (0, 0))
        assert (judged.faults, judged.wrong) == ([], {})


def test_a_forged_refusal_of_a_closed_fund_is_named(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", ENDED) as book:
        forge_refusal(book, g.reopen("2018-06-30"), "GrantIsClosed", "a.prover")
        forge_refusal(book, g.reopen("2018-06-29"), "FundIsClosed", "a.prover")
        first, second = faults(book)
        assert "so it would have been refused as FundIsClosed" in first
        assert "the fund was not closed on 2018-06-29" in second


@pytest.mark.both_stores
def test_of_a_grant_and_a_closure_at_once_the_second_is_refused(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = CommandHandler._append_if
    with make_book(place, [*FOUNDED, *EMPTY], clock=None) as book, Book.open(place) as other:

        def close_first(handler: CommandHandler, *judged: Any) -> Any:
            """Close the fund after the proposal was judged, and before it is appended."""
            monkeypatch.setattr(CommandHandler, "_append_if", append)
            assert other.record(g.close_fund("2018-06-30"), "a.prover").outcome == "accepted"
            return append(handler, *judged)

        monkeypatch.setattr(CommandHandler, "_append_if", close_first)
        proposal = g.propose("2018-06-30", grant=OTHER)
        assert book.record(proposal, "t.leader").refusal == "FundIsClosed"
        closing = len(book.entries("fund"))
        strike = g.correct_fund("2018-07-01", entry=closing, struck=True)
        assert book.record(strike, "c.hecker").outcome == "accepted"
        assert other.record(proposal, "t.leader").outcome == "accepted"
        assert book.record(g.close_fund("2018-06-30"), "a.prover").refusal == "FundNotEmpty"


def test_a_fund_whose_grant_cannot_be_read_is_not_closed_until_that_is_settled(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", EMPTY) as book:
        pass
    with forging(book.place) as forger:
        fields = {"on": "2018-06-05", "actor": "a.prover", "reason": "a story to come"}
        position = forger.entry("grant:SSF-1", "GrantReopened.v99", fields, command_id="x")
    with Book.open(book.place) as opened:
        with pytest.raises(StreamStopped, match=f"position {position}"):
            opened.record(g.close_fund("2018-06-30"), "a.prover")
        assert opened.record(quarantine(position), "admin").outcome == "accepted"
        record(opened, g.close_fund("2018-06-30"))
