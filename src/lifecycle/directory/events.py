"""The events of the directory in one module, so that other rooms import them by name."""

from lifecycle.directory.evolve import EVOLVE
from lifecycle.directory.experience import (
    ExperienceOffered,
    NeedMet,
    NeedVoiced,
    OfferWithdrawn,
    UseRecorded,
)
from lifecycle.directory.institutions import InstitutionRegistered, InstitutionRenamed
from lifecycle.kernel.event import EntryCorrected, Event

EVENTS: tuple[type[Event], ...] = (*EVOLVE, EntryCorrected)
"""Every event that the directory's stream can hold; the correction is folded by `history`."""

__all__ = [
    "EntryCorrected",
    "ExperienceOffered",
    "InstitutionRegistered",
    "InstitutionRenamed",
    "NeedMet",
    "NeedVoiced",
    "OfferWithdrawn",
    "UseRecorded",
]
