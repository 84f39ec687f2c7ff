"""Proposals, their revisions, and the request for funding."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from lifecycle.directory.naming import GrantInstitutions
from lifecycle.fund.establishment import window_is_known
from lifecycle.fund.state import Fund
from lifecycle.grant.budget.within_lines import BudgetDoesNotAddUp, named_once
from lifecycle.grant.proposal.clearance import all_clear
from lifecycle.grant.proposal.eligibility import fits_eligibility
from lifecycle.grant.proposal.terms import BudgetLine, Letter
from lifecycle.grant.state import Evolves, Grant, MutableGrant, end_in, unchanged
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.refusals import TERMS, NothingChanged, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, NEW, P, R
from lifecycle.types.dates import Months
from lifecycle.types.money import Cost
from lifecycle.types.stage import NOT_STATED, ZERO, Stage
from lifecycle.types.text import GrantId, ItemId, Line, Prose, Reason, Word
from lifecycle.types.vocabularies import Capability, Countries, Execution, Label, OperationKind, Outcome


class GrantProposed(GrantEvent):
    """A grant was proposed.

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 6

    title: Line
    """The title of the exchange."""
    window: Word
    """A window of the fund's policy."""
    call: ItemId | None = None
    """The call for proposals that it answers."""
    recipients: Countries
    """The countries that receive know-how."""
    providers: Countries
    """The countries that give know-how."""
    sector: Label
    """A sector, as the fund names it."""
    objective: Prose
    """What the countries want to achieve."""
    outcomes_sought: tuple[Outcome, ...] = ()
    """The capacity outcomes that the exchange aims at."""
    amount: Cost
    """The proposed amount; in the holding currency. Zero for support that costs the fund nothing."""
    months: Months
    """How many months the exchange should take."""
    institution: Line | None = None
    """The public institution, for organizational knowledge sharing."""
    capabilities_planned: tuple[Capability, ...] = ()
    """What the institution plans to be able to do, for organizational knowledge sharing."""
    operation: Line | None = None
    """The operation that the exchange serves."""
    operation_kind: OperationKind | None = None
    """What the operation gives: lending, or technical assistance."""
    execution: Execution | None = None
    """Who spends the grant: the Bank itself, or its recipient; the Bank if not given."""
    institutions: GrantInstitutions = ()
    """The institutions of the directory that receive know-how, give it, or carry the grant out."""
    follows: GrantId | None = None
    """The earlier grant of this book that the exchange continues."""


class ProposalRevised(GrantEvent):
    """The proposal was changed. Only the changed fields are named.

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 6

    title: Line | None = None
    """The new value, if it changes."""
    window: Word | None = None
    """The new value, if it changes."""
    recipients: Countries | None = None
    """The new value, if it changes."""
    providers: Countries | None = None
    """The new value, if it changes."""
    sector: Label | None = None
    """The new value, if it changes."""
    objective: Prose | None = None
    """The new value, if it changes."""
    outcomes_sought: tuple[Outcome, ...] | None = None
    """The new value, if it changes."""
    amount: Cost | None = None
    """The new value, if it changes."""
    months: Months | None = None
    """The new value, if it changes."""
    institution: Line | None = None
    """The new value, if it changes."""
    capabilities_planned: tuple[Capability, ...] | None = None
    """The new value, if it changes."""
    operation: Line | None = None
    """The new value, if it changes."""
    operation_kind: OperationKind | None = None
    """The new value, if it changes. If only the operation is named, the kind of the new one is not known."""
    execution: Execution | None = None
    """The new value, if it changes."""
    institutions: GrantInstitutions | None = None
    """All institutions of the directory from now on, if they change."""
    follows: GrantId | None = None
    """The earlier grant of this book that the exchange continues, if it changes."""
    reason: Reason | None = None
    """Why the proposal changes."""


class ProposalReturned(GrantEvent):
    """The secretariat sent the funding request back to be worked on. The grant is a proposal again.

    Recorded by the secretariat.
    """

    reason: Reason
    """What has to be worked on."""


class FundingRequested(GrantEvent):
    """Funding was requested, line by line, with a letter from each recipient country.

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 3

    amount: Cost
    """The sum of the budget lines; in the holding currency."""
    budget: tuple[BudgetLine, ...] = Field(min_length=1, max_length=200)
    """The budget lines."""
    letters: tuple[Letter, ...] = ()
    """One from each recipient country."""


