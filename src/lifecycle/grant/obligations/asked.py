"""What an edition asks of a grant, and what a grant on its way to effectiveness waits for (domain §6)."""

from datetime import date

from lifecycle.grant.state import Grant
from lifecycle.policy.edition import Edition

_ALWAYS = frozenset(("activity", "follow_up", "disbursement_deadline"))


def asks_for(edition: Edition | None, obligation: str, window: str) -> bool:
    """Whether the edition asks a grant of the window for the obligation; `True` if no edition is known."""
    if edition is None or obligation in _ALWAYS:
        return True
    if obligation == "implementation":
        rules = edition.windows.get(window)
        return rules is not None and rules.max_months is not None
    if obligation == "signature" and not edition.agreement_required:
        return False
    return obligation in edition.obligations


def on_the_way(grant: Grant, edition: Edition) -> tuple[str, date | None]:
    """What an approved grant that is not effective waits for, signature or effectiveness, and when it is due.

    The date is `None` if the edition has no span for it.
    """
    assert grant.approved_on is not None
    if edition.agreement_required and grant.signed_on is None:
        name, base = "signature", grant.approved_on
    else:
        signed_on = grant.signed_on if edition.agreement_required else None
        name, base = "effectiveness", signed_on or grant.approved_on
    span = {str(key): value for key, value in edition.obligations.items()}.get(name)
    return name, None if span is None else span.after(base)
