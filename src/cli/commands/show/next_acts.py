"""What may come next in a grant, and whose act it is, in words and for programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.output.terminal_text import pairs, prose, safe
from cli.shell.settings import settings

if TYPE_CHECKING:
    from datetime import date

    from lifecycle.fund.state import Fund
    from lifecycle.grant.obligations.next_acts import NextAct
    from lifecycle.grant.state import Grant


def acts_from_views(place: Path | str, grant: "Grant", payment: str | None = None) -> "list[NextAct]":
    """Return the grant's next acts, or those of one payment, from the views. Imports no library."""
    from lifecycle.grant.obligations.next_acts import next_acts
    from projections.engine.standing import authority

    read = authority(place, grant)
    if read is None:
        return acts_from_book(grant, payment)
    terms, roles = read
    return _of(payment, list(next_acts(grant, terms, roles)))


def acts_from_book(grant: "Grant", payment: str | None = None) -> "list[NextAct]":
    """Return the grant's next acts, or those of one payment, from the fund's state in the journal."""
    with settings().open_to_read() as book:
        return acts_on(grant, book.fund(), book.today(), payment)


def acts_on(grant: "Grant", fund: "Fund", day: "date", payment: str | None = None) -> "list[NextAct]":
    """Return the grant's next acts, or those of one payment, with the officers of the day."""
    from lifecycle.grant.obligations.next_acts import next_acts, terms_of

    roles = {officer: fund.roles_on(officer, day) for officer in fund.officers}
    return _of(payment, list(next_acts(grant, terms_of(grant, fund, day), roles)))


def _of(payment: str | None, acts: "list[NextAct]") -> "list[NextAct]":
    return [
        act for act in acts if payment is None or (act.item == payment and act.words.startswith("payment"))
    ]


def next_in_words(acts: "list[NextAct]") -> str:
    """Return the acts one a line: the command, the role, who may act, and who may not and why."""
    if not acts:
        return "Nothing waits."
    lines = [(f"{act.words} {safe(act.item)}" if act.item else act.words, _who(act)) for act in acts]
    return "May come next:\n" + pairs(lines)


def _who(act: "NextAct") -> str:
    names = ", ".join(map(prose, act.officers)) or "nobody yet: an administrator appoints an officer"
    barred = "".join(f"; not {prose(officer)}, who {prose(reason)}" for officer, reason in act.excluded)
    return f"{act.role}: {names}{barred}"


def next_json(act: "NextAct") -> dict[str, Any]:
    """Return an act for JSON."""
    return {
        "command": act.words,
        "item": act.item,
        "role": act.role,
        "officers": list(act.officers),
        "excluded": [{"officer": officer, "because": reason} for officer, reason in act.excluded],
    }