class ProposalWithdrawn(GrantEvent):
    """The proposal was withdrawn. Recorded by the task team leader."""

    reason: Reason
    """Why the proposal was withdrawn."""


def new_grant(name: str, event: GrantProposed) -> MutableGrant:
    """Return the grant of this id after its proposal."""
    return MutableGrant(
        id=name,
        currency=event.amount.currency,
        title=event.title,
        window=event.window,
        recipients=event.recipients,
        providers=event.providers,
        sector=event.sector,
        objective=event.objective,
        proposed=event.amount.amount,
        months=event.months,
        proposed_on=event.on,
        call=event.call,
        outcomes_sought=event.outcomes_sought,
        institution=event.institution,
        capabilities_planned=event.capabilities_planned,
        operation=event.operation,
        operation_kind=event.operation_kind,
        execution=event.execution or "bank",
        institutions=event.institutions,
        follows=event.follows,
        preparers=frozenset((event.actor,)),
        teams=[(event.on, (event.actor,))],
    )


_REVISED = tuple(
    name for name in ProposalRevised.model_fields if name not in ("on", "actor", "amount", "reason")
)


def _proposal_revised(grant: MutableGrant, event: ProposalRevised) -> None:
    if event.operation not in (None, grant.operation):
        grant.operation_kind = None
    for name in _REVISED:
        if (value := getattr(event, name)) is not None:
            setattr(grant, name, value)
    if event.amount is not None:
        grant.proposed = event.amount.amount
    grant.preparers |= {event.actor}


def _proposal_returned(grant: MutableGrant, _: ProposalReturned) -> None:
    grant.stage = Stage.PROPOSED
    grant.requested_on = None


def _funding_requested(grant: MutableGrant, event: FundingRequested) -> None:
    grant.stage = Stage.REQUESTED
    grant.requested_on = event.on
    grant.requested = event.amount.amount
    grant.budget = event.budget
    grant.letters = event.letters
    grant.preparers |= {event.actor}


EVOLVE: Evolves = {
    GrantProposed: unchanged,  # `new_grant` makes the grant, and no grant is proposed twice
    ProposalRevised: _proposal_revised,
    ProposalReturned: _proposal_returned,
    FundingRequested: _funding_requested,
    ProposalWithdrawn: end_in(Stage.WITHDRAWN),
}
"""The function by which each event changes the grant."""


def request_digest(grant: Grant) -> str:
    """Return the SHA-256 of the requested terms, countries, institutions, budget lines and letters.

    The execution is in it if it is not the Bank's, so that earlier requests keep their digests. An approval
    binds these (domain §4.5). Title, sector and objective may change afterwards.
    """
    request: dict[str, Any] = {
        "window": grant.window,
        "recipients": grant.recipients,
        "providers": grant.providers,
        "amount": str(grant.proposed),
        "requested": str(grant.requested),
        "currency": grant.currency,
        "months": grant.months,
        "institution": grant.institution,
        "budget": [line.model_dump(mode="json", exclude_none=True) for line in grant.budget],
        "letters": [letter.model_dump(mode="json", exclude_none=True) for letter in grant.letters],
    }
    if grant.execution != "bank":
        request["execution"] = grant.execution
    if grant.institutions:  # a request that names none keeps the digest that it had before there were any
        request["institutions"] = [named.model_dump(mode="json") for named in grant.institutions]
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_proposal(event: GrantProposed, fund: Fund) -> None:
    in_holding_currency(event.amount, fund.currency)
    window_is_known(event.window, fund)


def _check_revision(grant: Grant, event: ProposalRevised, fund: Fund) -> None:
    if not set(event.model_dump(exclude_none=True)) - {"on", "actor", "reason"}:
        raise NothingChanged("name at least one field that reads differently now")
    _check_revised_terms(event, fund)
    if event.recipients is not None and grant.stage is Stage.REQUESTED:
        _check_letters(event.recipients, grant.letters)


