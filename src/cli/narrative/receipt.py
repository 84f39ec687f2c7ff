"""The receipt of a command in words: its sentence, its day, and each balance before → after."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cli.narrative.state_fields import call_fields, changes, fund_fields, grant_fields
from cli.output.terminal_text import prose
from lifecycle.kernel.history import kind_of

if TYPE_CHECKING:
    from lifecycle.book.recording_effect import Effect


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
