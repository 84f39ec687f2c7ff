"""Clearances: steps of the edition that others take before a request, or before an approval (domain §10)."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from lifecycle.fund.state import Fund
from lifecycle.grant.state import Cleared, Evolves, Grant, MutableGrant, team_of, team_on
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import OfficerActs, by_another_officer
from lifecycle.kernel.refusals import OFFICER, STAGE, TERMS, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import P, R
from lifecycle.policy.edition import Clearance, Edition
from lifecycle.types.text import Prose, Word
from lifecycle.types.vocabularies import ClearanceAnswer


class ProposalCleared(GrantEvent):
    """A step of the edition's clearances was answered. A later answer of the same step replaces it.

    Recorded by an officer with the step's role, who does not lead the grant.
    """

    step: Word
    """The step, as the edition names it."""
    verdict: ClearanceAnswer
    """Whether the proposal is cleared, or objected to."""
    comment: Prose | None = None
    """Why."""


def _proposal_cleared(grant: MutableGrant, event: ProposalCleared) -> None:
    grant.clearances[event.step] = Cleared(event.step, event.verdict, event.actor, event.on)


EVOLVE: Evolves = {ProposalCleared: _proposal_cleared}
"""The function by which each event changes the grant."""


class Standing(NamedTuple):
    """How a step of the clearances stands on a day."""

    clearance: Clearance
    answer: str
    """``cleared``, ``objected``, ``open``, or ``silent`` if nobody objected in time and silence clears."""
    due: date | None
    """The last day on which it is answered in time; `None` before the days run."""
    by: str | None = None
    on: date | None = None


def begins_on(grant: Grant, clearance: Clearance) -> date | None:
    """Return the day from which the step's days run; `None` if they do not run yet."""
    return grant.proposed_on if clearance.before == "request" else grant.requested_on


def standings(grant: Grant, edition: Edition, day: date) -> Iterator[Standing]:
    """Yield how each step of the edition stands on the day."""
    for clearance in edition.clearances:
        since = begins_on(grant, clearance)
        due = None if since is None else clearance.due(since)
        answered = grant.clearances.get(clearance.step)
        if answered is not None:
            yield Standing(clearance, answered.answer, due, answered.by, answered.on)
        else:
            is_silent = clearance.no_objection and due is not None and day > due
            yield Standing(clearance, "silent" if is_silent else "open", due)


class ClearanceOpen(Refusal, order=TERMS, rule="domain §10: clearances"):
    """A step of the clearances is not answered, and silence does not clear it yet."""


class ClearanceObjected(Refusal, order=TERMS, rule="domain §10: clearances"):
    """A step of the clearances was objected to."""


def all_clear(grant: Grant, edition: Edition | None, before: str, day: date) -> None:
    """Refuse what a step of the clearances stands before. Raises `ClearanceObjected`, `ClearanceOpen`.

    ``before``: ``request`` or ``approval``.
    """
    steps = () if edition is None else standings(grant, edition, day)
    asked = [standing for standing in steps if standing.clearance.before == before]
    for standing in asked:
        if standing.answer == "objected":
            raise ClearanceObjected(
                f"{standing.by} objected to {standing.clearance.step} on {standing.on}:"
                f" {standing.clearance.role} has to clear it first ({standing.clearance.source})"
            )
    for standing in asked:
        if standing.answer == "open":
            silence = f", or silence after {standing.due}" if standing.clearance.no_objection else ""
            raise ClearanceOpen(
                f"{standing.clearance.step} is not cleared: grant clear by {standing.clearance.role}{silence}"
                f" ({standing.clearance.source})"
            )


class UnknownClearance(Refusal, order=STAGE, rule="domain §10: clearances"):
    """The edition in force on the day has no step of this name."""


class ClearanceOfOtherRole(Refusal, order=OFFICER, rule="domain §10: the step's role"):
    """The step is for another role."""


def _check_step(event: ProposalCleared, fund: Fund) -> None:
    edition = fund.edition_on(event.on)
    steps = () if edition is None else edition.clearances
    clearance = next((clearance for clearance in steps if clearance.step == event.step), None)
    if clearance is None:
        name = "no edition" if edition is None else f"edition {edition.name}"
        known = ", ".join(clearance.step for clearance in steps) or "none"
        raise UnknownClearance(f"{name} has no step {event.step} on {event.on}; its steps: {known}")
    if clearance.role not in fund.roles_on(event.actor, event.on, ending=True):
        raise ClearanceOfOtherRole(f"{event.step} is for {clearance.role}: {event.actor} does not hold it")


def _team(grant: Grant, event: ProposalCleared, day: date) -> OfficerActs:
    return team_on(grant, event.on, day)


def _check_clearer(grant: Grant, event: ProposalCleared) -> None:
    by_another_officer(event.actor, "clear it", *team_of(grant))


RULES: Rules = {
    ProposalCleared: Guards(
        invariants=(Rule(3, _check_step), Rule(3, _check_clearer)), requested_by=(Rule(3, _team),)
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class ClearProposal(GrantCommand[ProposalCleared]):
    """Clear a proposal in one step, or object to it."""


COMMANDS = (ClearProposal.spec("grant clear", "any", (P, R), ("grant", "step")),)
"""The commands, as the catalogue lists them."""
