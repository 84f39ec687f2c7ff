"""Offers of experience, needs, and the use of stories."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Protocol

from pydantic import Field

from lifecycle.directory.institutions import institution_of
from lifecycle.directory.state import Directory, Evolves, MutableDirectory, Need, Offer
from lifecycle.kernel.command import DirectoryCommand
from lifecycle.kernel.event import DirectoryEvent
from lifecycle.kernel.history import Entry
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import STAGE, TERMS, Refusal, UnknownGrant
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.readings.nearest import near_or_all
from lifecycle.types.stage import ENDED_EARLY, Stage
from lifecycle.types.text import GrantId, ItemId, Line, Prose, Reason
from lifecycle.types.vocabularies import Label, StatedCountry


class ExperienceOffered(DirectoryEvent):
    """A country offers to share how it solved a problem. Recorded by the secretariat."""

    offer: ItemId
    """The offer's name in the book."""
    country: StatedCountry
    """The country that offers it."""
    institution: ItemId | None = None
    """The registered institution that would share it."""
    topic: Line
    """What it is about, in one line."""
    sector: Label | None = None
    """The sector that it belongs to."""
    summary: Prose
    """What was done, and what came of it."""


class OfferWithdrawn(DirectoryEvent):
    """The offer no longer holds from this day on. Recorded by the secretariat."""

    offer: ItemId
    """The offer's name in the book."""
    reason: Reason | None = None
    """Why it was withdrawn."""


class NeedVoiced(DirectoryEvent):
    """A country says what it wants to learn. Recorded by the secretariat."""

    need: ItemId
    """The need's name in the book."""
    country: StatedCountry
    """The country that wants to learn."""
    institution: ItemId | None = None
    """The registered institution that wants to learn."""
    challenge: Prose
    """The problem to solve."""
    sector: Label | None = None
    """The sector that it belongs to."""
    measure: Line | None = None
    """How it will be seen that the problem is solved."""
    baseline: Line | None = None
    """What the measure was when the need was voiced."""


class NeedMet(DirectoryEvent):
    """A grant meets the need. Recorded by the secretariat."""

    need: ItemId
    """The need's name in the book."""
    grant: GrantId
    """The grant that meets it."""


class UseRecorded(DirectoryEvent):
    """Somebody used a results story, and says what it was worth (S3). Recorded by the secretariat."""

    story: GrantId
    """The grant whose results story was used."""
    by: Line
    """Who used it: an office, a country, a programme; not the name of a person."""
    purpose: Line
    """What it was used for."""
    worth: Annotated[int, Field(ge=1, le=5)]
    """What it was worth to the user, from 1 (little) to 5 (much)."""


def _offered(directory: MutableDirectory, event: ExperienceOffered) -> None:
    directory.offers[event.offer] = Offer(
        event.on, event.country, event.institution, event.topic, event.sector, event.summary
    )


def _withdrawn(directory: MutableDirectory, event: OfferWithdrawn) -> None:
    directory.offers[event.offer] = replace(directory.offers[event.offer], withdrawn_on=event.on)


def _voiced(directory: MutableDirectory, event: NeedVoiced) -> None:
    directory.needs[event.need] = Need(
        event.on,
        event.country,
        event.institution,
        event.challenge,
        event.sector,
        event.measure,
        event.baseline,
    )


def _met(directory: MutableDirectory, event: NeedMet) -> None:
    need = directory.needs[event.need]
    directory.needs[event.need] = replace(need, meetings=(*need.meetings, (event.on, event.grant)))


def _unchanged(_directory: MutableDirectory, _event: UseRecorded) -> None:
    """Leave the directory as it is: only reports read what a story was used for."""


EVOLVE: Evolves = {
    ExperienceOffered: _offered,
    OfferWithdrawn: _withdrawn,
    NeedVoiced: _voiced,
    NeedMet: _met,
    UseRecorded: _unchanged,
}
"""The function by which each event changes the directory in place."""


