"""A life told entry by entry: what happened, what it changed, when it was recorded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from cli.narrative import changes as fields_of
from cli.narrative.call_sentences import CALL as CALL_WORDS
from cli.narrative.fund_sentences import FUND as FUND_WORDS
from cli.narrative.grant_sentences import GRANT as GRANT_WORDS
from cli.narrative.phrases import because
from cli.output.terminal_text import (
    in_units,
    moment,
    plain,
    prose,
    readable,
)
from lifecycle.call.call import CallOpened, GrantSelected, SelectionReleased
from lifecycle.fund import evolve as fund_state
from lifecycle.fund.seat import day_at
from lifecycle.fund.state import Fund
from lifecycle.grant import evolve as grant_state
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import EntryCorrected, Event, LeftOut
from lifecycle.kernel.history import (
    Entry,
    in_force,
    kind_of,
    lawful,
    reads,
    void_corrections,
)
from lifecycle.types.dated_amount import DatedSums
from lifecycle.types.stage import ZERO
from projections.audit.lateness import Lateness

Change = tuple[str, Any, Any]
"""A field, what it was, what it is."""

_ALREADY_TOLD = frozenset(
    (
        *("proposed on", "requested on", "approved on", "signed on", "effective on", "completed on"),
        *("closed on", "ended on", "closures", "reviewed by", "documents", "objective", "budget", "letters"),
    )
)
"""Fields whose change the sentence itself tells."""


@dataclass
class Paragraph:
    """One entry of a history, with what it changed and what became of it."""

    entry: Entry
    sentence: str
    changes: list[Change] = field(default_factory=list)
    out_of_order: bool = False
    """Recorded after an entry of a later day."""
    late_days: int = 0
    """Days from the day on which it took effect to the day, at the fund's seat, on which it was recorded."""
    late: bool = False
    """Recorded later than the edition's days for it."""
    corrections: list[tuple[Entry, list[Change]]] = field(default_factory=list)
    """Corrections of this entry that hold, with what each changed."""
    struck_by: Entry | None = None
    without_effect: bool = False
    """A correction that was struck itself."""
    left_out: str | None = None
    """``quarantined`` or ``stopped``, of a row that counts in no fold."""


def tell(stream: str, entries: Sequence[Entry], fund: Fund, on: date | None = None) -> list[Paragraph]:
    """Return the history in the one order, of the entries known; those after the day ``on`` left out.

    ``fund``: whose seat and editions say which entries were recorded late.
    """
    about = kind_of(stream)
    words = _WORDS[about]
    left_out = [entry for entry in entries if isinstance(entry.event, LeftOut)]
    entries = lawful(entries)
    held = {entry.originator_version: entry for entry in in_force(entries)}
    behind = _out_of_order(entries)
    lateness = Lateness(held.values(), fund)
    corrections, struck, void = _corrections(entries)
    changed = dict(_STEPS[about](sorted(held.values(), key=lambda entry: entry.order)))
    paragraphs = []
    for raw in entries:
        version = raw.originator_version
        entry = held.get(version, raw)
        paragraph = Paragraph(
            entry, sentence(entry.event, words), changed.get(version, []), version in behind
        )
        recorded_on = day_at(entry.recorded_at, fund.time_zone)
        paragraph.late_days = max(0, (recorded_on - entry.on).days)
        paragraph.late = recorded_on > lateness.in_time_until(entry)
        paragraph.corrections = corrections.get(version, [])
        paragraph.struck_by = struck.get(version)
        paragraph.without_effect = version in void
        paragraphs.append(paragraph)
    _tell_corrections(paragraphs, corrections)
    if about == "grant":
        _add_effects(paragraphs, entries)
    paragraphs += [_left_out(entry) for entry in left_out]
    paragraphs.sort(key=lambda paragraph: paragraph.entry.order)
    return paragraphs if on is None else [paragraph for paragraph in paragraphs if paragraph.entry.on <= on]


def _left_out(entry: Entry) -> Paragraph:
    """A row that counts in no fold: that it is there is a part of the story."""
    assert isinstance(entry.event, LeftOut)
    row = f"a row {prose(entry.event.topic)} is there, which counts in nothing: {prose(entry.event.why)}"
    return Paragraph(entry, row, left_out="quarantined" if entry.event.quarantined else "stopped")


