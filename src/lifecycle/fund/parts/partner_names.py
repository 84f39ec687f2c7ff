"""No two partners have one name in full on a day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol

from lifecycle.kernel.likeness import group_key
from lifecycle.kernel.refusals import STAGE, Refusal


class _Partner(Protocol):
    """A partner with its names."""

    def spans_of_names(self) -> Iterable[tuple[date, date, str]]:
        """Return the first day of each name, the day on which it no longer holds, and the name."""


class _Named(Protocol):
    """An event that gives a partner a name in full."""

    on: date
    partner: str
    name: str


class PartnerNameTaken(Refusal, order=STAGE, rule="domain §2: names are equal whatever their case"):
    """Another partner has this name in full on the day or a later one."""


def name_is_free(partners: Mapping[str, _Partner], event: _Named) -> None:
    """Refuse a name that another partner has while this one would have it. Raises `PartnerNameTaken`.

    A partner that left has no name any more: it may have come back under another short name.
    """
    own = partners.get(event.partner)
    later = [since for since, _, _ in own.spans_of_names() if since > event.on] if own is not None else []
    until = min(later, default=date.max)
    names = [
        (id, since, name)
        for id, other in partners.items()
        for since, end, name in other.spans_of_names()
        if id != event.partner and since < until and event.on < end
    ]
    for id, since, name in names:
        if group_key(name) == group_key(event.name.strip()):
            raise PartnerNameTaken(
                f"{id} is {name} from {since} on: name that partner, or write how the two differ"
            )
