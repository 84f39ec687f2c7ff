"""What a grant waits for: the acts that may come next, and whose they are.

Roles, stages and words are the catalogue's, and who is excluded is what the rules read in
`lifecycle.grant.state`. It imports no library and no rule, so that ``grant show`` answers at
once; a test compares it with `decide` over random lives. Amounts and days are not looked at: an act that may
come next can still be refused for them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from lifecycle.catalogue import GRANT_COMMANDS
from lifecycle.grant.state import (
    Acts,
    Grant,
    preparers_and_team_of,
    requester_and_authoriser_of,
    requester_of,
    submitters_of,
    team_of,
)
from lifecycle.kernel.spec import Spec
from lifecycle.types.stage import Stage

if TYPE_CHECKING:
    from datetime import date

    from lifecycle.fund.state import Fund

_SPECS: dict[str, Spec] = {spec.name: spec for spec in GRANT_COMMANDS}
OF_GRANT = ("",)
"""The item of an act that is about the grant as a whole."""


class Terms(NamedTuple):
    """What the grant's edition asks for."""

    agreement: bool
    """Whether a grant needs a signed agreement."""
    completion_report: bool
    """Whether a grant needs a completion report before it is closed."""
    team_only: bool = False
    """Whether only the grant's own leader and deputies act as task team leaders."""


def terms_of(grant: Grant, fund: "Fund", day: "date") -> Terms:
    """Return what the grant's edition asks for. Before approval, it is the edition in force on the day."""
    edition = fund.edition_on(day) if grant.edition is None else fund.editions.get(grant.edition)
    if edition is None:
        return Terms(agreement=False, completion_report=False)
    return Terms(
        agreement=edition.needs_agreement(grant.execution),
        completion_report="completion_report" in edition.obligations,
        team_only=edition.is_for_team,
    )


Items = Callable[[Grant, Terms], Iterable[str]]
"""Returns the items that wait for the act: payments, activities, conditions, or `OF_GRANT`; none if it may
not come next."""
Excluded = Callable[[Grant, str], Acts]
"""Returns the officers who may not act on the item, because they asked for it."""


def _if(holds: object) -> Iterable[str]:
    return OF_GRANT if holds else ()


def _with_status(status: str) -> Items:
    return lambda grant, _: [payment.id for payment in grant.payments.values() if payment.status == status]


def _may_become_effective(grant: Grant, terms: Terms) -> bool:
    is_signed = grant.stage is Stage.SIGNED or not terms.agreement
    return is_signed and not grant.unmet_conditions


def _may_close(grant: Grant, terms: Terms) -> bool:
    is_waived = ("completion_report", None) in grant.waived
    report_is_open = terms.completion_report and grant.report_accepted_on is None and not is_waived
    overpaid_is_open = grant.overpaid and ("overpayment", None) not in grant.waived
    is_open = grant.undisbursed or grant.pending_payments or grant.open_follow_ups or grant.advances_due_back
    return not (report_is_open or overpaid_is_open or is_open)


def _nobody(_: Grant, __: str) -> Acts:
    return ()


WAITS: dict[str, tuple[Items, Excluded]] = {
    "RequestFunding": (lambda _, __: OF_GRANT, _nobody),
    "ReviewProposal": (lambda grant, _: _if(not grant.reviewed_by), team_of),
    "ApproveGrant": (lambda _, __: OF_GRANT, preparers_and_team_of),
    "DeclineProposal": (lambda grant, _: _if(grant.stage is Stage.REQUESTED), _nobody),
    "MeetCondition": (lambda grant, _: grant.unmet_conditions, _nobody),
    "SignAgreement": (lambda grant, terms: _if(terms.agreement and not grant.unmet_conditions), _nobody),
    "MakeEffective": (lambda grant, terms: _if(_may_become_effective(grant, terms)), _nobody),
    "HoldActivity": (lambda grant, _: grant.planned_activities, _nobody),
    "AuthorisePayment": (_with_status("requested"), requester_of),
    "RejectPayment": (lambda grant, _: grant.pending_payments, requester_of),
    "DisburseFunds": (
        lambda grant, terms: () if grant.payments_suspended else _with_status("authorised")(grant, terms),
        requester_and_authoriser_of,
    ),
    "DocumentExpenditure": (
        lambda grant, _: [payment.id for payment in grant.open_advances],
        _nobody,
    ),
    "LiftSuspension": (lambda grant, _: _if(grant.suspended), _nobody),
    "CompleteImplementation": (lambda grant, _: _if(not grant.planned_activities), _nobody),
    "SubmitCompletionReport": (
        lambda grant, _: _if(grant.stage is Stage.FOLLOW_UP and grant.report_submitted_by is None),
        _nobody,
    ),
    "AcceptCompletionReport": (
        lambda grant, _: _if(grant.report_submitted_by is not None and grant.report_accepted_on is None),
        submitters_of,
    ),
    "CompleteFollowUp": (lambda grant, _: grant.open_follow_ups, _nobody),
    "CloseGrant": (lambda grant, terms: _if(_may_close(grant, terms)), _nobody),
}
"""The acts that move a grant on, each with the items that wait for it and who is excluded."""


@dataclass(frozen=True)
class NextAct:
    """An act that may come next."""

    command: str
    words: str
    """As it is typed after ``grantbook``."""
    item: str | None
    """The payment, activity, follow-up or condition; `None` if it is about the grant as a whole."""
    role: str
    officers: tuple[str, ...]
    """Who may act: those who hold the role, without the excluded ones."""
    excluded: Acts
    """Those who hold the role and may not act, each with why."""


def next_acts(grant: Grant, terms: Terms, roles: Mapping[str, frozenset[str]]) -> Iterator[NextAct]:
    """Yield the acts that the grant waits for, in the order of a grant's life.

    ``roles``: the roles of each officer on the day.
    """
    for command, (items, _) in WAITS.items():
        spec = _SPECS[command]
        if grant.stage not in spec.stages:
            continue
        for item in items(grant, terms):
            officers, excluded = who_may(spec, grant, terms, roles, item)
            yield NextAct(command, spec.words, item or None, spec.role, officers, excluded)


def who_may(
    spec: Spec, grant: Grant, terms: Terms, roles: Mapping[str, frozenset[str]], item: str
) -> tuple[tuple[str, ...], Acts]:
    """Return the officers who may act, and those who hold the role and may not, each with why.

    ``roles``: the roles of each officer on the day. ``item``: the payment, or what else the act is about.
    """
    excluded = WAITS[spec.name][1] if spec.name in WAITS else _nobody
    holders = sorted(officer for officer, held in roles.items() if spec.role in held)
    if terms.team_only and spec.role == "ttl":
        holders = [officer for officer in holders if officer in (grant.leader, *grant.deputies)]
    acts = tuple((officer, act) for officer, act in excluded(grant, item) if officer in holders)
    barred = {officer for officer, _ in acts}
    return tuple(officer for officer in holders if officer not in barred), acts