class OfferIdTaken(Refusal, order=STAGE, rule="domain §13: OfferExperience"):
    """Another offer has this name."""


class UnknownOffer(Refusal, order=STAGE, rule="domain §13: WithdrawOffer"):
    """There was no such offer by that day."""


class OfferAlreadyWithdrawn(Refusal, order=STAGE, rule="domain §13: WithdrawOffer"):
    """The offer was withdrawn before."""


class NeedIdTaken(Refusal, order=STAGE, rule="domain §13: VoiceNeed"):
    """Another need has this name."""


class UnknownNeed(Refusal, order=STAGE, rule="domain §13: MeetNeed"):
    """The need had not been voiced by that day."""


class InstitutionOfOtherCountry(Refusal, order=TERMS, rule="domain §13: OfferExperience, VoiceNeed"):
    """The institution is in another country than the one that offers or wants to learn."""


class GrantNotApproved(Refusal, order=STAGE, rule="domain §13: MeetNeed"):
    """The grant is not approved by that day, or has ended early."""


class NeedOfOtherCountry(Refusal, order=STAGE, rule="domain §13: MeetNeed"):
    """The country of the need is no recipient of the grant."""


class NeedAlreadyMet(Refusal, order=STAGE, rule="domain §13: MeetNeed"):
    """A grant meets the need already."""


class StoryNotPublished(Refusal, order=STAGE, rule="domain §13: RecordUse"):
    """The grant had no results story by that day."""


def _check_offer(directory: Directory, event: ExperienceOffered) -> None:
    if known := directory.offers.get(event.offer):
        raise OfferIdTaken(f"{event.offer} is an offer of {known.country}, {known.on}: choose another name")
    not_too_like(event.offer, directory.offers, "offer")


def _check_withdrawal(directory: Directory, event: OfferWithdrawn) -> None:
    offer = directory.offers.get(event.offer)
    if offer is None:
        raise UnknownOffer(
            f"there was no offer {event.offer} by that day{near_or_all(event.offer, directory.offers)}"
        )
    if offer.withdrawn_on is not None:
        raise OfferAlreadyWithdrawn(f"{event.offer} was withdrawn on {offer.withdrawn_on}")


def _check_need(directory: Directory, event: NeedVoiced) -> None:
    if known := directory.needs.get(event.need):
        raise NeedIdTaken(f"{event.need} is a need of {known.country}, {known.on}: choose another name")
    not_too_like(event.need, directory.needs, "need")


def _check_institution(directory: Directory, event: ExperienceOffered | NeedVoiced) -> None:
    """Refuse an institution that is not known, or is in another country. A body of several has none."""
    if event.institution is None:
        return
    country = institution_of(directory, event.institution).country
    if country not in (None, event.country):
        raise InstitutionOfOtherCountry(
            f"{event.institution} is in {country}, and not in {event.country}: name one of {event.country}"
        )


def _check_meeting(directory: Directory, event: NeedMet) -> None:
    if event.need not in directory.needs:
        raise UnknownNeed(
            f"the need {event.need} had not been voiced by that day{near_or_all(event.need, directory.needs)}"
        )


Grants = Mapping[str, Sequence[Entry]]
"""The entries in force of the grants that an event names, by their ids."""


class Standing(Protocol):
    """How a grant stands, as far as needs depend on it."""

    @property
    def stage(self) -> Stage:
        """Return its stage."""

    @property
    def approved_on(self) -> date | None:
        """Return the day of its approval; `None` before it."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Return the countries that receive."""


StandingOn = Callable[[str, date], Standing | None]
"""Returns how a grant stands on a day; `None` if it is not there."""


def _check_grant(grants: Grants, event: NeedMet) -> None:
    _entries_by(grants, event.grant, event)


