"""From the idea to the asking: a proposal, its revisions, and the request for money."""

import hashlib
import json
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from lifecycle.fund.establishment import window_is_known
from lifecycle.fund.state import Fund
from lifecycle.grant.state import Evolves, Grant, end_in
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent, Value
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.refusals import TERMS, NothingChanged, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, NEW, P, R
from lifecycle.types.dates import Day, Months
from lifecycle.types.money import Cost
from lifecycle.types.stage import NOT_STATED, ZERO, Stage
from lifecycle.types.text import ItemId, Line, Prose, Reason, Word
from lifecycle.types.vocabularies import Capability, Countries, Country, Label, Outcome


class BudgetLine(Value):
    """What a part of the requested money is for."""

    line: Label
    """What the money is for."""
    amount: Cost
    """In the holding currency; zero if it costs the fund nothing."""
    capacity: bool = False
    """Counts towards the countries' own capacity to share."""


class Letter(Value):
    """A recipient country's letter that asks for the exchange."""

    country: Country
    """The recipient country that asks; ISO 3166-1 alpha-2."""
    ministry: Line
    """Who signed for it."""
    dated: Day
    """The letter's own date."""


class GrantProposed(GrantEvent):
    """A country's wish to learn became a proposal.

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 2

    title: Line
    """What the exchange is called."""
    window: Word
    """A window of the fund's policy."""
    call: ItemId | None = None
    """The call for proposals that it answers."""
    recipients: Countries
    """Who receives know-how."""
    providers: Countries
    """Who gives it."""
    sector: Label
    """As the fund names its sectors."""
    objective: Prose
    """What the countries want to achieve."""
    outcomes_sought: tuple[Outcome, ...] = ()
    """Capacity outcomes aimed at."""
    amount: Cost
    """What it may cost; in the holding currency. Zero for support that costs the fund nothing."""
    months: Months
    """How long it should take."""
    institution: Line | None = None
    """The public institution, for organizational knowledge sharing."""
    capabilities_planned: tuple[Capability, ...] = ()
    """What the institution plans to be able to do, for organizational knowledge sharing."""
    operation: Line | None = None
    """The lending operation that the exchange serves."""


