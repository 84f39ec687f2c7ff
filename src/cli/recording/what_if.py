"""Which of a grant's next commands would be refused today, and by which rule. Nothing is recorded."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from cli.recording.record import try_out
from lifecycle.catalogue import GRANT_SPECS
from lifecycle.grant.obligations.next_acts import terms_of, who_may
from lifecycle.types.dates import plus_months

if TYPE_CHECKING:
    from datetime import date

    from lifecycle.book.book import Book
    from lifecycle.fund.state import Fund
    from lifecycle.grant.state import Grant
    from lifecycle.kernel.spec import Spec

Words = dict[str, Any]


class WhatIf(NamedTuple):
    """What one command would be answered."""

    command: str
    """As it is typed after ``grantbook``."""
    item: str | None
    """The payment; `None` if the command is about the grant as a whole."""
    officers: tuple[str, ...]
    """Who may act. The first was taken as its actor."""
    refusal: str | None
    """The name of the refusal; `None` if the command would be accepted, or nobody may act."""
    message: str | None
    rule: str | None
    also: tuple[tuple[str, str, str], ...] = ()
    """Further rules that it breaks: the name of each refusal, its message and its rule."""


def _of_grant(_grant: "Grant", _day: "date") -> Iterator[Words]:
    yield {}


def _request(grant: "Grant", day: "date") -> Iterator[Words]:
    amount = f"{grant.proposed:f} {grant.currency}"
    letters = [{"country": code, "ministry": "any", "dated": day.isoformat()} for code in grant.recipients]
    yield {"amount": amount, "budget": [{"line": "any", "amount": amount}], "letters": letters}


def _approval(grant: "Grant", _day: "date") -> Iterator[Words]:
    yield {"amount": f"{grant.asked:f} {grant.currency}"}


def _effectiveness(grant: "Grant", day: "date") -> Iterator[Words]:
    yield {"closing_date": plus_months(day, grant.months).isoformat()}


def _acceptance(grant: "Grant", _day: "date") -> Iterator[Words]:
    if grant.report_submitted_by is not None and grant.report_accepted_on is None:
        yield {}


def _with_status(status: str, *, with_amount: bool) -> "Callable[[Grant, date], Iterator[Words]]":
    def payments(grant: "Grant", _day: "date") -> Iterator[Words]:
        for payment in grant.payments.values():
            if payment.status == status:
                amount = {"amount": f"{payment.authorised:f} {grant.currency}"} if with_amount else {}
                yield {"payment": payment.id, **amount}

    return payments


_TRIED: "dict[str, Callable[[Grant, date], Iterator[Words]]]" = {
    "RequestFunding": _request,
    "ApproveGrant": _approval,
    "SignAgreement": _of_grant,
    "MakeEffective": _effectiveness,
    "LapseGrant": _of_grant,
    "AuthorisePayment": _with_status("requested", with_amount=False),
    "DisburseFunds": _with_status("authorised", with_amount=True),
    "CompleteImplementation": _of_grant,
    "AcceptCompletionReport": _acceptance,
    "CloseGrant": _of_grant,
}
"""The acts that are tried, each with the fields that the grant gives it.

A request is of the amount of the proposal, in one line, with a letter of each recipient; an approval is of
the amount asked for; and effectiveness is until the months of the proposal are over.
"""


def what_if(book: "Book", grant: "Grant", day: "date") -> Iterator[WhatIf]:
    """Yield the answer to each act that may be tried in the grant's stage, on the day."""
    fund = book.fund()
    terms = terms_of(grant, fund, day)
    roles = {officer: fund.roles_on(officer, day) for officer in fund.officers}
    for name, fields in _TRIED.items():
        spec = GRANT_SPECS[name]
        if grant.stage not in spec.stages:
            continue
        for words in fields(grant, day):
            officers, _ = who_may(spec, grant, terms, roles, words.get("payment", ""))
            act = {"command": spec.name, "grant": grant.id, "on": day.isoformat(), **words}
            answer = _answer(book, spec, officers, act)
            yield answer if answer.refusal is None else _with_others(answer, act, grant, fund)


def _with_others(answer: WhatIf, words: Words, grant: "Grant", fund: "Fund") -> WhatIf:
    """Return the answer with every other rule of the event that the command breaks, each once."""
    from lifecycle.grant.rules import RULES
    from lifecycle.kernel.refusals import Refusal
    from lifecycle.kernel.rule import NONE, RULE_SET, in_set
    from lifecycle.parse import command_from

    command = command_from({"actor": answer.officers[0], **words})
    guards = RULES.get(command.BECOMES or type(command.event), NONE)
    also: dict[str, Refusal] = {}
    try:
        event = command.event if guards.made_by is None else guards.made_by(grant, command.event, fund)
    except Refusal:
        return answer  # the event cannot be made, so no rule can look at it
    for rule in in_set((*guards.invariants, *guards.balances, *guards.preconditions), RULE_SET):
        try:
            rule.apply(grant=grant, event=event, fund=fund)
        except Refusal as refusal:
            also.setdefault(refusal.name, refusal)
    also.pop(answer.refusal or "", None)
    return answer._replace(also=tuple((name, str(why), why.rule) for name, why in also.items()))


def _answer(book: "Book", spec: "Spec", officers: tuple[str, ...], words: Words) -> WhatIf:
    from lifecycle.parse import command_from

    item = words.get("payment")
    if not officers:
        message = f"no officer is {spec.role} who did not ask for it"
        return WhatIf(spec.words, item, officers, None, message, None)
    command = command_from({"actor": officers[0], **words})
    receipt = try_out(book, command, officers[0]).receipt
    return WhatIf(spec.words, item, officers, receipt.refusal, receipt.message, receipt.rule)
