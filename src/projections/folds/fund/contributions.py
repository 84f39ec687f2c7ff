"""The rows of the fund: flows of money, partners and consultations."""

import json
from collections.abc import Iterable
from typing import Any

from lifecycle.fund import events as was
from lifecycle.fund.parts.pool import Terms
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from lifecycle.kernel.likeness import group_key
from lifecycle.types.money import Money
from projections.folds.fund import set_asides
from projections.schema.layout import (
    fund_agreements,
    fund_consultations,
    fund_flows,
    fund_partner_changes,
    fund_partners,
    fund_pledges,
)
from projections.schema.rows import Row, day, minor, row_maker, scale_of

_KINDS: dict[type[Event], tuple[str, int]] = {
    was.ContributionPledged: ("pledged", 1),
    was.ContributionAgreed: ("agreed", 1),
    was.InstalmentReceived: ("received", 1),
    was.FeeCharged: ("fees", 1),
    was.IncomeCredited: ("income", 1),
    was.FundsReturned: ("returned", 1),
    was.FundsCommitted: ("committed", 1),
    was.CommitmentIncreased: ("committed", 1),
    was.CommitmentReleased: ("committed", -1),
    was.OverpaymentRecorded: ("overpaid", 1),
    was.OverpaymentSettled: ("overpaid", -1),
}
"""The kind of flow that each type of event adds, and its sign. Other events move no money."""


_ADDS_ROWS_ALONE = frozenset(
    (
        was.OfficerAppointed,
        was.OfficerRetired,
        was.SealingSwitched,
        was.PartnerJoined,
        was.PartnerRenamed,
        was.ContributionPledged,
        was.ContributionAgreed,
        was.InstalmentReceived,
        was.FeeCharged,
        was.IncomeCredited,
        was.FundsReturned,
        was.FundsCommitted,
        was.CommitmentIncreased,
        was.CommitmentReleased,
        was.OverpaymentRecorded,
        was.OverpaymentSettled,
        *set_asides.KINDS,
    )
)
"""Events of the fund whose rows need no other entry, so that older entries need not be read."""


def stands_alone(entry: Entry) -> bool:
    """Return whether the entry's rows need no other entry, as long as it is not corrected."""
    event = entry.event
    if isinstance(event, was.ContributionPledged):
        return event.condition is None
    if isinstance(event, was.ContributionAgreed):
        return event.agreement is None and event.reports_every is None
    return type(event) in _ADDS_ROWS_ALONE and getattr(event, "instalment", None) is None


_flow_row, _partner_row = row_maker(fund_flows), row_maker(fund_partners)
_change_row, _pledge_row = row_maker(fund_partner_changes), row_maker(fund_pledges)
_agreement_row = row_maker(fund_agreements)
_consultation_row = row_maker(fund_consultations)


def flow_rows(entries: Iterable[Entry], holding_currency: str) -> list[Row]:
    """Return a row for each entry in force that moves money."""
    rows: list[Row] = []
    agreed = dict[str, was.ContributionAgreed | was.ContributionAmended]()
    for entry in entries:
        event = entry.event
        kind = _KINDS.get(type(event))
        if kind is not None:
            rows.append(_flow(entry, *kind, holding_currency))
        if isinstance(event, was.ContributionAmended) and event.amount is not None:
            before = agreed[event.agreement]
            amended = event.model_copy(update={"partner": before.partner})  # it may leave the partner out
            rows.append(_amended(entry, amended, before, holding_currency))
            agreed[event.agreement] = amended
        elif isinstance(event, was.ContributionAgreed) and event.agreement is not None:
            agreed[event.agreement] = event
    return rows


def _amended(
    entry: Entry,
    event: was.ContributionAmended,
    before: was.ContributionAgreed | was.ContributionAmended,
    holding_currency: str,
) -> Row:
    """Return the flow of an amended amount: by how much more, or less, is agreed."""
    assert event.amount is not None
    assert before.amount is not None
    more = event.amount.amount - before.amount.amount
    worth = (event.holding_amount or event.amount).amount - (before.holding_amount or before.amount).amount
    difference = event.model_copy(
        update={
            "amount": Money(more, event.amount.currency),
            "holding_amount": Money(worth, holding_currency),
        }
    )
    return _flow(entry._replace(event=difference), "agreed", 1, holding_currency)