class ProposalRevised(GrantEvent):
    """The proposal reads differently: only the changed fields are named.

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 2

    title: Line | None = None
    """As it reads now, where it changes."""
    window: Word | None = None
    """As it reads now, where it changes."""
    recipients: Countries | None = None
    """As it reads now, where it changes."""
    providers: Countries | None = None
    """As it reads now, where it changes."""
    sector: Label | None = None
    """As it reads now, where it changes."""
    objective: Prose | None = None
    """As it reads now, where it changes."""
    outcomes_sought: tuple[Outcome, ...] | None = None
    """As it reads now, where it changes."""
    amount: Cost | None = None
    """As it reads now, where it changes."""
    months: Months | None = None
    """As it reads now, where it changes."""
    institution: Line | None = None
    """As it reads now, where it changes."""
    capabilities_planned: tuple[Capability, ...] | None = None
    """As it reads now, where it changes."""
    operation: Line | None = None
    """As it reads now, where it changes."""
    reason: Reason | None = None
    """Why it changes."""


class ProposalReturned(GrantEvent):
    """The secretariat sent the proposal back to be worked on: it is a proposal again.

    Recorded by the secretariat.
    """

    reason: Reason
    """What has to be worked on."""


class FundingRequested(GrantEvent):
    """Money was asked for, line by line, with a letter from each recipient country.

    Recorded by the task team leader.
    """

    amount: Cost
    """In the holding currency; the sum of the lines."""
    budget: tuple[BudgetLine, ...] = Field(min_length=1, max_length=200)
    """What it is made up of."""
    letters: tuple[Letter, ...] = ()
    """One from each recipient country."""


class ProposalWithdrawn(GrantEvent):
    """The asker took the proposal back. Recorded by the task team leader."""

    reason: Reason
    """Why it was taken back."""


def new_grant(_: Grant | None, event: GrantProposed) -> Grant:
    """The grant after its first event; it has no id yet."""
    return Grant(
        id="",
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
        preparers=frozenset((event.actor,)),
        leader=event.actor,
    )


_REVISED = tuple(
    name for name in ProposalRevised.model_fields if name not in ("on", "actor", "amount", "reason")
)


def _proposal_revised(grant: Grant, event: ProposalRevised) -> Grant:
    changes = {name: value for name in _REVISED if (value := getattr(event, name)) is not None}
    if event.amount is not None:
        changes["proposed"] = event.amount.amount
    return grant.replace(preparers=grant.preparers | {event.actor}, **changes)


def _proposal_returned(grant: Grant, _: ProposalReturned) -> Grant:
    return grant.replace(stage=Stage.PROPOSED, requested_on=None)


def _funding_requested(grant: Grant, event: FundingRequested) -> Grant:
    return grant.replace(
        stage=Stage.REQUESTED,
        requested_on=event.on,
        requested=event.amount.amount,
        budget=event.budget,
        letters=event.letters,
        preparers=grant.preparers | {event.actor},
    )


EVOLVE: Evolves = {
    GrantProposed: new_grant,
    ProposalRevised: _proposal_revised,
    ProposalReturned: _proposal_returned,
    FundingRequested: _funding_requested,
    ProposalWithdrawn: end_in(Stage.WITHDRAWN),
}
"""How each event changes the grant."""


def request_digest(grant: Grant) -> str:
    """SHA-256 of what is asked for: terms, countries, budget lines and letters.

    Title, sector and wording may still be put right; what the promise rests on may not (domain §4.5).
    """
    request = {
        "window": grant.window,
        "recipients": grant.recipients,
        "providers": grant.providers,
        "amount": str(grant.proposed),
        "requested": str(grant.requested),
        "currency": grant.currency,
        "months": grant.months,
        "institution": grant.institution,
        "budget": [line.model_dump(mode="json") for line in grant.budget],
        "letters": [letter.model_dump(mode="json") for letter in grant.letters],
    }
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_proposal(event: GrantProposed, fund: Fund) -> None:
    in_holding_currency(event.amount, fund.currency)
    window_is_known(event.window, fund)


def _check_revision(grant: Grant, event: ProposalRevised, fund: Fund) -> None:
    if not set(event.model_dump(exclude_none=True)) - {"on", "actor", "reason"}:
        raise NothingChanged("name at least one field that reads differently now")
    if event.amount is not None:
        in_holding_currency(event.amount, fund.currency)
    if event.window is not None:
        window_is_known(event.window, fund)
    if event.recipients is not None and grant.stage is Stage.REQUESTED:
        _check_letters(event.recipients, grant.letters)


class BudgetDoesNotAddUp(Refusal, order=TERMS, rule="domain §3: RequestFunding"):
    """The budget lines do not sum to the amount."""


def _check_request(grant: Grant, event: FundingRequested, fund: Fund) -> None:
    in_holding_currency(event.amount, fund.currency)
    for line in event.budget:
        in_holding_currency(line.amount, fund.currency)
    total = sum((line.amount.amount for line in event.budget), ZERO)
    if total != event.amount.amount:
        raise BudgetDoesNotAddUp(
            f"the lines sum to {money(total, fund.currency)}, the amount is {money(*event.amount)}"
        )
    _check_letters(grant.recipients, event.letters)


class LetterMissing(Refusal, order=TERMS, rule="domain §3: RequestFunding"):
    """A recipient country has no letter."""


def _check_letters(recipients: Sequence[str], letters: Sequence[Letter]) -> None:
    written = {letter.country for letter in letters}
    if missing := [code for code in recipients if code not in written and code != NOT_STATED]:
        raise LetterMissing(f"no letter from {', '.join(missing)}: add one for each recipient country")


RULES: Rules = {
    GrantProposed: Guards(invariants=(Rule(1, _check_proposal),)),
    ProposalRevised: Guards(invariants=(Rule(1, _check_revision),)),
    FundingRequested: Guards(invariants=(Rule(1, _check_request),)),
}
"""What is asked before each event, each rule with the number of its rule set."""


class ProposeGrant(GrantCommand[GrantProposed]):
    """Put a proposal forward."""


class ReviseProposal(GrantCommand[ProposalRevised]):
    """Change a proposal."""


class ReturnProposal(GrantCommand[ProposalReturned]):
    """Send a proposal back."""


class RequestFunding(GrantCommand[FundingRequested]):
    """Ask for money, with budget and letters."""


class WithdrawProposal(GrantCommand[ProposalWithdrawn]):
    """Take a proposal back."""


COMMANDS = (
    ProposeGrant.spec("grant propose", "ttl", NEW, GRANT),
    ReviseProposal.spec("grant revise", "ttl", (P, R), GRANT),
    ReturnProposal.spec("grant return", "secretariat", (P, R), GRANT),
    RequestFunding.spec("grant request", "ttl", (P,), GRANT),
    WithdrawProposal.spec("grant withdraw", "ttl", (P, R), GRANT),
)
"""How each event is asked for."""
