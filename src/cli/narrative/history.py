"""The history of a stream, one paragraph an entry: what happened, what it changed, when it was recorded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from cli.narrative.call_sentences import CALL_SENTENCES
from cli.narrative.directory_sentences import DIRECTORY_SENTENCES
from cli.narrative.fund_sentences import FUND_SENTENCES
from cli.narrative.grant_sentences import GRANT_SENTENCES
from cli.narrative.phrases import Sentences, because
from cli.narrative.state_fields import changes, grant_fields, key
from cli.output.terminal_text import (
    in_units,
    moment,
    plain,
    prose,
    readable,
)
from lifecycle.book.storage.officer_names import OfficerName, shown
from lifecycle.call.call import CallOpened, GrantSelected, SelectionReleased
from lifecycle.fund import evolve as fund_state
from lifecycle.fund.seat import day_at
from lifecycle.fund.state import Fund
from lifecycle.grant import evolve as grant_state
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import EntryCorrected, Event, LeftOut
from lifecycle.kernel.history import (
    UNREADABLE_MOMENT,
    Entry,
    corrected_event,
    in_force,
    kind_of,
    lawful,
    void_corrections,
)
from lifecycle.types.dated_amount import DatedSums
from lifecycle.types.stage import ZERO
from projections.audit.lateness import Lateness

Change = tuple[str, Any, Any]
"""A field, its value before, and its value after."""

_STATED_IN_SENTENCE = frozenset(
    (
        *("proposed on", "requested on", "approved on", "signed on", "effective on", "completed on"),
        *("closed on", "ended on", "closures", "reviewed by", "documents", "objective", "budget", "letters"),
    )
)
"""Fields whose change is clear from the sentence itself."""


@dataclass
class Paragraph:
    """One entry of a history, with what it changed, and what later entries say about it."""

    entry: Entry
    sentence: str
    changes: list[Change] = field(default_factory=list)
    out_of_order: bool = False
    """The entry was recorded after an entry of a later day."""
    late_days: int = 0
    """Days from the day on which it took effect to the day, at the fund's seat, on which it was recorded."""
    late: bool = False
    """The entry was recorded more days after its own day than the edition allows."""
    corrections: list[tuple[Entry, list[Change]]] = field(default_factory=list)
    """Corrections of this entry that were not struck, with what each changed."""
    struck_by: Entry | None = None
    without_effect: bool = False
    """The entry is a correction, and was struck."""
    left_out: str | None = None
    """``quarantined`` or ``stopped`` if the row is left out of every fold."""


def paragraphs_of(
    stream: str, entries: Sequence[Entry], fund: Fund, on: date | None = None
) -> list[Paragraph]:
    """Return the stream's history in order of day, then version, up to the day ``on``.

    The fund's seat and editions decide which entries were recorded late.
    """
    stream_kind = kind_of(stream)
    sentences = _SENTENCES[stream_kind]
    left_out = [entry for entry in entries if isinstance(entry.event, LeftOut)]
    entries = lawful(entries)
    held = {entry.originator_version: entry for entry in in_force(entries)}
    out_of_order = _out_of_order(entries)
    lateness = Lateness(held.values(), fund)
    corrections, struck_by, void = _corrections(entries)
    changes_by = dict(_CHANGES[stream_kind](sorted(held.values(), key=lambda entry: entry.order)))
    paragraphs = []
    for recorded in entries:
        version = recorded.originator_version
        entry = held.get(version, recorded)
        paragraph = Paragraph(
            entry, _sentence(entry.event, sentences), changes_by.get(version, []), version in out_of_order
        )
        recorded_on = day_at(entry.recorded_at, fund.time_zone)
        paragraph.late_days = max(0, (recorded_on - entry.on).days)
        # What was brought in as history was recorded elsewhere in its time.
        paragraph.late = not entry.is_history and recorded_on > lateness.in_time_until(entry)
        paragraph.corrections = corrections.get(version, [])
        paragraph.struck_by = struck_by.get(version)
        paragraph.without_effect = version in void
        paragraphs.append(paragraph)
    _describe_corrections(paragraphs, corrections)
    if stream_kind == "grant":
        _add_effects_of_corrections(paragraphs, entries)
    paragraphs += [_left_out_row(entry) for entry in left_out]
    paragraphs.sort(key=lambda paragraph: paragraph.entry.order)
    return paragraphs if on is None else [paragraph for paragraph in paragraphs if paragraph.entry.on <= on]


def _left_out_row(entry: Entry) -> Paragraph:
    """Return the paragraph of a row that is left out of every fold, so that a reader learns of it."""
    assert isinstance(entry.event, LeftOut)
    sentence = f"a row {prose(entry.event.topic)} is there, which counts in nothing: {prose(entry.event.why)}"
    return Paragraph(entry, sentence, left_out="quarantined" if entry.event.quarantined else "stopped")


def _sentence(event: Event, sentences: Sentences) -> str:
    return f"{prose(event.actor)} {sentences[type(event)](event)}"


