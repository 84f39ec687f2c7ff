"""A state as named fields that people and programs read: for replays, differences and before → after."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from cli.output.terminal_text import in_units, plain, readable

if TYPE_CHECKING:
    from lifecycle.call.call import Call
    from lifecycle.fund.state import Fund
    from lifecycle.grant.state import Grant


def of_grant(grant: "Grant | None", beside: "Grant | None" = None) -> dict[str, Any]:
    """The fields of a grant, in order of life; none where there is no grant yet.

    Payments, activities and follow-ups that are the very same in ``beside`` are left out: between two
    steps of a long life few differ.
    """
    if grant is None:
        return {}
    activities, payments, follow_ups = (
        [item for name, item in items.items() if others.get(name) is not item]
        for items, others in (
            (grant.activities, beside.activities if beside else {}),
            (grant.payments, beside.payments if beside else {}),
            (grant.follow_ups, beside.follow_ups if beside else {}),
        )
    )
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
        "capabilities planned": grant.capabilities_planned,
        "operation": grant.operation,
        "call": grant.call,
        "team leader": grant.leader,
        "proposed": grant.asked,
        "months": grant.months,
        "requested": grant.requested,
        "budget": tuple(f"{line.line} {readable(line.amount.amount)}" for line in grant.budget),
        "letters": tuple(letter.country for letter in grant.letters),
        "reviewed by": grant.reviewed_by,
        "conditions": tuple(
            f"{name} ({'met' if name in grant.conditions_met else 'open'})" for name in grant.conditions
        ),
        **_dates(grant),
        **_money(grant),
        "suspended": grant.suspended,
        **{f"activity {item.id}": _activity(item) for item in activities},
        **{f"payment {item.id}": _payment(item, grant.currency) for item in payments},
        **{f"follow-up {item.id}": _follow_up(item) for item in follow_ups},
        "capabilities": grant.capabilities,
        "completion report": _report(grant),
        "waived": tuple(sorted(name if item is None else f"{name}:{item}" for name, item in grant.waived)),
        "documents": tuple(name for name, _ in grant.documents),
    }


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


def _activity(item: Any) -> str:
    when = f"held until {item.held_on}" if item.status == "held" else f"{item.status}, until {item.ends}"
    return f"{item.instrument.replace('_', ' ')}, {when}" if item.instrument else when


def _payment(item: Any, currency: str) -> str:
    if item.disbursed or item.status == "disbursed":
        text = f"disbursed {readable(item.disbursed, currency)}"
    elif item.status == "authorised":
        text = f"authorised {readable(item.authorised, currency)}"
    else:
        text = f"{item.status} {readable(item.asked, currency)}"
    if item.status == "failed" and item.disbursed:
        text = f"failed, {text}"
    if item.refunded:
        text += f", refunded {readable(item.refunded, currency)}"
    if item.doubles:
        text += f", doubles {item.doubles}"
    return f"{text}, in breach of {item.irregular_rule}" if item.irregular_rule else text


def _follow_up(item: Any) -> str:
    text = f"{item.status.replace('_', ' ')}, {item.owner} by {item.due}: {item.action}"
    if item.needs is None:
        return text
    amount, currency = item.needs
    return f"{text}; needs {readable(amount, currency)}, found {readable(item.found, currency)}"


def _report(grant: "Grant") -> str | None:
    if grant.report_accepted_on is not None:
        return f"accepted on {grant.report_accepted_on}, submitted by {grant.report_by}"
    return None if grant.report_by is None else f"submitted by {grant.report_by}"


def of_fund(fund: "Fund", day: date = date.max) -> dict[str, Any]:
    """The fields of the fund; officers with the roles that they hold on the day."""
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


def of_call(call: "Call | None", day: date = date.max) -> dict[str, Any]:
    """The fields of a call; what is left of its envelope on the day."""
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


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return the fields that differ, with what they were and are."""
    names = dict.fromkeys((*after, *before))
    return [
        (name, before.get(name), after.get(name))
        for name in names
        if before.get(name, None) != after.get(name, None)
    ]


def as_json(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as programs read them: names without blanks, amounts as text."""
    return {key(name): plain(value) for name, value in fields.items()}


def key(name: str) -> str:
    """Return a field's name for programs: ``closing_date``, ``payment:P1``."""
    for item in ("activity", "payment", "follow-up", "officer", "partner"):
        if name.startswith(f"{item} "):
            return f"{item.replace('-', '_')}:{name.removeprefix(item).strip()}"
    return name.replace(" ", "_").replace("-", "_")
