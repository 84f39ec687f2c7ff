"""The team of a grant: its task team leader, and the deputies who may act for the leader (domain §14)."""

from typing import ClassVar

from pydantic import Field

from lifecycle.fund.state import Fund
from lifecycle.grant.state import Evolves, Grant, MutableGrant
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import Event, GrantEvent
from lifecycle.kernel.guards import OfficerActs, by_another_officer
from lifecycle.kernel.refusals import OFFICER, TERMS, NothingChanged, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, A, E, F, P, R, S, Spec
from lifecycle.types.readings.nearest import did_you_mean
from lifecycle.types.text import OfficerId, Reason


class LeaderAssigned(GrantEvent):
    """Another officer leads the grant from this day, or other deputies may act for the leader.

    Recorded by an approver, who is not one of them.
    """

    VERSION: ClassVar[int] = 1

    leader: OfficerId
    """The task team leader from now on."""
    deputies: tuple[OfficerId, ...] = Field(default=(), max_length=20)
    """All officers who may act for the leader from now on."""
    reason: Reason | None = None
    """Why the team changes."""


def _leader_assigned(grant: MutableGrant, event: LeaderAssigned) -> None:
    grant.teams.append((event.on, (event.leader, *event.deputies)))


EVOLVE: Evolves = {LeaderAssigned: _leader_assigned}
"""The function by which each event changes the grant."""


class NotATeamLeader(Refusal, order=TERMS, rule="domain §14: AssignLeader"):
    """Who is to lead the grant, or to act for its leader, does not hold the role ttl on the day."""


class NamedTwiceInTeam(Refusal, order=TERMS, rule="domain §14: AssignLeader"):
    """An officer is named twice among the leader and the deputies."""


def _check_team(event: LeaderAssigned) -> None:
    team = (event.leader, *event.deputies)
    if twice := [officer for index, officer in enumerate(team) if officer in team[:index]]:
        raise NamedTwiceInTeam(f"{twice[0]} is named twice: name each officer of the team once")


def _check_changed(grant: Grant, event: LeaderAssigned) -> None:
    if event.leader == grant.leader and set(event.deputies) == set(grant.deputies):
        deputies = f" with {', '.join(grant.deputies)} as deputies" if grant.deputies else " without deputies"
        raise NothingChanged(f"{event.leader} leads {grant.id} already,{deputies}")


def _check_roles(event: LeaderAssigned, fund: Fund) -> None:
    for officer in (event.leader, *event.deputies):
        roles = fund.roles_on(officer, event.on, ending=True)
        if "ttl" not in roles:
            holders = [name for name in fund.officers if "ttl" in fund.roles_on(name, event.on)]
            held = ", ".join(sorted(roles)) or "no officer"
            raise NotATeamLeader(
                f"{officer} is {held} on {event.on}, not ttl: an administrator appoints the officer first"
                f"{did_you_mean(officer, holders)}"
            )


def _team_named(event: LeaderAssigned) -> OfficerActs:
    """Return the officers who are named, and so may not decide that they lead the grant."""
    deputies = ((officer, f"would act for {event.leader}") for officer in event.deputies)
    return ((event.leader, "would lead the grant"), *deputies)


def _check_assigned_by_another(event: LeaderAssigned) -> None:
    by_another_officer(event.actor, "assign the team", *_team_named(event))


RULES: Rules = {
    LeaderAssigned: Guards(
        invariants=(Rule(3, _check_assigned_by_another), Rule(3, _check_team), Rule(3, _check_roles)),
        preconditions=(Rule(3, _check_changed),),
        requested_by=(Rule(3, _team_named),),
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class NotOfTheTeam(Refusal, order=OFFICER, rule="domain §14: under team_only"):
    """The edition lets only the grant's task team leader and the deputies act, and the actor is neither."""


def acts_in_team(grant: Grant, event: Event, spec: Spec, fund: Fund) -> None:
    """Refuse an act of a task team leader by another one, if the edition says so. Raises `NotOfTheTeam`.

    It is the edition that governs the grant; before the approval, the one in force on the day. An approver
    who may act beside task team leaders is not asked for.
    """
    if "ttl" not in spec.roles or event.actor in (grant.leader, *grant.deputies):
        return
    edition = fund.edition_on(event.on) if grant.edition is None else fund.editions.get(grant.edition)
    if edition is None or edition.team_only is None or not edition.is_for_team:
        return
    other_roles = set(spec.roles) - {"ttl"}
    if not other_roles & fund.roles_on(event.actor, event.on, ending=True):
        deputies = f" or {', '.join(grant.deputies)}" if grant.deputies else ""
        raise NotOfTheTeam(
            f"{grant.leader}{deputies} acts for {grant.id} on {event.on}: edition {edition.name} leaves"
            f" {spec.words} to the grant's own team ({edition.team_only.source}); an approver can assign"
            f" {event.actor} with grant assign-leader"
        )


class AssignLeader(GrantCommand[LeaderAssigned]):
    """Let another officer lead a grant, and name who may act for the leader."""


COMMANDS = (AssignLeader.spec("grant assign-leader", "approver", (P, R, A, S, E, F), GRANT),)
"""The commands, as the catalogue lists them."""
