"""The book as a ledger for beancount, in which every transaction balances.

Money that the fund holds is in ``Assets:Pools:General``. What is paid is an expense of the grant and its
payee. What is promised and not yet paid is in ``Equity:Undisbursed``. The ledger ends with a balance
assertion for each figure of the reports ``disbursement`` and ``fund``, so that beancount itself compares it
with them.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from lifecycle.book.book import Book
from lifecycle.fund import events as fund_events
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from lifecycle.types.money import Money
from projections.publication.bodies import Bodies
from projections.publication.walks import (
    COMMITMENT,
    REFUND,
    Dates,
    GrantOnDay,
    Movement,
    Progress,
    fund_on,
    grants_on,
)
from projections.query import answering

POOL, FEES, INVESTMENT = "Assets:Pools:General", "Expenses:Fees", "Income:Investment"
RETURNED, PROMISED, PAID = "Expenses:Returned", "Equity:Promised", "Equity:Paid"
OPENED = date(1900, 1, 1)
"""The day on which every account is opened: no entry is older."""

Posting = tuple[str, str]
"""An account and what is posted to it, as beancount writes it."""

_PART = re.compile(r"[A-Z0-9][A-Za-z0-9-]*", re.ASCII)


def account_part(text: str, separator: str = "-") -> str:
    """Return the text as one part of an account's name. Different texts have different parts.

    ``separator`` stands between the words of the text, and becomes a hyphen: a blank in names, a hyphen in
    ids. If more has to change, the first digits of the text's SHA-256 follow.
    """
    part = text.replace(separator, "-")
    if _PART.fullmatch(part) and (separator == "-" or "-" not in text):
        return part
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", "-", letters).strip("-")
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{words[:1].upper()}{words[1:60]}-{digest}" if words else f"X-{digest}"


def quoted(text: str) -> str:
    """Return the text as a string of beancount, on one line."""
    on_one_line = " ".join("".join(" " if not char.isprintable() else char for char in text).split())
    return '"' + on_one_line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def ledger(book: Book, dates: Dates, progress: Progress | None = None) -> Iterator[str]:
    """Yield the ledger, a directive at a time."""
    fund = fund_on(book, dates)
    yield f"; As of {dates.as_of}, as known at position {dates.known} of the journal.\n"
    yield f"option {quoted('title')} {quoted(fund.founding.name)}\n"
    yield f"option {quoted('operating_currency')} {quoted(fund.founding.currency)}\n\n"
    for account in (POOL, FEES, INVESTMENT, RETURNED, PROMISED, PAID):
        yield _opened(account)
    contributors = set[str]()
    for entry in fund.entries:
        yield from _of_fund(entry, fund.founding.currency, contributors)
    bodies = Bodies(book, dates)
    for grant in grants_on(book, dates, progress):
        if grant.movements:
            yield from _of_grant(grant, bodies)
    yield from _assertions(book, dates, contributors)


def _opened(account: str, name: str | None = None) -> str:
    metadata = "" if name is None else f"  name: {quoted(name)}\n"
    return f"{OPENED} open {account}\n{metadata}"


def _transaction(
    entry: Entry, payee: str, narration: str, postings: Iterable[Posting], payment: str | None = None
) -> str:
    of_payment = "" if payment is None else f"  payment: {quoted(payment)}\n"
    return (
        f"{entry.on} * {quoted(payee)} {quoted(narration)}\n  entry: {quoted(entry.name)}\n{of_payment}"
        + "".join(f"  {account}  {amount}\n" for account, amount in postings)
    )


# ── the fund ─────────────────────────────────────────────────────────────────────────────────


def contributions_of(partner: str) -> str:
    """Return the account of what the partner has paid in."""
    return f"Income:Contributions:{account_part(partner)}"


def _of_fund(entry: Entry, currency: str, contributors: set[str]) -> Iterator[str]:
    """Yield the directives of one entry of the fund, and add a partner that joined to ``contributors``."""
    event: Event = entry.event
    match event:
        case fund_events.PartnerJoined():
            contributors.add(event.partner)
            yield _opened(contributions_of(event.partner), event.name)
            yield _opened(_returned_to(event.partner), event.name)
        case fund_events.InstalmentReceived():
            worth = event.holding_amount or event.amount
            price = "" if event.amount.currency == currency else f" @@ {worth}"
            received = [
                (contributions_of(event.partner), f"{_negative(event.amount)}{price}"),
                (POOL, str(worth)),
            ]
            yield _transaction(entry, event.partner, "Contribution received", received)
        case fund_events.FeeCharged():
            fee = [(FEES, str(event.amount)), (POOL, _negative(event.amount))]
            yield _transaction(entry, "", event.reason or "Fee charged", fee)
        case fund_events.IncomeCredited():
            income = [(INVESTMENT, _negative(event.amount)), (POOL, str(event.amount))]
            yield _transaction(entry, "", event.reason or "Income credited", income)
        case fund_events.FundsReturned():
            returned = [(_returned_to(event.partner), str(event.amount)), (POOL, _negative(event.amount))]
            yield _transaction(entry, event.partner, event.reason or "Money returned", returned)
        case _:
            return


def _returned_to(partner: str) -> str:
    return f"{RETURNED}:{account_part(partner)}"


def _negative(money: Money) -> str:
    return f"{-money.amount} {money.currency}"


# ── grants ───────────────────────────────────────────────────────────────────────────────────


def expenses_of(grant: str) -> str:
    """Return the account of what was paid to the payees of a grant; each payee has an account below it."""
    return f"Expenses:Grants:{account_part(grant)}"


def undisbursed_of(grant: str) -> str:
    """Return the account of what is promised to a grant and not yet paid."""
    return f"Equity:Undisbursed:{account_part(grant)}"


def _of_grant(grant: GrantOnDay, bodies: Bodies) -> Iterator[str]:
    id_, title = grant.grant.id, grant.grant.title
    yield _opened(expenses_of(id_), title)
    yield _opened(undisbursed_of(id_), title)
    payees = set[str]()
    for movement in grant.movements:
        if movement.kind == COMMITMENT:
            yield _commitment(grant, movement)
            continue
        payee = bodies.payee(grant, movement).name
        if payee not in payees:
            payees.add(payee)
            yield _opened(_paid_to(id_, payee), payee)
        yield _payment(grant, movement, payee)


def _paid_to(grant: str, payee: str) -> str:
    return f"{expenses_of(grant)}:{account_part(payee, ' ')}"


def _commitment(grant: GrantOnDay, movement: Movement) -> str:
    """Return the transaction of money that was promised or given back."""
    promised, currency = movement.amount, grant.grant.currency
    postings = [
        (PROMISED, f"{promised} {currency}"),
        (undisbursed_of(grant.grant.id), f"{-promised} {currency}"),
    ]
    return _transaction(movement.entry, grant.grant.title, movement.text, postings)


def _payment(grant: GrantOnDay, movement: Movement, payee: str) -> str:
    """Return the transaction of money that was paid or came back."""
    paid = movement.amount if movement.kind != REFUND else -movement.amount
    currency, id_ = grant.grant.currency, grant.grant.id
    postings = [
        (_paid_to(id_, payee), f"{paid} {currency}"),
        (POOL, f"{-paid} {currency}"),
        (undisbursed_of(id_), f"{paid} {currency}"),
        (PAID, f"{-paid} {currency}"),
    ]
    return _transaction(movement.entry, payee, movement.text, postings, movement.payment)


# ── what the reports say ─────────────────────────────────────────────────────────────────────


def _assertions(book: Book, dates: Dates, contributors: set[str]) -> Iterator[str]:
    """Yield a balance assertion for each figure of the reports that has an account."""
    day, net_disbursed = dates.as_of + timedelta(days=1), Decimal(0)
    with answering(book, "disbursement", as_of=dates.as_of, known=dates.known) as report:
        for cells in report.rows:
            row = dict(zip(report.columns, cells, strict=True))
            committed, net = Decimal(str(row["committed"])), Decimal(str(row["net_disbursed"]))
            net_disbursed += net
            if committed or net:
                grant, currency = str(row["grant"]), row["currency"]
                yield f"{day} balance {expenses_of(grant)}  {net} {currency}\n"
                yield f"{day} balance {undisbursed_of(grant)}  {net - committed} {currency}\n"
    with answering(book, "fund", as_of=dates.as_of, known=dates.known) as report:
        for cells in report.rows:
            row = dict(zip(report.columns, cells, strict=True))
            if row["partner"] is None:
                yield from _totals(day, {name: str(cell) for name, cell in row.items()}, net_disbursed)
            elif row["partner"] in contributors:
                received = -Decimal(str(row["received"]))
                yield f"{day} balance {contributions_of(str(row['partner']))}  {received} {row['currency']}\n"


def _totals(day: date, row: dict[str, str], net_disbursed: Decimal) -> Iterator[str]:
    received, fees, income, returned, committed = (
        Decimal(row[name]) for name in ("received_holding", "fees", "income", "returned", "committed")
    )
    held = received + income - fees - returned - net_disbursed
    for account, amount in (
        (FEES, fees),
        (INVESTMENT, -income),
        (RETURNED, returned),
        (PROMISED, committed),
        (POOL, held),
    ):
        yield f"{day} balance {account}  {amount} {row['currency']}\n"