def _flow(entry: Entry, kind: str, sign: int, holding_currency: str) -> Row:
    fields = entry.event.__dict__
    amount: Money = fields["amount"]
    scale = scale_of(amount.currency)
    stated: Money | None = fields.get("holding_amount")
    if stated is None and amount.currency == holding_currency:
        stated = amount
    holding = None if stated is None else sign * minor(stated.amount, scale_of(stated.currency))
    return _flow_row(
        version=entry.originator_version,
        on=day(entry.on),
        kind=kind,
        partner=fields.get("partner"),
        currency=amount.currency,
        scale=scale,
        amount=sign * minor(amount.amount, scale),
        holding=holding,
        grant=fields.get("grant"),
        agreement=fields.get("agreement"),
        draws=_draws(fields.get("draws"), sign, scale),
    )


def _draws(draws: tuple[was.Draw, ...] | None, sign: int, scale: int) -> str | None:
    """Return the draws as JSON; `None` if none are kept."""
    if draws is None:
        return None
    return json.dumps(
        [[draw.rank, draw.agreement, sign * minor(draw.amount.amount, scale)] for draw in draws]
    )


def agreement_rows(entries: Iterable[Entry]) -> list[Row]:
    """Return a row for each agreement that has a name, and for each amendment."""
    rows: list[Row] = []
    for entry in entries:
        event = entry.event
        if isinstance(event, was.ContributionAgreed | was.ContributionAmended) and event.agreement:
            rows.append(
                _agreement_row(
                    version=entry.originator_version,
                    on=day(entry.on),
                    agreement=event.agreement,
                    partner=event.partner,
                    terms=Terms.of(event).model_dump_json(exclude_none=True),
                )
            )
    return rows


def partner_rows(entries: Iterable[Entry]) -> list[Row]:
    """Return a row for each partner."""
    joined = [entry.event for entry in entries if type(entry.event) is was.PartnerJoined]
    return [_partner_row(partner=e.partner, kind=e.kind, joined_on=day(e.on), name=e.name) for e in joined]


def partner_change_rows(entries: Iterable[Entry]) -> list[Row]:
    """Return a row for each new name of a partner, and for each leaving of one."""
    return [
        _change_row(
            version=entry.originator_version,
            on=day(entry.on),
            partner=entry.event.partner,
            name=entry.event.name if isinstance(entry.event, was.PartnerRenamed) else None,
        )
        for entry in entries
        if isinstance(entry.event, was.PartnerRenamed | was.PartnerLeft)
    ]


def pledge_rows(entries: Iterable[Entry], holding_currency: str) -> list[Row]:
    """Return a row for each pledge. A condition that is met is met for the pledges that waited for it."""
    pledges: list[dict[str, Any]] = []
    for entry in entries:
        e = entry.event
        if isinstance(e, was.ContributionPledged):
            pledges.append(_pledge(entry.originator_version, e, holding_currency))
        elif isinstance(e, was.PledgeConditionMet):
            met = e.partner, group_key(e.condition)
            for pledge in pledges:
                if (pledge["partner"], group_key(pledge["condition"] or "")) == met:
                    pledge["met_on"] = pledge["met_on"] or day(entry.on)
    return [_pledge_row(**pledge) for pledge in pledges]


def _pledge(version: int, pledged: was.ContributionPledged, holding_currency: str) -> dict[str, Any]:
    amount, scale = pledged.amount, scale_of(pledged.amount.currency)
    worth = pledged.holding_amount or (amount if amount.currency == holding_currency else None)
    return {
        "version": version,
        "on": day(pledged.on),
        "partner": pledged.partner,
        "currency": amount.currency,
        "scale": scale,
        "amount": minor(amount.amount, scale),
        "holding": None if worth is None else minor(worth.amount, scale_of(worth.currency)),
        "years": None if pledged.years is None else json.dumps(pledged.years),
        "condition": pledged.condition,
        "met_on": None,
    }


def consultation_rows(entries: Iterable[Entry]) -> list[Row]:
    """Return a row for each meeting of the partners."""
    return [
        _consultation_row(
            version=entry.originator_version,
            on=day(entry.on),
            partners=json.dumps(entry.event.partners),
            summary=entry.event.summary,
        )
        for entry in entries
        if isinstance(entry.event, was.ConsultationHeld)
    ]