def sentence(event: Event, words: Any) -> str:
    """Return who did what."""
    return f"{prose(event.actor)} {words[type(event)](event)}"


def _out_of_order(entries: Sequence[Entry]) -> set[int]:
    """Return the versions of the entries recorded for a day before that of an entry recorded earlier."""
    versions, newest = set(), date.min
    for entry in entries:
        if entry.on < newest:
            versions.add(entry.originator_version)
        newest = max(newest, entry.on)
    return versions


def _corrections(
    entries: Sequence[Entry],
) -> tuple[dict[int, list[tuple[Entry, list[Change]]]], dict[int, Entry], set[int]]:
    """By entry: the corrections that hold, with before and after; what struck it; and what has no effect."""
    made = [entry for entry in entries if isinstance(entry.event, EntryCorrected)]
    void = void_corrections(made)
    now = {entry.originator_version: entry.event for entry in entries}
    holding: dict[int, list[tuple[Entry, list[Change]]]] = {}
    struck: dict[int, Entry] = {}
    for correction in made:
        change = correction.event
        assert isinstance(change, EntryCorrected)
        if correction.originator_version in void:
            continue
        if change.struck:
            struck[change.entry] = correction
        elif change.reads is not None:
            before = now[change.entry]
            now[change.entry] = after = reads(before, change.reads)
            differs = [(name, getattr(before, name), getattr(after, name)) for name in change.reads]
            holding.setdefault(change.entry, []).append((correction, differs))
    return holding, struck, void


def _tell_corrections(
    paragraphs: list[Paragraph], corrections: dict[int, list[tuple[Entry, list[Change]]]]
) -> None:
    """A correction's own paragraph says what it changed, rather than only what it reads."""
    own = {entry.originator_version: differs for made in corrections.values() for entry, differs in made}
    for paragraph in paragraphs:
        event = paragraph.entry.event
        differs = own.get(paragraph.entry.originator_version)
        if isinstance(event, EntryCorrected) and differs is not None:
            what = f"{arrows(differs)}{because(event.reason)}"
            paragraph.sentence = f"{prose(event.actor)} corrected entry {event.entry}: {what}"


def _add_effects(paragraphs: list[Paragraph], entries: Sequence[Entry]) -> None:
    """What each correction changed in the whole life, when it was recorded."""
    for paragraph in paragraphs:
        if isinstance(paragraph.entry.event, EntryCorrected):
            version = paragraph.entry.originator_version
            before, after = (
                grant_state.fold(in_force([entry for entry in entries if entry.originator_version <= last]))
                for last in (version - 1, version)
            )
            paragraph.changes = fields_of.changes(
                fields_of.of_grant(before, beside=after), fields_of.of_grant(after, beside=before)
            )


def _grant_steps(held: Sequence[Entry]) -> Iterator[tuple[int, list[Change]]]:
    before: Grant | None = None
    for entry in held:
        if before is None:
            before = grant_state.begin(entry)
            yield entry.originator_version, [("stage", None, str(before.stage))]
            continue
        after = grant_state.evolve(before, entry.event)
        yield (
            entry.originator_version,
            fields_of.changes(
                fields_of.of_grant(before, beside=after), fields_of.of_grant(after, beside=before)
            ),
        )
        before = after


def _fund_steps(held: Sequence[Entry]) -> Iterator[tuple[int, list[Change]]]:
    """What is available is added up here: asking the state for it at every step takes too long."""
    state, available = Fund(), ZERO
    for entry in held:
        event = entry.event
        after = fund_state.evolve(replace(state, available=DatedSums()), event)
        flow = after.available.at(date.max)
        now = in_units(available + flow, after.currency)
        changed: list[Change] = [("available", available, now)] if flow else []
        officer = getattr(event, "officer", None)
        if officer is not None:
            before, given = (tuple(sorted(part.roles_on(officer, event.on))) for part in (state, after))
            changed.append((f"officer {officer}", before, given))
        yield entry.originator_version, changed
        state, available = after, now


