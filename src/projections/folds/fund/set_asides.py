"""The rows of money that is set aside."""

from collections.abc import Iterable

from lifecycle.fund import events as was
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from projections.schema.layout import fund_set_asides
from projections.schema.rows import Row, day, minor, row_maker, scale_of

_row = row_maker(fund_set_asides)
KINDS: dict[type[Event], tuple[str, int]] = {
    was.FundsSetAside: ("set_aside", 1),
    was.SetAsideReleased: ("released", -1),
    was.SetAsideUsed: ("used", -1),
    was.SetAsideRefilled: ("refilled", 1),
}
"""The kind of row that each type of event adds, and the sign of its amount."""


def rows_of(entries: Iterable[Entry]) -> list[Row]:
    """Return a row for each entry in force that changes what is set aside."""
    rows: list[Row] = []
    for entry in entries:
        if (kind := KINDS.get(type(entry.event))) is None:
            continue
        fields = entry.event.__dict__
        name, sign = kind
        until, amount = fields.get("until"), fields["amount"]
        rows.append(
            _row(
                version=entry.originator_version,
                on=day(entry.on),
                kind=name,
                set_aside=fields["set_aside"],
                call=fields.get("call"),
                until=None if until is None else day(until),
                grant=fields.get("grant"),
                amount=sign * minor(amount.amount, scale_of(amount.currency)),
                reason=fields.get("reason"),
            )
        )
    return rows
