"""One run of ``grantbook record`` over a file: what each line becomes, and what the whole run did."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from cli.commands.record.line_ids import Ids
from cli.commands.record.lines import BadLine, Line, words_of
from cli.output.terminal_text import prose
from cli.recording.nearest_names import NearestNames
from cli.recording.odd_entries import OddEntryWarnings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from lifecycle.book.tries import Retry
    from lifecycle.journal.recorder import CommandResult
    from lifecycle.kernel.command import Command

_MOST_WARNINGS = 20
"""How many warnings of personal data are printed, and how many of odd entries."""
_BATCH_SECONDS = 0.25
"""A batch ends after this time, so that other writers wait no longer."""


class Count(Enum):
    """How a line is counted, with what the summary calls it, in the summary's order."""

    ACCEPTED = "accepted"
    REPEAT = "recorded before"
    REFUSED = "refused"
    REFUSED_BEFORE = "refused before"
    CONFLICT = "in conflict with another version"
    STOPPED = "not taken by a stream that holds a row that is not lawful"
    MALFORMED = "malformed"


class Outcome(NamedTuple):
    """The result of a line."""

    line: int
    outcome: str
    """``accepted``, ``refused``, ``repeat`` or ``malformed``."""
    command_id: str | None = None
    refusal: str | None = None
    message: str | None = None
    rule: str | None = None
    entries: tuple[str, ...] = ()
    position: int | None = None
    warnings: tuple[str, ...] = ()
    """Why the entry is odd."""

    @property
    def is_recorded(self) -> bool:
        """Whether the command is recorded, now or before."""
        return self.outcome in ("accepted", "repeat") and self.refusal is None

    @property
    def counted_as(self) -> Count:
        """How the line is counted."""
        match self.outcome, self.refusal:
            case "refused", "VersionConflict":
                return Count.CONFLICT
            case "refused", "StreamStopped":
                return Count.STOPPED
            case "repeat", str():
                return Count.REFUSED_BEFORE
            case outcome, _:
                return Count[outcome.upper()]

    def as_json(self) -> dict[str, Any]:
        """Return the result for JSON."""
        return {
            "line": self.line,
            "command_id": self.command_id,
            "outcome": self.outcome,
            "refusal": self.refusal,
            "message": self.message,
            "entries": list(self.entries),
            "position": self.position,
            **({"warnings": list(self.warnings)} if self.warnings else {}),
        }

    def sentence(self) -> str:
        """Return in words why the line was not recorded, or is not recorded again."""
        message = prose(self.message or "")
        if self.outcome == "malformed":
            return f"line {self.line}: malformed: {message}"
        if self.is_recorded:
            return f"line {self.line}: recorded before: {message}"
        before = "refused before" if self.outcome == "repeat" else "refused"
        rule = f" ({prose(self.rule)})" if self.rule else ""
        return f"line {self.line}: {before}: {self.refusal}: {message}{rule}"


class Request(NamedTuple):
    """A line with a command."""

    line: int
    command: "Command"
    words: dict[str, Any]
    """The words of the line."""
    retry: "Retry"
    """Whether it is judged again if it was refused before, and which fields the line does not have."""


