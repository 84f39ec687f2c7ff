"""The end of the books: waive, close, reopen; and documents beside them."""

from lifecycle.decisions.rules import conditions, edition_of, lawful, money
from lifecycle.events import grant as was
from lifecycle.fund import Fund
from lifecycle.grant import Grant
from lifecycle.refusals import (
    CompletionReportOpen,
    FollowUpsOpen,
    PaymentsUnfinished,
    UndisbursedBalanceRemains,
    UnknownObligation,
)
from lifecycle.steps import NAMES


@lawful(was.ObligationWaived, since=1)
def _waive(_: Grant, e: was.ObligationWaived, __: Fund) -> None:
    if e.obligation not in NAMES:
        raise UnknownObligation(f"there is no obligation {e.obligation}; known: {', '.join(NAMES)}")


@conditions(was.GrantClosed, since=1)
def _close(grant: Grant, _: was.GrantClosed, fund: Fund) -> None:
    if grant.undisbursed:
        raise UndisbursedBalanceRemains(
            f"{money(grant.undisbursed, grant.currency)} is neither paid nor cancelled:"
            " grant cancel-balance gives it back to the fund"
        )
    if pending := [payment.id for payment in grant.payments.values() if payment.pending]:
        raise PaymentsUnfinished(f"unfinished: {', '.join(pending)}; pay, reject or fail each first")
    asked = "completion_report" in edition_of(grant, fund).obligations
    if asked and grant.report_accepted_on is None and ("completion_report", None) not in grant.waived:
        raise CompletionReportOpen("the completion report is neither accepted nor waived")
    if still := [follow_up.id for follow_up in grant.follow_ups.values() if follow_up.status == "open"]:
        raise FollowUpsOpen(f"open: {', '.join(still)}; complete, drop or hand over each first")
