"""The end of the fund in the second book: when it may be closed, and what it takes afterwards."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from second_book.basics import Event, base_of, in_force

if TYPE_CHECKING:
    from second_book.histories import Histories

OVER = (None, "closed", "declined", "withdrawn", "lapsed", "cancelled")
TAKEN = set(
    """HoldActivity DocumentExpenditure FailPayment RecordRefund RecordIrregularPayment RecordCoFinancing
    RecordCost ReportOutcomes RecordLesson ReachCapability MeasureIndicator CompleteFollowUp FinanceFollowUp
    ReportProgress SubmitCompletionReport RecordClientSurvey PublishResultsStory RecordDevelopmentOutcome
    AttachDocument CorrectEntry CorrectDirectoryEntry CancelBalance ReceiveInstalment CreditIncome ReturnFunds
    HoldConsultation RenamePartner LeavePartner SubmitDonorReport AppointOfficer RetireOfficer
    RenameInstitution WithdrawOffer RecordUse""".split()
)
FOLLOWING = {"pair", "used", "selected", "released"}
"""Events that follow from those of grants."""
OF_THE_WORLD = {"HoldActivity", "FailPayment", "RecordRefund", "RecordIrregularPayment"}
OF_THE_WORLD |= {"ReceiveInstalment", "CreditIncome"}
Streams = dict[str, list[Event]]


def too_late(closed: str | None, event: Event) -> Iterator[str]:
    """Yield the refusal of a new event that the fund does not take from the day of its closure on."""
    if closed and event["on"] >= closed and event["command"] not in TAKEN:
        yield "FundIsClosed"


def recorded_too_late(closed: str | None, event: Event) -> Iterator[str]:
    """Yield the refusal of a recorded event after the day of the closure that the fund does not take."""
    if closed and event["on"] > closed and event["command"] not in TAKEN | FOLLOWING | {"CloseFund"}:
        yield "FundIsClosed"


def left(book: "Histories", day: str, streams: Streams) -> Decimal:
    """Return what the fund has left on the day, with what is set aside."""
    flows = list(book.replay_fund(streams["fund"])["own_flows"])
    for name, events in streams.items():
        if name.startswith("grant:"):
            grant = book.replay_grant(name, events)
            flows += [(on, -amount) for on, amount in (*grant["commitments"], *grant["overpayments"])]
    return sum((amount for on, amount in flows if on <= day), Decimal(0))


def not_empty(book: "Histories", closed: str, streams: Streams) -> Iterator[str]:
    """Yield the reasons against closing the fund on the day."""
    for name, events in streams.items():
        until = [event for event in in_force(events) if event["on"] <= closed]
        if name.startswith("grant:") and book.replay_grant(name, until)["stage"] not in OVER:
            yield "FundNotEmpty"
    if left(book, closed, streams) > 0:
        yield "FundNotEmpty"
    for events in streams.values():
        for event in in_force(events):
            yield from recorded_too_late(closed, event)


def no_longer_empty(book: "Histories", stream: str, events: list[Event], closed: str | None) -> Iterator[str]:
    """Yield the reason against an event after which the fund, that is closed, could not have been closed.

    ``events``: the stream with the event. ``closed``: the day of the closure before it.
    """
    old = {name: book.events(name) for name in (*book.streams, stream)}
    new, now = events[-1], old | {stream: events}
    correction, changed = "entry" in new, base_of(new, events)["command"]
    day = book.replay_fund(now["fund"])["closed"]
    if not day:
        return
    if day != closed:
        yield from not_empty(book, day, now)
        return
    if changed in OF_THE_WORLD or not (correction or new["on"] < day):
        return
    if stream.startswith("grant:"):
        until = (
            [event for event in in_force(streams[stream]) if event["on"] <= day] for streams in (old, now)
        )
        before, after = (book.replay_grant(stream, events)["stage"] for events in until)
        if before in OVER and after not in OVER:
            yield "FundClosureWouldNotHold"
    if left(book, day, now) > max(Decimal(0), left(book, day, old)):
        yield "FundClosureWouldNotHold"
