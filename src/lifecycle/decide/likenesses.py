"""Whether a late entry or a correction makes two ids look alike, whatever the days of both."""

from lifecycle.fund.state import Fund
from lifecycle.grant.state import Grant
from lifecycle.kernel.likeness import none_too_like, not_too_like

_ITEMS = (("payment", "payments"), ("activity", "activities"), ("follow-up", "follow_ups"))
"""What has ids within a grant, and where its state holds them."""


def grant_ids_differ(before: Grant | None, after: Grant | None) -> None:
    """Refuse payments, activities or follow-ups of a grant that look alike now. Raises `TooLikeKnownId`."""
    if after is None:
        return
    for what, field in _ITEMS:
        known = {} if before is None else getattr(before, field)
        if (ids := getattr(after, field)).keys() != known.keys():
            none_too_like(known, ids, what)


def new_ids_differ(known: Grant | None, before: Grant | None, after: Grant | None) -> None:
    """Refuse an id that a late entry brings and that looks like a known one, of whatever day.

    ``known``: the grant as it stands; ``before``, ``after``: as it stood before the entry and after it.
    """
    if known is None or after is None:
        return
    for what, field in _ITEMS:
        old: dict[str, object] = {} if before is None else getattr(before, field)
        for id in getattr(after, field).keys() - old.keys():
            not_too_like(id, getattr(known, field), what)


def fund_ids_differ(before: Fund, after: Fund) -> None:
    """Refuse officers or partners that look alike now. Raises `TooLikeKnownId`."""
    none_too_like(before.officers, after.officers, "officer")
    none_too_like(before.partners, after.partners, "partner")
