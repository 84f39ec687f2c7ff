"""The rows of instalments: schedules, receipts and waivers."""

from collections.abc import Iterable
from typing import Any

from lifecycle.fund import events as was
from lifecycle.fund.contributions import NAME
from lifecycle.kernel.history import Entry
from projections.schema.layout import fund_instalments
from projections.schema.rows import Row, day, minor, row_maker, scale_of

_row = row_maker(fund_instalments)
_NO_AMOUNT: dict[str, Any] = {"currency": None, "due": None, "scale": 1, "amount": 0, "holding": None}
"""The columns of a row that is about no amount."""


def rows_of(entries: Iterable[Entry]) -> list[Row]:
    """Return a row for each schedule, receipt and waiver, each partner that left, and the fund's closure."""
    rows: list[Row] = []
    for entry in entries:
        e = entry.event
        version, on = entry.originator_version, day(entry.on)
        if isinstance(e, was.ObligationWaived) and e.obligation == NAME:
            partner, _, instalment = (e.item or "").partition("/")
            rows.append(
                _row(
                    **_NO_AMOUNT,
                    version=version,
                    on=on,
                    kind="waived",
                    partner=partner or None,
                    instalment=instalment or None,
                )
            )
        elif isinstance(e, was.PartnerLeft | was.FundClosed):
            of = e.partner if isinstance(e, was.PartnerLeft) else None
            rows.append(_row(**_NO_AMOUNT, version=version, on=on, kind="left", partner=of, instalment=None))
        elif isinstance(e, was.InstalmentScheduled | was.InstalmentReceived) and e.instalment is not None:
            due = day(e.due) if isinstance(e, was.InstalmentScheduled) else None
            in_holding = e.holding_amount if isinstance(e, was.InstalmentReceived) else None
            scale = scale_of(e.amount.currency)
            rows.append(
                _row(
                    version=version,
                    on=on,
                    kind="received" if due is None else "scheduled",
                    partner=e.partner,
                    instalment=e.instalment,
                    currency=e.amount.currency,
                    due=due,
                    scale=scale,
                    amount=minor(e.amount.amount, scale),
                    holding=None
                    if in_holding is None
                    else minor(in_holding.amount, scale_of(in_holding.currency)),
                )
            )
    return rows