def _call_steps(held: Sequence[Entry]) -> Iterator[tuple[int, list[Change]]]:
    """Give after each entry what is left of the envelope."""
    left: Decimal | None = None
    for entry in held:
        event = entry.event
        now = left
        if isinstance(event, CallOpened):
            now = event.envelope.amount
        elif isinstance(event, GrantSelected | SelectionReleased):
            taken = event.amount.amount if isinstance(event, GrantSelected) else -event.amount.amount
            assert left is not None, "a call is opened first"
            now = left - taken
        yield entry.originator_version, [] if now == left else [("left of the envelope", left, now)]
        left = now


_WORDS = {"grant": GRANT_WORDS, "fund": FUND_WORDS, "call": CALL_WORDS}
_STEPS: dict[str, Callable[[Sequence[Entry]], Iterator[tuple[int, list[Change]]]]] = {
    "grant": _grant_steps,
    "fund": _fund_steps,
    "call": _call_steps,
}


# ── in words, and for programs ───────────────────────────────────────────────────────────────


def arrows(changes: Sequence[Change], currency: str = "") -> str:
    """Before → after, for each field. Amounts of the same currency name it once."""
    return "; ".join(_arrow(name, before, after, currency) for name, before, after in changes)


def _arrow(name: str, before: Any, after: Any, currency: str) -> str:
    if isinstance(before, Decimal) and isinstance(after, Decimal):
        return f"{prose(name)} {readable(before)} → {readable(after, currency)}"
    label = prose(name.replace("_", " "))
    return f"{label} {readable(before, currency)} → {readable(after, currency)}"


def telling_changes(paragraph: Paragraph) -> list[Change]:
    """Return the changes that the sentence does not name itself."""
    return [change for change in paragraph.changes if change[0] not in _ALREADY_TOLD]


def marks(paragraph: Paragraph) -> list[str]:
    """What an auditor is to see: when it was recorded, late, out of order, corrected, struck."""
    entry = paragraph.entry
    recorded = f"recorded {moment(entry.recorded_at)}"
    if paragraph.late:
        recorded += f": late, {paragraph.late_days:,} days after its day"
    if paragraph.out_of_order:
        recorded += f"{'; ' if paragraph.late else ': '}out of order, after an entry of a later day"
    lines = [recorded]
    if paragraph.struck_by is not None:
        by = paragraph.struck_by
        lines.append(
            f"struck by entry {by.originator_version}, {by.on}{because(_reason(by))}: it has no effect"
        )
    for by, differs in paragraph.corrections:
        lines.append(
            f"corrected by entry {by.originator_version}, {by.on}: {arrows(differs)}{because(_reason(by))}"
        )
    if paragraph.without_effect:
        lines.append("this correction was struck: it has no effect")
    return lines


def _reason(entry: Entry) -> str | None:
    reason: str | None = getattr(entry.event, "reason", None)
    return reason


def as_json(paragraph: Paragraph) -> dict[str, Any]:
    """Return a paragraph as programs read it."""
    entry = paragraph.entry
    by = paragraph.struck_by
    return {
        "entry": entry.name,
        "version": entry.originator_version,
        "on": None if paragraph.left_out == "stopped" else entry.on.isoformat(),
        "event": type(entry.event).__name__,
        "actor": entry.event.actor,
        "recorder": entry.recorder,
        "recorded_at": moment(entry.recorded_at),
        "position": entry.position,
        "command_id": entry.command_id,
        "note": entry.note,
        "sentence": paragraph.sentence,
        "changes": [_change(change) for change in paragraph.changes],
        "late": paragraph.late,
        "late_days": paragraph.late_days,
        "out_of_order": paragraph.out_of_order,
        "corrected_by": [
            {
                "entry": correction.originator_version,
                "reason": _reason(correction),
                "changes": [_change(part) for part in differs],
            }
            for correction, differs in paragraph.corrections
        ],
        "struck_by": None if by is None else {"entry": by.originator_version, "reason": _reason(by)},
        "without_effect": paragraph.without_effect or by is not None or paragraph.left_out is not None,
        "left_out": paragraph.left_out,
    }


def _change(change: Change) -> dict[str, Any]:
    name, before, after = change
    return {"field": fields_of.key(name), "before": plain(before), "after": plain(after)}
