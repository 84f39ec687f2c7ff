"""Segregation of duties of corrections: whoever asked does not correct the decision on it (domain §4.4)."""

from collections.abc import Iterable, Sequence

from lifecycle.decide.decision import no_longer
from lifecycle.grant.rules import requesters
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.guards import by_another_officer
from lifecycle.kernel.history import Entry, void_corrections
from lifecycle.kernel.refusals import DecidesOwnRequest


def corrected_by_third(
    change: EntryCorrected,
    entries: Sequence[Entry],
    readings: Iterable[Entry],
    grant: Grant | None,
    rules: int,
) -> None:
    """Refuse a corrector who asked for what the entry decides. Raises `DecidesOwnRequest`.

    ``readings``: the entries as they read before and after, because to strike a correction changes an entry
    too. ``rules``: the number of the rule set to decide by.
    """
    version = change.entry
    for entry in reversed(entries):
        if entry.originator_version == version and isinstance(entry.event, EntryCorrected):
            version = entry.event.entry
    for reading in readings:
        if grant is not None and reading.originator_version == version:
            by_another_officer(
                change.actor, "correct it", *requesters(grant, reading.event, rules, change.on)
            )


def corrections_still_by_third(
    entries: Sequence[Entry], held: Sequence[Entry], before: Grant | None, after: Grant | None
) -> None:
    """Refuse a change after which an earlier corrector has asked for what they corrected.

    A corrector who had asked before the change is no reason to refuse it, and neither is the correction of an
    entry that is not in force. Raises `DecidesOwnRequest`.
    """
    corrections = [entry for entry in entries if type(entry.event) is EntryCorrected]
    void = void_corrections(corrections)
    for entry in corrections:
        if entry.originator_version in void:
            continue
        refusal = _refusal(entry, entries, held, after)
        if refusal is not None and _refusal(entry, entries, held, before) is None:
            raise no_longer(entry, refusal) from refusal


def _refusal(
    correction: Entry, entries: Sequence[Entry], held: Sequence[Entry], grant: Grant | None
) -> DecidesOwnRequest | None:
    """Return the refusal that the correction would get on this state of the grant, or `None`."""
    assert isinstance(correction.event, EntryCorrected)
    try:
        corrected_by_third(correction.event, entries, held, grant, correction.rules)
    except DecidesOwnRequest as refusal:
        return refusal
    return None
