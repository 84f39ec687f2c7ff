"""Whether a late entry or a correction makes two ids look alike, whatever the days of both."""

from lifecycle.fund import Fund
from lifecycle.grant import Grant
from lifecycle.likeness import none_too_like


def grant_ids_differ(before: Grant | None, after: Grant | None) -> None:
    """Refuse payments, activities or follow-ups of a grant that look alike now. Raises `TooLikeKnownId`."""
    if after is None:
        return
    for what, field in (("payment", "payments"), ("activity", "activities"), ("follow-up", "follow_ups")):
        known = {} if before is None else getattr(before, field)
        if (ids := getattr(after, field)).keys() != known.keys():
            none_too_like(known, ids, what)


def fund_ids_differ(before: Fund, after: Fund) -> None:
    """Refuse officers or partners that look alike now. Raises `TooLikeKnownId`."""
    none_too_like(before.officers, after.officers, "officer")
    none_too_like(before.partners, after.partners, "partner")