def _out_of_order(entries: Sequence[Entry]) -> set[int]:
    """Return the versions of entries that were recorded after an entry of a later day."""
    versions, latest_day = set(), date.min
    for entry in entries:
        if entry.on < latest_day:
            versions.add(entry.originator_version)
        latest_day = max(latest_day, entry.on)
    return versions


def _corrections(
    entries: Sequence[Entry],
) -> tuple[dict[int, list[tuple[Entry, list[Change]]]], dict[int, Entry], set[int]]:
    """Return what corrections did to each entry, by version.

    First the corrections that were not struck, with what each changed; then the corrections that struck
    an entry; then the versions of the corrections that were struck themselves.
    """
    corrections = [entry for entry in entries if isinstance(entry.event, EntryCorrected)]
    void = void_corrections(corrections)
    events = {entry.originator_version: entry.event for entry in entries}
    in_effect: dict[int, list[tuple[Entry, list[Change]]]] = {}
    struck_by: dict[int, Entry] = {}
    for correction in corrections:
        event = correction.event
        assert isinstance(event, EntryCorrected)
        if correction.originator_version in void:
            continue
        if event.struck:
            struck_by[event.entry] = correction
        elif event.reads is not None:
            before = events[event.entry]
            events[event.entry] = after = corrected_event(before, event.reads)
            changed = [(name, getattr(before, name), getattr(after, name)) for name in event.reads]
            in_effect.setdefault(event.entry, []).append((correction, changed))
    return in_effect, struck_by, void


def _describe_corrections(
    paragraphs: list[Paragraph], corrections: dict[int, list[tuple[Entry, list[Change]]]]
) -> None:
    """Write before and after into the sentence of each correction, which has only the new values."""
    changed_by = {
        entry.originator_version: changed for pairs in corrections.values() for entry, changed in pairs
    }
    for paragraph in paragraphs:
        event = paragraph.entry.event
        changed = changed_by.get(paragraph.entry.originator_version)
        if isinstance(event, EntryCorrected) and changed is not None:
            detail = f"{arrows(changed)}{because(event.reason)}"
            paragraph.sentence = f"{prose(event.actor)} corrected entry {event.entry}: {detail}"


def _add_effects_of_corrections(paragraphs: list[Paragraph], entries: Sequence[Entry]) -> None:
    """Give each correction the changes that it made to the grant when it was recorded."""
    for paragraph in paragraphs:
        if isinstance(paragraph.entry.event, EntryCorrected):
            version = paragraph.entry.originator_version
            before, after = (
                grant_state.fold(in_force([entry for entry in entries if entry.originator_version <= last]))
                for last in (version - 1, version)
            )
            paragraph.changes = _grant_changes(before, after)


def _grant_changes(before: Grant | None, after: Grant | None) -> list[Change]:
    return changes(grant_fields(before, compared_with=after), grant_fields(after, compared_with=before))


def _changes_of_grant(held: Sequence[Entry]) -> Iterator[tuple[int, list[Change]]]:
    before: Grant | None = None
    for entry in held:
        after = grant_state.evolve(before, entry.event, entry.originator_id.removeprefix("grant:"))
        proposed: list[Change] = [("stage", None, str(after.stage))]
        yield entry.originator_version, _grant_changes(before, after) if before else proposed
        before = after


def _changes_of_fund(held: Sequence[Entry]) -> Iterator[tuple[int, list[Change]]]:
    """Yield each entry's version with its changes.

    The available amount is added up here, because computing it from the state at every entry takes too long.
    """
    state, available = Fund(), ZERO
    later: dict[date, Decimal] = {}  # what is available again after the last day of a set-aside
    for entry in held:
        event = entry.event
        after = fund_state.evolve(replace(state, available=DatedSums()), event)
        for day, change in after.available.minus(DatedSums()).items():
            later[day] = later.get(day, ZERO) + change
        flow = sum((later.pop(day) for day in sorted(later) if day <= event.on), ZERO)
        available_now = in_units(available + flow, after.currency)
        changed: list[Change] = [("available", available, available_now)] if flow else []
        officer = getattr(event, "officer", None)
        if officer is not None:
            before, now = (tuple(sorted(part.roles_on(officer, event.on))) for part in (state, after))
            changed.append((f"officer {officer}", before, now))
        yield entry.originator_version, changed
        state, available = after, available_now


def _changes_of_call(held: Sequence[Entry]) -> Iterator[tuple[int, list[Change]]]:
    """Yield each entry's version with its change of what is left of the envelope."""
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


def _changes_of_directory(held: Sequence[Entry]) -> Iterator[tuple[int, list[Change]]]:
    """Yield each entry's version without changes: its sentence says all."""
    for entry in held:
        yield entry.originator_version, []


_SENTENCES: dict[str, Sentences] = {
    "grant": GRANT_SENTENCES,
    "fund": FUND_SENTENCES,
    "call": CALL_SENTENCES,
    "directory": DIRECTORY_SENTENCES,
}
_CHANGES: dict[str, Callable[[Sequence[Entry]], Iterator[tuple[int, list[Change]]]]] = {
    "grant": _changes_of_grant,
    "fund": _changes_of_fund,
    "call": _changes_of_call,
    "directory": _changes_of_directory,
}