def _check_revised_terms(event: ProposalRevised, fund: Fund) -> None:
    if event.amount is not None:
        in_holding_currency(event.amount, fund.currency)
    if event.window is not None:
        window_is_known(event.window, fund)


class OperationMissing(Refusal, order=TERMS, rule="domain §14: an operation with its kind"):
    """The kind of an operation is given, and the grant serves none."""


def of_an_operation(operation: str | None, kind: str | None) -> None:
    """Refuse the kind of an operation that is not named. Raises `OperationMissing`."""
    if kind is not None and operation is None:
        raise OperationMissing(f"{kind} is the kind of an operation: name the operation too")


def _check_proposed_operation(event: GrantProposed) -> None:
    of_an_operation(event.operation, event.operation_kind)


def _check_revised_operation(grant: Grant, event: ProposalRevised) -> None:
    of_an_operation(event.operation or grant.operation, event.operation_kind)


def _check_budget(event: FundingRequested, fund: Fund) -> None:
    in_holding_currency(event.amount, fund.currency)
    for line in event.budget:
        in_holding_currency(line.amount, fund.currency)
    total = sum((line.amount.amount for line in event.budget), ZERO)
    if total != event.amount.amount:
        raise BudgetDoesNotAddUp(
            f"the lines sum to {money(total, fund.currency)}, the amount is {money(*event.amount)}"
        )


def _check_names(event: FundingRequested) -> None:
    named_once(line.line for line in event.budget)


def _check_request(grant: Grant, event: FundingRequested, fund: Fund) -> None:
    _check_budget(event, fund)
    _check_letters(grant.recipients, event.letters)


def _check_clearances(grant: Grant, event: FundingRequested, fund: Fund) -> None:
    all_clear(grant, fund.edition_on(event.on), "request", event.on)


def _check_eligibility(grant: Grant, event: FundingRequested, fund: Fund) -> None:
    fits_eligibility(grant, fund.edition_on(event.on), event.on)


class LetterMissing(Refusal, order=TERMS, rule="domain §3: RequestFunding"):
    """A recipient country has no letter."""


def _check_letters(recipients: Sequence[str], letters: Sequence[Letter]) -> None:
    countries = {letter.country for letter in letters}
    if missing := [code for code in recipients if code not in countries and code != NOT_STATED]:
        raise LetterMissing(f"no letter from {', '.join(missing)}: add one for each recipient country")


RULES: Rules = {
    GrantProposed: Guards(
        invariants=(Rule(1, _check_proposal), Rule(3, _check_proposed_operation)),
        arithmetic=(Rule(2, _check_proposal),),
    ),
    ProposalRevised: Guards(
        invariants=(Rule(1, _check_revision), Rule(3, _check_revised_operation)),
        arithmetic=(Rule(2, _check_revised_terms),),
    ),
    FundingRequested: Guards(
        invariants=(
            Rule(1, _check_request),
            Rule(3, _check_names),
            Rule(3, _check_eligibility),
            Rule(3, _check_clearances),
        ),
        arithmetic=(Rule(2, _check_budget),),
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class ProposeGrant(GrantCommand[GrantProposed]):
    """Propose a grant."""


class ReviseProposal(GrantCommand[ProposalRevised]):
    """Revise a proposal."""


class ReturnProposal(GrantCommand[ProposalReturned]):
    """Return a proposal to be worked on."""


class RequestFunding(GrantCommand[FundingRequested]):
    """Request funding, with budget and letters."""


class WithdrawProposal(GrantCommand[ProposalWithdrawn]):
    """Withdraw a proposal."""


COMMANDS = (
    ProposeGrant.spec("grant propose", "ttl", NEW, GRANT),
    ReviseProposal.spec("grant revise", "ttl", (P, R), GRANT),
    ReturnProposal.spec("grant return", "secretariat", (P, R), GRANT),
    RequestFunding.spec("grant request", "ttl", (P,), GRANT),
    WithdrawProposal.spec("grant withdraw", "ttl", (P, R), GRANT),
)
"""The commands, as the catalogue lists them."""
