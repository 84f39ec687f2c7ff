"""Institutions of the directory as publications name them: as of a day, and as known at a position."""

from collections.abc import Iterator
from typing import NamedTuple

from lifecycle.book.book import Book
from lifecycle.directory.evolve import fold
from lifecycle.grant import events as was
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import DIRECTORY, history
from lifecycle.types.vocabularies import InstitutionType, words_of
from projections.publication.publisher import ORGANISATION_TYPES
from projections.publication.walks import Dates, GrantOnDay, Movement

_TYPES = dict(zip(words_of(InstitutionType), ORGANISATION_TYPES, strict=True))
"""The code of each kind of institution in IATI's list OrganisationType."""


class Body(NamedTuple):
    """An institution, as it is named on the day."""

    id: str
    """Its short name in the book."""
    name: str
    country: str | None
    type: str
    """A word of the directory."""
    identifier: str | None

    @property
    def type_code(self) -> str:
        """Return the code of its kind in IATI's list."""
        return _TYPES[self.type]


class Payee(NamedTuple):
    """Who was paid: in words, as an institution of the directory, or both."""

    name: str
    """The words of the payment; without them the institution's name, or that it is not stated."""
    body: Body | None = None


class Bodies:
    """The institutions that were registered by a day, as known at a position."""

    def __init__(self, book: Book, dates: Dates) -> None:
        directory = fold(history(book.entries(DIRECTORY, dates.known), dates.as_of))
        self._bodies = {
            id: Body(id, known.name, known.country, known.type, known.identifier)
            for id, known in directory.institutions.items()
        }

    def __getitem__(self, id: str) -> Body:
        """Return the institution; by its short name alone if the row that registered it is left out."""
        return self._bodies.get(id) or Body(id, id, None, "other", None)

    def in_role(self, of: GrantOnDay, *roles: str) -> list[Body]:
        """Return the institutions that the grant names in these roles, in their order, each once."""
        ids = (named.institution for role in roles for named in of.grant.institutions if named.role == role)
        return [self[id] for id in dict.fromkeys(ids)]

    def payee(self, of: GrantOnDay, movement: Movement) -> Payee:
        """Return who was paid."""
        payment = of.grant.payments.get(movement.payment or "")
        if payment is None:
            return Payee("Not stated")
        body = None if payment.payee_institution is None else self[payment.payee_institution]
        return Payee(payment.payee or (body.name if body else "Not stated"), body)


def roles_in(event: Event) -> Iterator[tuple[str, str]]:
    """Yield the id of each institution that the event of a grant names, with its role."""
    for named in getattr(event, "institutions", None) or ():
        yield named.institution, named.role
    if isinstance(event, was.FundingRequested):
        yield from ((letter.institution, "signed") for letter in event.letters if letter.institution)
    if (payee := getattr(event, "payee_institution", None)) is not None:
        yield payee, "payee"
