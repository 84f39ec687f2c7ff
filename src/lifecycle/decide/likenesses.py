"""Checks that a late entry or a correction makes no two ids look alike, on whatever days they are used."""

from lifecycle.fund.state import Fund
from lifecycle.grant.state import Grant
from lifecycle.kernel.likeness import none_too_like, not_too_like

_ITEMS = (
    ("payment", "payments"),
    ("activity", "activities"),
    ("follow-up", "follow_ups"),
    ("indicator", "indicators"),
)
"""The items of a grant that have ids, and the fields of its state that have them."""


def grant_ids_differ(before: Grant | None, after: Grant | None) -> None:
    """Refuse a change after which two ids of a grant look alike. Raises `TooLikeKnownId`.

    The rules of the items refuse most of these changes. They do not look at entries of rule set 1, which were
    recorded before there was a rule about ids.
    """
    if after is None:
        return
    for item, field in _ITEMS:
        known = {} if before is None else getattr(before, field)
        if (ids := getattr(after, field)).keys() != known.keys():
            none_too_like(known, ids, item)


def new_ids_differ(latest: Grant | None, before: Grant | None, after: Grant | None) -> None:
    """Refuse an id in a late entry that looks like any id of the grant. Raises `TooLikeKnownId`.

    ``latest``: the grant after all entries; ``before``, ``after``: the grant before and after the late entry.
    """
    if latest is None or after is None:
        return
    for item, field in _ITEMS:
        old: dict[str, object] = {} if before is None else getattr(before, field)
        for id in getattr(after, field).keys() - old.keys():
            not_too_like(id, getattr(latest, field), item)


def fund_ids_differ(before: Fund, after: Fund) -> None:
    """Refuse a change after which two ids of officers or partners look alike. Raises `TooLikeKnownId`."""
    none_too_like(before.officers, after.officers, "officer")
    none_too_like(before.partners, after.partners, "partner")
