"""The receipt of a command in words: its sentence, its day, and each balance before → after."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cli.narrative.state_fields import call_fields, changes, fund_fields, grant_fields
from cli.output.terminal_text import in_units, prose
from lifecycle.kernel.history import kind_of
from lifecycle.types.stage import ZERO

if TYPE_CHECKING:
    from lifecycle.book.recording_effect import Effect
    from lifecycle.grant.state import Grant


def _lines_used(before: "Grant | None", after: "Grant | None") -> list[tuple[str, Any, Any]]:
    """Return what each budget line has left, before and after, if it changed after the approval."""
    if before is None or after is None or not before.lines or not after.lines:
        return []
    left = [
        (
            f"left of line {(after.lines.get(key) or before.lines[key]).name}",
            before.left_of_line(key) if key in before.lines else ZERO,
            after.left_of_line(key) if key in after.lines else ZERO,
        )
        for key in {**before.lines, **after.lines}
    ]
    return [
        (name, in_units(was, after.currency), in_units(now, after.currency))
        for name, was, now in left
        if was != now
    ]


def lines_of(effect: "Effect", without_day: str = "") -> Iterator[str]:
    """Yield the sentence of the recorded entry with its day, then what it changed.

    ``without_day``: why the entry has its day, if no day was given.
    """
    from cli.narrative.history import arrows, sentence_of, stated_in_sentence

    own = effect.entries[0]
    day = f"{own.on} ({without_day})" if without_day else str(own.on)
    yield f"{day}: {sentence_of(own.event, kind_of(own.originator_id))}"
    before, after = effect.before, effect.after
    currency = after.fund.currency
    changed = changes(
        grant_fields(before.grant, compared_with=after.grant),
        grant_fields(after.grant, compared_with=before.grant),
    )
    changed += _lines_used(before.grant, after.grant)
    if before.grant is None:
        changed = [change for change in changed if change[0] == "stage"]
    if changed := [change for change in changed if not stated_in_sentence(change)]:
        yield arrows(changed, after.grant.currency if after.grant is not None else currency)
    of_fund = changes(fund_fields(before.fund), fund_fields(after.fund))
    if of_fund := [change for change in of_fund if change[0] == "available" or change[0][:8] == "officer "]:
        yield f"{'' if of_fund[0][0] != 'available' else 'fund: '}{arrows(of_fund, currency)}"
    for name, call in after.calls.items():
        left = changes(call_fields(before.calls.get(name)), call_fields(call))
        if left := [change for change in left if change[0] == "left of the envelope" and change[1]]:
            yield f"call {prose(name)}: {arrows(left, currency)}"