def _check_approved(standing_on: StandingOn, event: NeedMet) -> None:
    grant = standing_on(event.grant, event.on)
    if grant is not None and not _runs(grant):
        raise GrantNotApproved(
            f"{event.grant} is {grant.stage} on {event.on}: a need is met by a grant that is approved and has"
            " not ended early"
        )


def _check_recipient(directory: Directory, standing_on: StandingOn, event: NeedMet) -> None:
    grant, country = standing_on(event.grant, event.on), directory.needs[event.need].country
    if grant is not None and country not in grant.recipients:
        raise NeedOfOtherCountry(
            f"{event.need} is a need of {country}; in {event.grant} {', '.join(grant.recipients)} receives"
        )


def _check_not_met(directory: Directory, standing_on: StandingOn, event: NeedMet) -> None:
    """Refuse a grant for a need that another meets, on the day or on a later one.

    A grant that has ended early by the day of the other, or in which the country receives no more, is none.
    ``directory``: with this meeting.
    """
    need, this = directory.needs[event.need], (event.on, event.grant)
    others = list(need.meetings)
    others.remove(this)
    for other in others:
        (_, first), (on, _) = (other, this) if other[0] <= event.on else (this, other)
        grant = standing_on(first, on)
        if grant is not None and _runs(grant) and need.country in grant.recipients:
            raise NeedAlreadyMet(f"{other[1]} meets {event.need} since {other[0]}")


def _runs(grant: Standing) -> bool:
    return grant.approved_on is not None and grant.stage not in ENDED_EARLY


def _check_story(grants: Grants, event: UseRecorded) -> None:
    # By name, because a grant's events know the directory.
    published = [
        entry
        for entry in _entries_by(grants, event.story, event)
        if type(entry.event).__name__ == "ResultsStoryPublished"
    ]
    if not published:
        raise StoryNotPublished(f"no results story of {event.story} was published by {event.on}")


def _entries_by(grants: Grants, grant: str, event: DirectoryEvent) -> list[Entry]:
    """Return the grant's entries up to the day of the event. Raises `UnknownGrant` if there are none."""
    entries = [entry for entry in grants.get(grant, ()) if entry.on <= event.on]
    if not entries:
        raise UnknownGrant(f"there was no grant {grant} on {event.on}: it is proposed first")
    return entries


RULES: Rules = {
    ExperienceOffered: Guards(invariants=(Rule(3, _check_offer), Rule(3, _check_institution))),
    OfferWithdrawn: Guards(invariants=(Rule(3, _check_withdrawal),)),
    NeedVoiced: Guards(invariants=(Rule(3, _check_need), Rule(3, _check_institution))),
    NeedMet: Guards(
        invariants=(Rule(3, _check_meeting),),
        preconditions=(
            Rule(3, _check_grant),
            Rule(3, _check_approved),
            Rule(3, _check_recipient),
            Rule(3, _check_not_met),
        ),
    ),
    UseRecorded: Guards(preconditions=(Rule(3, _check_story),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class OfferExperience(DirectoryCommand[ExperienceOffered]):
    """Offer to share how a problem was solved."""


class WithdrawOffer(DirectoryCommand[OfferWithdrawn]):
    """Withdraw an offer."""


class VoiceNeed(DirectoryCommand[NeedVoiced]):
    """Say what a country wants to learn."""


class MeetNeed(DirectoryCommand[NeedMet]):
    """Name the grant that meets a need."""


class RecordUse(DirectoryCommand[UseRecorded]):
    """Record what a results story was used for, and what it was worth."""


COMMANDS = (
    OfferExperience.spec("directory offer", "secretariat", (), ("offer",)),
    WithdrawOffer.spec("directory withdraw-offer", "secretariat", (), ("offer",)),
    VoiceNeed.spec("directory voice-need", "secretariat", (), ("need",)),
    MeetNeed.spec("directory meet-need", "secretariat", (), ("need", "grant")),
    RecordUse.spec("directory record-use", "secretariat", (), ("story",)),
)
"""The commands, as the catalogue lists them."""
