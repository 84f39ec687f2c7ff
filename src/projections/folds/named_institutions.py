"""The rows of institutions that a grant names, each with its role and for the days on which it is named."""

from collections.abc import Iterable
from datetime import date

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from projections.schema.directory_layout import named_institutions
from projections.schema.rows import Row, row_maker, spans

Named = tuple[tuple[str, str], ...]
"""Institutions, each with its role."""

_row = row_maker(named_institutions)


class NamedInstitutions:
    """Keeps what one grant, its letters, its activities and its payments name, from day to day."""

    table = named_institutions

    def __init__(self) -> None:
        self._named: dict[tuple[str, str | None], dict[date, Named]] = {}
        """By what names them and its id: the institutions from each day on."""

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the institutions that are named after the event."""
        if isinstance(event, was.FundingRequested):
            self._keep(
                "letters", None, event.on, ((letter.institution, "signed") for letter in event.letters)
            )
        elif isinstance(event, was.ActivityPlanned | was.ActivityHeld):
            if event.institutions is not None:
                at = ((each.institution, each.role) for each in event.institutions)
                self._keep("activity", event.activity, event.on, at)
        elif isinstance(event, was.PaymentRequested | was.IrregularPaymentRecorded):
            self._keep("payment", event.payment, event.on, ((event.payee_institution, "payee"),))
        else:
            roles = ((each.institution, each.role) for each in grant.institutions)
            self._keep("grant", None, event.on, roles)

    def _keep(self, what: str, item: str | None, on: date, named: Iterable[tuple[str | None, str]]) -> None:
        institutions = tuple(dict.fromkeys((id, role) for id, role in named if id is not None))
        if institutions or (what, item) in self._named:
            self._named.setdefault((what, item), {})[on] = institutions

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each institution, role and span of days."""
        grant, rows = stream.removeprefix("grant:"), list[Row]()
        for (_, item), days in self._named.items():
            for _, since, until, named in spans(days):
                for institution, role in named:
                    cells = {"institution": institution, "role": role, "item": item}
                    rows.append(_row(grant=grant, n=len(rows), since=since, until=until, **cells))
        return rows


CONCERNS: tuple[type[Event], ...] = (
    was.GrantProposed,
    was.GrantBroughtForward,
    was.ProposalRevised,
    was.GrantRestructured,
    was.FundingRequested,
    was.ActivityPlanned,
    was.ActivityHeld,
    was.PaymentRequested,
    was.IrregularPaymentRecorded,
)
"""The events that may name institutions."""