# ── in words, and for programs ───────────────────────────────────────────────────────────────


def arrows(changed: Sequence[Change], currency: str = "") -> str:
    """Return "name before → after" for each change. Two amounts name their currency once."""
    return "; ".join(_arrow(name, before, after, currency) for name, before, after in changed)


def _arrow(name: str, before: Any, after: Any, currency: str) -> str:
    if isinstance(before, Decimal) and isinstance(after, Decimal):
        return f"{prose(name)} {readable(before)} → {readable(after, currency)}"
    label = prose(name.replace("_", " "))
    return f"{label} {readable(before, currency)} → {readable(after, currency)}"


def sentence_of(event: Event, stream_kind: str) -> str:
    """Return the sentence of an event of a stream of this kind."""
    if stream_kind not in _SENTENCES:
        return f"{prose(event.actor)}: {type(event).__name__}"
    return _sentence(event, _SENTENCES[stream_kind])


def named_sentence(paragraph: Paragraph, names: Mapping[str, OfficerName]) -> str:
    """Return the sentence with its full stop, the actor's name, and the recorder if it is another officer."""
    entry = paragraph.entry
    end = "" if paragraph.sentence.endswith((".", ".”", "?", "!")) else "."
    if paragraph.left_out is not None:
        return f"{paragraph.sentence}{end}"
    actor = entry.event.actor
    entered_by = f" (entered by {prose(shown(entry.recorder, names))})" if entry.recorder != actor else ""
    sentence = prose(shown(actor, names)) + paragraph.sentence.removeprefix(prose(actor))
    return f"{sentence}{end}{entered_by}"


def stated_in_sentence(change: Change) -> bool:
    """Return whether the change is clear from the sentence itself."""
    return change[0] in _STATED_IN_SENTENCE


def unstated_changes(paragraph: Paragraph) -> list[Change]:
    """Return the changes that the sentence does not state."""
    return [change for change in paragraph.changes if not stated_in_sentence(change)]


def marks(paragraph: Paragraph) -> list[str]:
    """Return lines for an auditor: when the entry was recorded, and if it was late, corrected or struck."""
    entry = paragraph.entry
    if entry.recorded_at == UNREADABLE_MOMENT:
        recorded = "when it was recorded cannot be read"
    else:
        recorded = f"recorded {moment(entry.recorded_at)}"
    if paragraph.late:
        recorded += f": late, {paragraph.late_days:,} days after its day"
    if paragraph.out_of_order:
        recorded += f"{'; ' if paragraph.late else ': '}out of order, after an entry of a later day"
    lines = [recorded]
    if (origin := entry.imported_from) is not None:
        judged = "by arithmetic alone" if entry.is_history else "by all rules"
        lines.append(f"imported from {prose(origin.source)}, {prose(origin.reference)}: judged {judged}")
        lines.append(f"an act of {prose(entry.event.actor)}, imported by {prose(entry.recorder)}")
    if (strike := paragraph.struck_by) is not None:
        lines.append(f"struck by {_numbered(strike)}{because(_reason(strike))}: it has no effect")
    for correction, changed in paragraph.corrections:
        lines.append(f"corrected by {_numbered(correction)}: {arrows(changed)}{because(_reason(correction))}")
    if paragraph.without_effect:
        lines.append("this correction was struck: it has no effect")
    return lines


def _numbered(entry: Entry) -> str:
    return f"entry {entry.originator_version}, {entry.on}"


def _reason(entry: Entry) -> str | None:
    reason: str | None = getattr(entry.event, "reason", None)
    return reason


def paragraph_json(paragraph: Paragraph) -> dict[str, Any]:
    """Return a paragraph for JSON."""
    entry = paragraph.entry
    strike = paragraph.struck_by
    return {
        "entry": entry.name,
        "version": entry.originator_version,
        "on": None if paragraph.left_out == "stopped" else entry.on.isoformat(),
        "event": type(entry.event).__name__,
        "actor": entry.event.actor,
        "recorder": entry.recorder,
        "recorded_at": None if entry.recorded_at == UNREADABLE_MOMENT else moment(entry.recorded_at),
        "position": entry.position,
        "command_id": entry.command_id,
        "note": entry.note,
        "imported_from": None if entry.imported_from is None else entry.imported_from.model_dump(),
        "sentence": paragraph.sentence,
        "changes": [_change(change) for change in paragraph.changes],
        "late": paragraph.late,
        "late_days": paragraph.late_days,
        "out_of_order": paragraph.out_of_order,
        "corrected_by": [
            {
                "entry": correction.originator_version,
                "reason": _reason(correction),
                "changes": [_change(change) for change in changed],
            }
            for correction, changed in paragraph.corrections
        ],
        "struck_by": None
        if strike is None
        else {"entry": strike.originator_version, "reason": _reason(strike)},
        "without_effect": paragraph.without_effect or strike is not None or paragraph.left_out is not None,
        "left_out": paragraph.left_out,
    }


def _change(change: Change) -> dict[str, Any]:
    name, before, after = change
    return {"field": key(name), "before": plain(before), "after": plain(after)}
