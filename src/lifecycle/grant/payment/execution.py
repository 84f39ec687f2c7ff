"""What an edition says of grants that the Bank or their recipient executes, beside how a grant stands."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from lifecycle.grant.payment.advances import advanced, overdue_advances
from lifecycle.grant.state import Grant
from lifecycle.policy.edition import Edition, Requirement
from lifecycle.types.codes import minor_units


class Need(NamedTuple):
    """One rule of the grant's execution, and whether the grant keeps it."""

    rule: str
    figure: str | None
    limit: str
    complies: bool | None
    """`None` while it is not decided."""
    source: str


def needs_of(grant: Grant, edition: Edition, day: date) -> Iterator[Need]:
    """Yield each rule of the edition for grants that are executed as this one, and for advances."""
    needs = edition.needs_of(grant.execution)
    if needs.agreement is not None:
        yield _agreement(grant, needs.agreement)
    if needs.methods is not None:
        used = dict.fromkeys(payment.method for payment in grant.payments.values())
        allowed = needs.methods.value
        complies = used.keys() <= set(allowed) if used else None
        yield Need("methods", ", ".join(used) or None, ", ".join(allowed), complies, needs.methods.source)
    if (days := edition.advance_days) is not None:
        late = [f"{payment.id} was due on {due}" for payment, due in overdue_advances(grant, edition, day)]
        yield Need("advance_days", "; ".join(late) or None, f"{days.value} days", not late, days.source)
    if (ceiling := edition.advance_ceiling) is not None:
        out, most = advanced(grant), ceiling.of(grant.committed)
        figure, limit = (f"{minor_units(amount, grant.currency):f}" for amount in (out, most))
        yield Need("advance_ceiling", figure, limit, out <= most, ceiling.source)


def _agreement(grant: Grant, agreement: Requirement) -> Need:
    figure = None if grant.signed_on is None else f"signed on {grant.signed_on}"
    if not agreement.value:
        return Need("agreement", figure, "none is needed", True, agreement.source)
    complies = None if figure is None else True
    return Need("agreement", figure, "signed before effectiveness", complies, agreement.source)
