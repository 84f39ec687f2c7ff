"""Judging again the acts that quarantine a row or a refusal."""

from lifecycle.decide.decision import Decision
from lifecycle.decide.quarantine import decide_on_refusal, decide_on_row
from lifecycle.decide.quarantined_rows import AnswerFound, QuarantineAnswer, QuarantineRow, RowFound
from lifecycle.fund.quarantine import AnswerQuarantined, RowQuarantined
from lifecycle.fund.state import Fund
from lifecycle.journal.command_digest import digest_of
from lifecycle.kernel.history import Entry
from lifecycle.kernel.refusals import Refusal
from lifecycle.rejudge.entry import Lawless, last_day_at
from lifecycle.rejudge.rebuilt_command import OTHER_DIGEST


def quarantined_again(
    own: Entry, event: RowQuarantined, digest: bytes | None, fund: Fund, *, are_wrong: bool
) -> Decision:
    """Return the decision on an act that quarantines rows. Raises `Lawless`.

    ``are_wrong``: whether the rows are known to be unlawful.
    """
    fields = {"on": event.on, "actor": event.actor, "position": event.position, "reason": event.reason}
    command = QuarantineRow.read(fields if own.note is None else {**fields, "note": own.note})
    _check_digest(command, digest)
    if not are_wrong:
        raise Lawless(f"nothing is wrong with position {event.position}, which it sets aside")
    row = RowFound("the row", event.fault, (event.position, *event.also))
    try:
        return decide_on_row(fund, command, own.recorder, last_day_at(own.recorded_at, fund), row)
    except Refusal as refusal:
        raise Lawless(f"{refusal.name}: {refusal}") from refusal


def refusal_quarantined_again(
    own: Entry, event: AnswerQuarantined, digest: bytes | None, fund: Fund, *, is_wrong: bool
) -> Decision:
    """Return the decision on an act that quarantines a refusal. Raises `Lawless`.

    ``is_wrong``: whether the refusal is known to be unlawful.
    """
    fields = {"on": event.on, "actor": event.actor, "answered": event.answered, "reason": event.reason}
    command = QuarantineAnswer.read(fields if own.note is None else {**fields, "note": own.note})
    _check_digest(command, digest)
    if not is_wrong:
        raise Lawless(f"nothing is wrong with answer {event.answer}, which it sets aside")
    answer = AnswerFound(event.answer, event.fault)
    today = last_day_at(own.recorded_at, fund)
    try:
        return decide_on_refusal(fund, command, own.recorder, today, answer)
    except Refusal as refusal:
        raise Lawless(f"{refusal.name}: {refusal}") from refusal


def _check_digest(command: QuarantineRow | QuarantineAnswer, digest: bytes | None) -> None:
    if digest != digest_of(command):
        raise Lawless(OTHER_DIGEST)
