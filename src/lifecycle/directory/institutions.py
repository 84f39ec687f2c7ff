"""Institutions: bodies that grants, letters and payments name, registered once for the whole book."""

from dataclasses import replace

from lifecycle.directory.state import Directory, Evolves, Institution, MutableDirectory
from lifecycle.kernel.command import DirectoryCommand
from lifecycle.kernel.event import DirectoryEvent
from lifecycle.kernel.likeness import group_key, not_too_like
from lifecycle.kernel.refusals import STAGE, TERMS, NothingChanged, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.readings.nearest import near_or_all
from lifecycle.types.text import ItemId, Line
from lifecycle.types.vocabularies import InstitutionType, Label, StatedCountry


class InstitutionRegistered(DirectoryEvent):
    """An institution is known from this day on. Recorded by the secretariat."""

    institution: ItemId
    """The institution's short name in the book."""
    name: Line
    """The institution's name in full."""
    country: StatedCountry | None = None
    """The country that it is in; none for a body of several countries."""
    type: InstitutionType
    """The kind of institution, by the list of IATI."""
    identifier: Label | None = None
    """Its identifier in a public register, with the register's prefix: ``XM-DAC-41114``."""
    focal_point: Line | None = None
    """The office or function that answers for it; not the name of a person."""


class InstitutionRenamed(DirectoryEvent):
    """The institution has another name from this day on. Recorded by the secretariat."""

    institution: ItemId
    """The institution's short name in the book."""
    name: Line
    """The new name in full."""


def _registered(directory: MutableDirectory, event: InstitutionRegistered) -> None:
    directory.institutions[event.institution] = Institution(
        registered_on=event.on,
        country=event.country,
        names=((event.on, event.name),),
        type=event.type,
        identifier=event.identifier,
        focal_point=event.focal_point,
    )


def _renamed(directory: MutableDirectory, event: InstitutionRenamed) -> None:
    institution = directory.institutions[event.institution]
    names = (*institution.names, (event.on, event.name))
    directory.institutions[event.institution] = replace(institution, names=names)


EVOLVE: Evolves = {
    InstitutionRegistered: _registered,
    InstitutionRenamed: _renamed,
}
"""The function by which each event changes the directory in place."""


class InstitutionIdTaken(Refusal, order=STAGE, rule="domain §13: RegisterInstitution"):
    """Another institution has this id."""


class IdentifierTaken(Refusal, order=TERMS, rule="domain §13: RegisterInstitution"):
    """Another institution has this identifier, so that it would be registered twice."""


def _check_new(directory: Directory, event: InstitutionRegistered) -> None:
    if known := directory.institutions.get(event.institution):
        raise InstitutionIdTaken(
            f"{event.institution} is {known.name}, registered on {known.registered_on}: choose another id"
        )


def _check_likeness(directory: Directory, event: InstitutionRegistered) -> None:
    not_too_like(event.institution, directory.institutions, "institution")


def _check_identifier(directory: Directory, event: InstitutionRegistered) -> None:
    if event.identifier is None:
        return
    for id, known in directory.institutions.items():
        if known.identifier is not None and group_key(known.identifier) == group_key(event.identifier):
            raise IdentifierTaken(f"{event.identifier} is the identifier of {id}, {known.name}: name {id}")


class UnknownInstitution(Refusal, order=STAGE, rule="domain §13: stream directory"):
    """The institution was not registered by that day."""


def institution_of(directory: Directory, id: str) -> Institution:
    """Return the institution of this id. Raises `UnknownInstitution`."""
    institution = directory.institutions.get(id)
    if institution is None:
        near = near_or_all(id, directory.institutions)
        raise UnknownInstitution(f"no institution {id} was registered by that day{near}")
    return institution


def _check_renaming(directory: Directory, event: InstitutionRenamed) -> None:
    if institution_of(directory, event.institution).name == event.name:
        raise NothingChanged(f"{event.institution} has this name already")


RULES: Rules = {
    InstitutionRegistered: Guards(
        invariants=(Rule(3, _check_new), Rule(3, _check_likeness), Rule(3, _check_identifier))
    ),
    InstitutionRenamed: Guards(invariants=(Rule(3, _check_renaming),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class RegisterInstitution(DirectoryCommand[InstitutionRegistered]):
    """Register an institution."""


class RenameInstitution(DirectoryCommand[InstitutionRenamed]):
    """Give an institution another name from a day on."""


COMMANDS = (
    RegisterInstitution.spec("directory register", "secretariat", (), ("institution",)),
    RenameInstitution.spec("directory rename", "secretariat", (), ("institution",)),
)
"""The commands, as the catalogue lists them."""
