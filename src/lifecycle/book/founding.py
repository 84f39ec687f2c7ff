"""The first events of a book: the fund, its first administrator, its editions."""

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import ValidationError

from lifecycle.fund.establishment import FundEstablished, PolicyAdopted
from lifecycle.fund.officers import OfficerAppointed
from lifecycle.fund.seat import day_at
from lifecycle.kernel.event import FundEvent
from lifecycle.parse import Malformed, recorder_from
from lifecycle.policy.edition import Edition, amounts_of
from lifecycle.policy.edition_file import shipped
from lifecycle.types.codes import not_a_currency, not_a_time_zone


def founding(
    *,
    name: str,
    currency: str,
    fiscal_year_start: int,
    time_zone: str,
    on: date | None,
    recorder: str,
    editions: Sequence[Edition] | None,
    now: datetime,
) -> list[FundEvent]:
    """Return the events that ``init`` records. ``on`` is by default today at the seat.

    Raises `Malformed` with the field that is wrong.
    """
    recorder = recorder_from(recorder)
    if message := not_a_time_zone(time_zone):
        raise Malformed([("time_zone", message)])
    today = day_at(now, time_zone)
    on = today if on is None else on
    if message := not_a_currency(currency, on):
        raise Malformed([("currency", message)])
    if on > today:
        raise Malformed([("on", f"{on} is after today, {today}: a fund is recorded when it is established")])
    adopted = shipped() if editions is None else editions
    for edition in adopted:
        _check_currency(edition, currency)
    try:
        return [
            FundEstablished(
                on=on,
                actor=recorder,
                name=name,
                currency=currency,
                fiscal_year_start=fiscal_year_start,
                time_zone=time_zone,
            ),
            OfficerAppointed(on=on, actor=recorder, officer=recorder, roles=("administrator",)),
            *(PolicyAdopted(on=on, actor=recorder, edition=edition) for edition in adopted),
        ]
    except ValidationError as error:
        raise Malformed.of(error) from None


def _check_currency(edition: Edition, currency: str) -> None:
    """Raise `Malformed` if the edition has an amount in another currency: no grant fits it."""
    for what, amount in amounts_of(edition):
        if amount.currency != currency:
            message = (
                f"edition {edition.name} has a {what}, not in {currency}:"
                " give the fund's own editions with --policy FILE"
            )
            raise Malformed([("currency", message)])
