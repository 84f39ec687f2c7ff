"""The grants and the fund as of a day and as known at a position, one stream at a time.

Every publication reads these. A stream is folded once, and nothing of it is kept, so that memory stays small.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from lifecycle.book.book import Book
from lifecycle.fund import events as fund_events
from lifecycle.fund.establishment import FundEstablished
from lifecycle.grant import events as was
from lifecycle.grant.evolve import steps
from lifecycle.grant.state import Grant, MutableGrant
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry, history
from lifecycle.types.stage import ZERO, Stage

Progress = Callable[[int, int], None]
"""Takes the number of entries that were read, and the number of all."""

COMMITMENT, DISBURSEMENT, REFUND = "commitment", "disbursement", "refund"
"""The kinds of movement."""


class Movement(NamedTuple):
    """Money of a grant that one entry promised, paid or brought back, in the holding currency."""

    entry: Entry
    kind: str
    """`COMMITMENT`, `DISBURSEMENT` or `REFUND`."""
    amount: Decimal
    """Below zero for a commitment that was given back, and for a payment that the bank undid."""
    payment: str | None = None
    """The id of the payment; `None` for a commitment, and for payments that are known only in total."""

    @property
    def on(self) -> date:
        """The day on which the money moved."""
        return self.entry.on

    @property
    def text(self) -> str:
        """What it is, in a few words: ``Payment P1 refunded``."""
        if isinstance(self.entry.event, was.GrantBroughtForward):
            return f"{self._in_words}, brought forward"
        return self._in_words

    @property
    def _in_words(self) -> str:
        if self.kind == COMMITMENT:
            return "Commitment" if self.amount > 0 else "Commitment reduced"
        paid = "Payments" if self.payment is None else f"Payment {self.payment}"
        if self.kind == REFUND:
            return f"{paid} refunded"
        return paid if self.amount > 0 else f"{paid} failed"


class GrantOnDay(NamedTuple):
    """A grant as of a day and as known at a position."""

    grant: Grant
    entries: list[Entry]
    """In force on the day, by day and version."""
    movements: list[Movement]
    """In the order of the entries."""
    updated_at: datetime
    """When the newest known entry of the grant was recorded, corrections included."""


@dataclass(frozen=True)
class Dates:
    """The two dates of a publication."""

    as_of: date
    known: int
    """The journal position up to which entries count."""


def grants_on(book: Book, dates: Dates, progress: Progress | None = None) -> Iterator[GrantOnDay]:
    """Yield each grant that had been proposed by the day, in the order of names."""
    done = 0
    for _, entries in book.histories(0, dates.known, ("grant:", "grant;")):
        if (grant := grant_on(entries, dates.as_of)) is not None:
            yield grant
        done += len(entries)
        if progress is not None:
            progress(done, dates.known)


def grant_on(entries: Sequence[Entry], as_of: date) -> GrantOnDay | None:
    """Return the grant of the entries; `None` if none of them is in force on the day."""
    in_force = history(entries, as_of)
    movements, committed, disbursed, refunded = list[Movement](), ZERO, ZERO, ZERO
    state: MutableGrant | None = None
    for entry, state in steps(in_force):
        if state.disbursed != disbursed:
            change, disbursed = state.disbursed - disbursed, state.disbursed
            movements.append(Movement(entry, DISBURSEMENT, change, _payment_of(entry.event)))
        if state.refunded != refunded:
            change, refunded = state.refunded - refunded, state.refunded
            movements += _refunds(entry, change)
        if state.committed != committed:
            change, committed = state.committed - committed, state.committed
            movements.append(Movement(entry, COMMITMENT, change))
    if state is None:
        return None
    return GrantOnDay(state.freeze(), in_force, movements, entries[-1].recorded_at)


def _payment_of(event: Event) -> str | None:
    payment: str | None = getattr(event, "payment", None)
    return payment


def _refunds(entry: Entry, amount: Decimal) -> list[Movement]:
    """Return a movement for each payment of which money came back, or one for the whole amount."""
    if isinstance(entry.event, was.RefundReceived):
        return [Movement(entry, REFUND, part, payment) for payment, part in entry.event.parts]
    return [Movement(entry, REFUND, amount)]


_OF_GRANTS = (
    fund_events.FundsCommitted,
    fund_events.CommitmentIncreased,
    fund_events.CommitmentReleased,
    fund_events.OverpaymentRecorded,
    fund_events.OverpaymentSettled,
    fund_events.SetAsideUsed,
    fund_events.SetAsideRefilled,
)
"""The fund's events that are written with a grant's. There may be very many."""


class FundOnDay(NamedTuple):
    """The fund as of a day and as known at a position."""

    founding: FundEstablished
    """As it reads now: name, holding currency, seat and fiscal year."""
    entries: list[Entry]
    """In force on the day, by day and version, without those that are written with a grant's."""


def fund_on(book: Book, dates: Dates) -> FundOnDay:
    """Return the fund. Its entries are read in pages, and those of grants are not kept.

    Raises ``LookupError`` if the fund was not established by the position.
    """
    own = [
        entry
        for page in book.fund_pages(dates.known)
        for entry in page
        if not isinstance(entry.event, _OF_GRANTS)
    ]
    in_force = history(own)
    founding = next((entry.event for entry in in_force if isinstance(entry.event, FundEstablished)), None)
    if founding is None:
        raise LookupError(f"no fund was established by position {dates.known}")
    return FundOnDay(founding, [entry for entry in in_force if entry.on <= dates.as_of])


def is_published(of: GrantOnDay, *, pipeline: bool = False) -> bool:
    """Return whether the grant was approved, or is a proposal in the ``pipeline``. Refused ones never are."""
    if of.grant.approved_on is not None:
        return True
    return pipeline and of.grant.stage in (Stage.PROPOSED, Stage.REQUESTED)


def moment(at: datetime | None) -> str:
    """Return the moment in seconds, as XML Schema writes it."""
    assert at is not None, "a book is founded when it is made"
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


_ADDRESS = re.compile(r"https?://[^\s\"<>\\^`{|}]+")


def web_address(text: str | None) -> str | None:
    """Return the text if it is an address of the web, which a reader can open; else `None`."""
    return text if text is not None and _ADDRESS.fullmatch(text) else None
