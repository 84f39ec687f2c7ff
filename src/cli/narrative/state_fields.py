"""The fields of a state, with the names under which replays, differences and histories show them."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from cli.output.terminal_text import in_units, plain, prose, readable

if TYPE_CHECKING:
    from lifecycle.call.call import Call
    from lifecycle.directory.state import Directory, Institution, Need, Offer
    from lifecycle.fund.state import Fund
    from lifecycle.grant.budget.payment import Payment
    from lifecycle.grant.state import Activity, FollowUp, Grant, Indicator

_T = TypeVar("_T")


def grant_fields(grant: "Grant | None", compared_with: "Grant | None" = None) -> dict[str, Any]:
    """Return the fields of a grant, in order of life; no fields without a grant.

    Activities, payments and follow-ups that are the same object in ``compared_with`` are left out, because
    few of them differ between two steps of a long life.
    """
    if grant is None:
        return {}
    activities = _new(grant.activities, compared_with.activities if compared_with else {})
    payments = _new(grant.payments, compared_with.payments if compared_with else {})
    follow_ups = _new(grant.follow_ups, compared_with.follow_ups if compared_with else {})
    return {
        "stage": str(grant.stage),
        "title": grant.title,
        "window": grant.window,
        "edition": grant.edition,
        "recipients": grant.recipients,
        "providers": grant.providers,
        "sector": grant.sector,
        "objective": grant.objective,
        "outcomes sought": grant.outcomes_sought,
        "institution": grant.institution,
        "institutions": tuple(f"{named.role} {named.institution}" for named in grant.institutions),
        "capabilities planned": grant.capabilities_planned,
        "operation": grant.operation,
        "operation kind": grant.operation_kind,
        "follows": grant.follows,
        "executed by": None if grant.execution == "bank" else grant.execution,
        "call": grant.call,
        "team leader": grant.leader,
        "deputies": grant.deputies,
        "proposed": grant.proposed,
        "months": grant.months,
        "requested": grant.requested,
        "budget": tuple(f"{line.line} {readable(line.amount.amount)}" for line in grant.budget),
        "letters": tuple(letter.country for letter in grant.letters),
        "clearances": tuple(f"{named.step}: {named.answer}" for named in grant.clearances.values()),
        "reviewed by": grant.reviewed_by,
        "conditions": tuple(
            f"{name} ({'met' if name in grant.conditions_met else 'open'})" for name in grant.conditions
        ),
        **_dates(grant),
        **_money(grant),
        "suspended": grant.suspended,
        **{f"activity {activity.id}": _activity(activity) for activity in activities},
        **{f"payment {payment.id}": _payment(payment, grant.currency) for payment in payments},
        **{f"follow-up {follow_up.id}": _follow_up(follow_up) for follow_up in follow_ups},
        "rating": grant.rating,
        **{f"indicator {indicator.id}": _indicator(indicator) for indicator in grant.indicators.values()},
        "capabilities": grant.capabilities_reached,
        "completion report": _report(grant),
        "waived": tuple(sorted(name if item is None else f"{name}:{item}" for name, item in grant.waived)),
        "documents": tuple(name for name, _ in grant.documents),
    }


def _new(items: Mapping[str, _T], others: Mapping[str, _T]) -> list[_T]:
    return [item for name, item in items.items() if others.get(name) is not item]


def _dates(grant: "Grant") -> dict[str, Any]:
    return {
        "proposed on": grant.proposed_on,
        "requested on": grant.requested_on,
        "approved on": grant.approved_on,
        "signed on": grant.signed_on,
        "effective on": grant.effective_on,
        "closing date": grant.closing_date,
        "completed on": grant.completed_on,
        "closed on": grant.closed_on,
        "closures": grant.closures,
        "ended on": grant.ended_on,
        "declined for": grant.declined_for,
        "brought forward on": grant.brought_forward_on,
    }


def _money(grant: "Grant") -> dict[str, Any]:
    amounts = {
        "committed": grant.committed,
        "disbursed": grant.disbursed,
        "refunded": grant.refunded,
        "undisbursed": grant.undisbursed,
        "overpaid": grant.overpaid,
        "asked for and not finished": grant.pending,
    }
    return {name: in_units(amount, grant.currency) for name, amount in amounts.items()}


def _activity(activity: "Activity") -> str:
    if activity.status == "held":
        status = f"held until {activity.held_on}"
    else:
        status = f"{activity.status}, until {activity.ends}"
    return f"{activity.instrument.replace('_', ' ')}, {status}" if activity.instrument else status


def _payment(payment: "Payment", currency: str) -> str:
    if payment.status == "failed":
        text = f"failed {readable(payment.failed, currency)}"
    elif payment.disbursed or payment.status == "disbursed":
        text = f"disbursed {readable(payment.disbursed, currency)}"
    elif payment.status == "authorised":
        text = f"authorised {readable(payment.authorised, currency)}"
    else:
        text = f"{payment.status} {readable(payment.requested, currency)}"
    if payment.refunded:
        text += f", refunded {readable(payment.refunded, currency)}"
    if payment.documented:
        text += f", documented {readable(payment.documented, currency)}"
    if payment.due_back:
        text += f", due back {readable(payment.due_back, currency)}"
    if payment.duplicate_of:
        text += f", doubles {payment.duplicate_of}"
    return f"{text}, in breach of {payment.irregular_rule}" if payment.irregular_rule else text


def _follow_up(follow_up: "FollowUp") -> str:
    text = f"{follow_up.status.replace('_', ' ')}, {follow_up.owner} by {follow_up.due}: {follow_up.action}"
    if follow_up.finance_needed is None:
        return text
    amount, currency = follow_up.finance_needed
    return f"{text}; needs {readable(amount, currency)}, found {readable(follow_up.finance_found, currency)}"


def _indicator(indicator: "Indicator") -> str:
    way = f"{indicator.baseline:f} to {indicator.target:f} {indicator.unit} by {indicator.by}"
    if indicator.actual is None:
        return f"{way}, not measured"
    return f"{way}, {indicator.actual:f} on {indicator.measured_on}"


def _report(grant: "Grant") -> str | None:
    if grant.report_accepted_on is not None:
        return f"accepted on {grant.report_accepted_on}, submitted by {grant.report_submitted_by}"
    return None if grant.report_submitted_by is None else f"submitted by {grant.report_submitted_by}"


def fund_fields(fund: "Fund", day: date = date.max) -> dict[str, Any]:
    """Return the fields of the fund, with the roles that each officer holds on the day."""
    return {
        "name": fund.name or None,
        "currency": fund.currency or None,
        "fiscal year starts in month": fund.fiscal_year_start if fund.name else None,
        "time zone": fund.time_zone if fund.name else None,
        "established on": fund.established_on,
        "available": in_units(fund.available.at(day), fund.currency),
        "editions": tuple(
            f"{adoption.edition.name} from {adoption.edition.from_}" for adoption in fund.adoptions
        ),
        **{f"officer {name}": tuple(sorted(fund.roles_on(name, day))) for name in fund.officers},
        **{f"partner {name}": f"joined {partner.joined_on}" for name, partner in fund.partners.items()},
    }


def call_fields(call: "Call | None", day: date = date.max) -> dict[str, Any]:
    """Return the fields of a call, with what is left of its envelope on the day."""
    if call is None:
        return {}
    return {
        "title": call.title,
        "window": call.window,
        "envelope": call.envelope,
        "left of the envelope": call.left.at(day).quantize(call.envelope),
        "criteria": call.criteria,
        "opened on": call.opened_on,
        "opens": call.opens,
        "closes": call.closes,
        "closed on": call.closed_on,
    }


def directory_fields(directory: "Directory") -> dict[str, Any]:
    """Return a field for each institution, offer and need of the directory."""
    return {
        **{f"institution {id}": _institution(known) for id, known in directory.institutions.items()},
        **{f"offer {id}": _offer(offer) for id, offer in directory.offers.items()},
        **{f"need {id}": _need(need) for id, need in directory.needs.items()},
    }


def _offer(offer: "Offer") -> str:
    withdrawn = f", withdrawn on {offer.withdrawn_on}" if offer.withdrawn_on else ""
    return f"{offer.country}, {offer.topic}{withdrawn}"


def _need(need: "Need") -> str:
    met = ", ".join(f"met by {grant} since {on}" for on, grant in need.meetings) or "unmet"
    return f"{need.country}, {met}: {need.challenge}"


def _institution(institution: "Institution") -> str:
    type_ = institution.type.replace("_", " ")
    details = [institution.name, institution.country, type_, institution.identifier, institution.focal_point]
    return ", ".join(detail for detail in details if detail)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return each field that differs, with its value before and after."""
    names = dict.fromkeys((*after, *before))
    return [
        (name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]


def filled(fields: Mapping[str, Any], currency: str) -> list[tuple[str, str]]:
    """Return the fields that have a value, name and value as people read them."""
    return [
        (prose(name), readable(value, currency)) for name, value in fields.items() if value not in (None, ())
    ]


def fields_json(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields for JSON: names without spaces, amounts as text."""
    return {key(name): plain(value) for name, value in fields.items()}


def key(name: str) -> str:
    """Return a field's name for programs: ``closing_date``, ``payment:P1``."""
    for prefix in ("activity", "payment", "follow-up", "indicator", "officer", "partner"):
        if name.startswith(f"{prefix} "):
            return f"{prefix.replace('-', '_')}:{name.removeprefix(prefix).strip()}"
    return name.replace(" ", "_").replace("-", "_")