@dataclass
class Run:
    """One run over a file, with what has been done so far."""

    book: "Book"
    recorder: str
    goes_on: bool
    """Whether to go on after a refused or malformed line."""
    report: Callable[[Outcome], None]
    retry_refused: bool = False
    """Whether a line whose id somebody chose is judged again if it was refused before."""
    dry: bool = False
    """Whether a transaction is open that will not be committed."""
    counts: Counter[Count] = field(default_factory=Counter)
    line: int = 0
    """The last line whose outcome is durable."""
    first_failure: int = 0
    """The first line that was refused or malformed; 0 if there is none."""
    stopped: bool = False
    ids: Ids = field(default_factory=Ids)
    repeats_of_derived_ids: int = 0
    """How many lines are repeats only because an equal line was recorded before."""
    warnings: list[str] = field(default_factory=list)
    """Warnings about the first lines that seem to hold personal data."""
    lines_with_personal_data: int = 0
    odd_lines: int = 0
    """How many entries are odd."""
    odd_warnings: list[str] = field(default_factory=list)
    """Warnings about the first odd entries."""
    _today: date | None = None
    """Today at the fund's seat, as of the present batch."""

    def __post_init__(self) -> None:
        self._odd = OddEntryWarnings(self.book)
        self._nearest = NearestNames(self.book)

    def take(self, lines: list[Line]) -> None:
        """Record the lines in one or more durable transactions, and report each."""
        self._today = None
        self.take_requests([self._read(number, raw) for number, raw in lines])

    def take_requests(self, requests: Sequence[Request | Outcome]) -> None:
        """Record what lines say in one or more durable transactions, and report each."""
        recorded = 0
        while recorded < len(requests) and not self.stopped:
            left = requests[recorded:]
            done = self._judge(left) if self.dry else self.book.retry(partial(self._batch, left, {}))
            recorded += len(done)
            for outcome in done:
                self._count(outcome)
                self.report(outcome)
            self.stopped = bool(done) and not done[-1].is_recorded and not (self.goes_on or self.dry)

    def _batch(
        self, requests: Sequence[Request | Outcome], before: dict[int, Outcome], again: bool
    ) -> list[Outcome]:
        """Record lines in one transaction until its time is over, and return their outcomes.

        ``again`` says that this is a retry. The first try, whose outcomes are in ``before``, may have been
        committed, and its commands then come back as repeats.
        """
        done: list[Outcome] = []
        if again:
            self._odd = OddEntryWarnings(self.book)
        last_tried = max(before, default=0)
        until = time.monotonic() + _BATCH_SECONDS
        with self.book.batch(_commands(requests)):
            for request in requests:
                outcome = self._record(request, before if again else {})
                if again and outcome.outcome == "repeat":
                    outcome = before.get(outcome.line, outcome)
                done.append(outcome)
                if not outcome.is_recorded and not self.goes_on:
                    break
                if time.monotonic() > until and outcome.line >= last_tried:
                    break
            before.update((outcome.line, outcome) for outcome in done)
        return done

    def _judge(self, requests: Sequence[Request | Outcome]) -> list[Outcome]:
        """Return the outcomes of the lines in the open transaction of a dry run."""
        self.book.read_earlier(_commands(requests))
        return [self._record(request, {}) for request in requests]

    def _count(self, outcome: Outcome) -> None:
        self.line = outcome.line
        if not outcome.is_recorded and not self.first_failure:
            self.first_failure = outcome.line
        if outcome.warnings:
            self.odd_lines += 1
            if self.odd_lines <= _MOST_WARNINGS:
                self.odd_warnings.append(f"line {outcome.line}: warning: {'; '.join(outcome.warnings)}")
        self.counts[outcome.counted_as] += 1

    def _read(self, number: int, raw: bytes | BadLine) -> Request | Outcome:
        """Return the line's command, with an id if the line has none; or the outcome of a malformed line.

        A line without a day is of today, one without an actor is the recorder's own act. Its id is made of
        what it says, so that it is the same tomorrow and for another recorder.
        """
        from cli.recording.hints import hints_for
        from lifecycle.book.tries import Retry
        from lifecycle.parse import Malformed, command_from

        command_id = None
        try:
            words = words_of(raw)
            command_id = words.get("command_id")
            absent = tuple(name for name in ("on", "actor") if words.get(name) is None)
            for name in absent:
                words[name] = self.recorder if name == "actor" else self._default_day(words)
            given = {name: words[name] for name in words if name != "command_id" or command_id}
            command = command_from(given, hints_for(self.book, given))
        except (BadLine, Malformed) as error:
            id_ = command_id if isinstance(command_id, str) else None
            return Outcome(number, "malformed", id_, message=str(error))
        if not command_id:
            command = command.with_id(self.ids.of(command, absent))
        return Request(number, command, words, Retry(not command_id or self.retry_refused, absent))

    def _default_day(self, words: dict[str, Any]) -> object:
        """Return the day of a line that has none: an activity's last day, or today at the fund's seat."""
        if words.get("command") == "HoldActivity" and words.get("ends"):
            return words["ends"]
        if self._today is None:
            self._today = self.book.today()
        return self._today

    def _record(self, request: Request | Outcome, before: dict[int, Outcome]) -> Outcome:
        from cli.recording.personal_data import personal, warning
        from lifecycle.kernel.errors import StreamStopped, VersionConflict
        from lifecycle.parse import Malformed

        if isinstance(request, Outcome):
            return request
        number, command, words, retry = request
        if (first := before.get(number)) is not None and first.command_id is not None:
            # Its receipt may have been committed.
            command, retry = command.with_id(first.command_id), retry._replace(judge_again=False)
        try:
            receipt = self.book.record(command, self.recorder, retry)
        except Malformed as error:
            return Outcome(number, "malformed", command.command_id, message=str(error))
        except VersionConflict as error:
            return Outcome(number, "refused", command.command_id, "VersionConflict", str(error))
        except StreamStopped as error:
            return Outcome(number, "refused", command.command_id, "StreamStopped", str(error))
        odd = self._odd.of_last_command() if receipt.outcome == "accepted" else ()
        if receipt.outcome == "accepted" and (fields := personal(words)):
            self.lines_with_personal_data += 1
            if self.lines_with_personal_data <= _MOST_WARNINGS:
                self.warnings.append(f"line {number}: {warning(fields)}")
        if receipt.outcome == "repeat" and receipt.refusal is None and not words.get("command_id"):
            self.repeats_of_derived_ids += 1
        if near := self._nearest.of(receipt.refusal, words):
            receipt = receipt._replace(message=f"{receipt.message}{near}")
        return _outcome(number, receipt)._replace(warnings=tuple(odd))

    @property
    def code(self) -> int:
        """The exit code of the worst outcome."""
        if self.counts[Count.STOPPED]:
            return 4
        if self.counts[Count.MALFORMED]:
            return 2
        if self.counts[Count.REFUSED] or self.counts[Count.REFUSED_BEFORE]:
            return 1
        return 3 if self.counts[Count.CONFLICT] else 0

    def sentences(self) -> Iterator[str]:
        """Yield what the run did, and what may be done about the lines that it did not record."""
        yield f"dry run: {self.summary()}; nothing was recorded" if self.dry else self.summary()
        if self.repeats_of_derived_ids:
            yield "recorded before: a line that says the same; for a second such act give it a command_id"
        if self.stopped:
            yield f"stopped after line {self.line}: nothing after it was recorded; --continue goes on"
        elif self.dry and self.first_failure and not self.goes_on:
            yield f"without --continue a run stops after line {self.first_failure}"
        if self.counts[Count.REFUSED_BEFORE]:
            yield "refused before: their command_id was answered; --retry-refused judges them again"

    def summary(self) -> str:
        """Return in words how many lines had each outcome."""
        return summary_of(self.counts)


def summary_of(counts: Mapping[Count, int]) -> str:
    """Return in words how many commands had each outcome."""
    parts = [f"{number:,} {count.value}" for count in Count if (number := counts.get(count))]
    return ", ".join(parts) or "no commands"


def _commands(requests: Sequence[Request | Outcome]) -> list["Command"]:
    return [request.command for request in requests if isinstance(request, Request)]


def _outcome(number: int, receipt: "CommandResult") -> Outcome:
    return Outcome(
        number,
        receipt.outcome,
        receipt.command_id,
        receipt.refusal,
        receipt.message,
        receipt.rule,
        receipt.entries,
        receipt.position,
    )
