"""The rules of a grant, joined from the files of its stages."""

from datetime import date

from lifecycle.grant import agreement, closure, exchange, follow_up
from lifecycle.grant.amendment import amendment, new_terms, restructuring, team
from lifecycle.grant.payment import disbursement, documentation, irregular, reallocation, refund
from lifecycle.grant.payment import request as payment_request
from lifecycle.grant.proposal import brought_forward, clearance, review
from lifecycle.grant.proposal import request as proposal_request
from lifecycle.grant.results import indicators, reporting
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.guards import OfficerActs
from lifecycle.kernel.rule import NONE, Rules, in_set

RULES: Rules = {
    **proposal_request.RULES,
    **review.RULES,
    **clearance.RULES,
    **brought_forward.RULES,
    **agreement.RULES,
    **exchange.RULES,
    **payment_request.RULES,
    **disbursement.RULES,
    **refund.RULES,
    **irregular.RULES,
    **reallocation.RULES,
    **documentation.RULES,
    **amendment.RULES,
    **restructuring.RULES,
    **team.RULES,
    **new_terms.RULES,
    **reporting.RULES,
    **indicators.RULES,
    **follow_up.RULES,
    **closure.RULES,
}
"""The rules of each event of a grant."""


def requesters(grant: Grant, event: Event, rules: int, day: date) -> OfficerActs:
    """Return the officers who may not decide the event, by the rule set of this number.

    ``day``: that of the event's correction. Who leads the grant then may not correct it either.
    """
    officers: OfficerActs = ()
    for rule in in_set(RULES.get(type(event), NONE).requested_by, rules):
        officers += rule.apply(grant=grant, event=event, day=day)
    return officers
