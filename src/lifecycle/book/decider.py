"""Decides commands on the loaded state, and reads from the journal what else the rules need."""

from datetime import date
from typing import Never

from pydantic import ValidationError

from lifecycle.book.loaded_state import LoadedState
from lifecycle.decide import (
    NEED_ENTRIES,
    Decision,
    calls_named,
    decide_call,
    decide_directory,
    decide_fund,
    decide_grant,
    decide_on_refusal,
    decide_on_row,
    grants_followed,
    grants_named,
    needs_directory,
    needs_entries,
    stream_of,
)
from lifecycle.decide.correction.correct_entry import (
    CorrectCallEntry,
    CorrectDirectoryEntry,
    CorrectEntry,
    CorrectFundEntry,
    faults_of_reading,
)
from lifecycle.decide.quarantined_rows import AnswerFound, QuarantineAnswer, QuarantineRow, RowFound
from lifecycle.journal.journal import Journal
from lifecycle.journal.stored_row import id_bytes
from lifecycle.kernel.command import CallCommand, Command, DirectoryCommand, FundCommand, GrantCommand
from lifecycle.kernel.history import FUND, kind_of, reading
from lifecycle.kernel.listed_codes import refuse
from lifecycle.parse import Hints, Malformed
from lifecycle.rejudge.recorded_since import RecordedSince
from lifecycle.rejudge.walk import judged_unsealed

_Correction = CorrectEntry | CorrectFundEntry | CorrectCallEntry | CorrectDirectoryEntry
_CORRECTIONS = (CorrectEntry, CorrectFundEntry, CorrectCallEntry, CorrectDirectoryEntry)


class NeedsLock(Exception):
    """The decision rests on other streams than its own, so it is made under the append lock."""


def _only_under_lock(*_: object, **__: object) -> Never:
    raise NeedsLock


class Decider:
    """Decides commands on one journal."""

    def __init__(self, journal: Journal, state: LoadedState) -> None:
        self._journal, self._state = journal, state

    def decide(self, command: Command, recorder: str, today: date, *, locked: bool) -> Decision:
        """Return the decision on a command. ``locked``: whether this process has the append lock.

        Raises `Refusal`, `NeedsLock`, or `Malformed` if a correction makes no event.
        """
        fund = self._state.fund
        try:
            if isinstance(command, _CORRECTIONS):
                self._check_lists(command)
            if isinstance(command, GrantCommand):
                known = self._state.grant(stream_of(command))
                if needs_entries(known, command):
                    known = self._state.grant_with_entries(stream_of(command))
                calls = {name: self._state.call(name)[0] for name in calls_named(known, command)}
                directory = self._state.directory().directory if needs_directory(known, command) else None
                followed = grants_followed(known, command, self._state.held)
                return decide_grant(known, command, fund, recorder, today, calls, directory, followed)
            if isinstance(command, CallCommand):
                return decide_call(self._journal.entries(stream_of(command)), command, fund, recorder, today)
            if isinstance(command, DirectoryCommand):
                return self._on_directory(command, recorder, today)
            if isinstance(command, QuarantineAnswer | QuarantineRow) and not locked:
                raise NeedsLock
            if isinstance(command, QuarantineAnswer):
                refusal = self._refusal_of(command.event.answered)
                return decide_on_refusal(fund, command, recorder, today, refusal)
            if isinstance(command, QuarantineRow):
                return decide_on_row(fund, command, recorder, today, self._row_at(command.event.position))
            assert isinstance(command, FundCommand)
            entries = self._journal.entries(FUND) if command.NAME in NEED_ENTRIES else ()
            others = self._recorded_since()
            acts = others.acts if locked else _only_under_lock
            streams = others.streams if locked else _only_under_lock
            return decide_fund(fund, command, recorder, today, entries, acts, streams)
        except ValidationError as error:
            currency = self._state.fund.currency
            hints = Hints(lambda _: currency, lambda: today)
            raise Malformed.of(error, inside="reads", hints=hints) from None

    def _on_directory(self, command: DirectoryCommand, recorder: str, today: date) -> Decision:
        state = self._state
        directory = state.directory()
        grants = {name: state.held(name) for name in grants_named(directory, command)}
        return decide_directory(directory, command, state.fund, recorder, today, grants=grants)

    def _check_lists(self, command: _Correction) -> None:
        """Check the codes in a correction against the lists of the day. Raises ``ValidationError``."""
        stream = stream_of(command)
        is_grant = kind_of(stream) == "grant"
        entries = (
            self._state.grant_with_entries(stream).entries if is_grant else self._journal.entries(stream)
        )
        if command.event.reads is not None and (corrected := reading(entries, command.event.entry)):
            refuse(command.NAME, faults_of_reading(corrected, command.event.reads))

    # ── quarantine ───────────────────────────────────────────────────────────────────────────

    def _row_at(self, position: int) -> RowFound:
        """Return the name of the row at a position, its fault, and whether it is quarantined."""
        left_out = self._journal.left_out
        row = next(self._journal.stored(position - 1, position, 1), None)
        if row is None:
            return RowFound("")
        if (quarantined := left_out.rows.get(position)) is not None:
            return RowFound(quarantined.name, quarantined=str(quarantined))
        fault = left_out.fault(position)
        name = f"{row.stream}@{row.version}"
        return RowFound(name, fault.why, fault.rows) if fault else RowFound(name)

    def _refusal_of(self, command_id: str) -> AnswerFound:
        """Return what is known of the refusals that were given under a command id."""
        question = "SELECT number FROM refusals WHERE command_id = ? ORDER BY number"
        rows = self._journal.recorder.rows(question, id_bytes(command_id))
        numbers = [int(number) for (number,) in rows]
        if not numbers:
            return AnswerFound()
        sealed, quarantined = self._journal.left_out.sealed(), self._journal.left_out.refusals
        wrong = judged_unsealed(self._journal, sealed).wrong
        for number in numbers:
            if number in wrong and number not in quarantined:
                return AnswerFound(number, wrong[number])
        act = next((str(quarantined[number]) for number in numbers if number in quarantined), "")
        return AnswerFound(numbers[0], quarantined=act)

    def _recorded_since(self) -> RecordedSince:
        time_zone = self._state.fund.time_zone
        return RecordedSince(self._journal, self._state.position, time_zone, self._journal.entries)
