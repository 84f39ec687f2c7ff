"""A walk over a journal's entries and refusals that judges each row again on the state before it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from zlib import crc32

from lifecycle.decide.decision import Decision
from lifecycle.fund.evolve import evolve as evolve_fund
from lifecycle.fund.evolve import fold as fold_fund
from lifecycle.fund.quarantine import AnswerQuarantined, RowQuarantined
from lifecycle.journal.clock import CLOCKS_DIFFER, utc_now
from lifecycle.journal.command_digest import digest_of_founding
from lifecycle.journal.journal import Journal
from lifecycle.journal.left_out.faults import LAWLESS, MOST, Fault, Judged
from lifecycle.journal.left_out.raw_row import on_one_line
from lifecycle.journal.mapper import entry_of, stamp
from lifecycle.journal.recorder import StoredRefusal, is_not_utf8
from lifecycle.journal.stored_row import Stored, microseconds, moment_of
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import (
    FUND,
    QUARANTINES,
    Entry,
    in_force,
)
from lifecycle.kernel.rule import FIRST, RULE_SET
from lifecycle.rejudge.entry import (
    Lawless,
    founded_again,
    judged_again,
    spec_of_entry,
)
from lifecycle.rejudge.quarantine_act import quarantined_again, refusal_quarantined_again
from lifecycle.rejudge.rebuilt_command import OTHER_DIGEST, Group, check_form, command_again
from lifecycle.rejudge.refusal import check_refusal
from lifecycle.rejudge.refusal_walk import PAGE, RefusalWalk, refused_in
from lifecycle.rejudge.state_before import StateBefore

_KEPT_ENTRIES = 50_000
"""The largest number of grants' entries in memory."""
END = 1 << 62
"""A position after all others."""


class RowWalk:
    """A walk over entries and refusals together, with the state on which each was recorded."""

    def __init__(
        self,
        journal: Journal,
        after: tuple[int, int],
        excluded: tuple[frozenset[int], frozenset[int]],
        part: tuple[int, int],
        *,
        sealed: tuple[int, int],
        most: int,
    ) -> None:
        self._now, self._sealed, self._most = journal.recorder.now, sealed, most
        self._journal, self._after, self._part = journal, after, part
        self._left_out, self._quarantined_refusals = excluded
        self._before = StateBefore(journal, after[0], self._left_out)
        self._wrong = dict[int, str]()
        """What is wrong with the refusals that are quarantined, by number."""
        self._without_act = dict[tuple[str, int], tuple[int, int]]()
        """Quarantined rows and refusals whose act of quarantine comes later, each with what was sound before
        it."""
        self._past = self._before.past
        self._refusal_walk = RefusalWalk(journal, after[1])
        self._faults: list[Fault] = []
        self._stopped: set[str] = set()
        """Streams with a fault. Rows after the fault are not judged."""
        self._sound = after
        self._group = Group(b"")
        self._entries = self._refusals = 0
        """The numbers of rows that were judged, here or when they were quarantined."""
        self._rules, self._moment = self._before.rules_and_moment()
        """The rule set and the moment of the row before, as stored."""

    # ── row by row ───────────────────────────────────────────────────────────────────────────

    def run(self) -> Judged:
        """Judge all entries and refusals."""
        for rows in self._journal.entry_rows(self._after[0], PAGE):
            for row in rows:
                self._add(row)
        return self._result()

    def _add(self, row: Stored) -> None:
        """Add the next entry to its command's group; judge the group before if the entry begins another."""
        command = row.command_id
        if not command or command != self._group.command:
            self._end_of_group()
            self._group = Group(command)
        self._group.rows.append(row)

    def _is_mine(self, stream: str) -> bool:
        """Return whether the stream belongs to the part of the journal that this walk judges."""
        part, count = self._part
        if count == 1:
            return True
        return crc32(stream.encode()) % count == part if stream.startswith("grant:") else part == 0

    def _add_fault(self, fault: Fault) -> None:
        if fault.position:
            self._stopped.add(fault.stream)
        if len(self._faults) < self._most:
            self._faults.append(fault)

    def _result(self) -> Judged:
        self._end_of_group()
        self._before.at = END
        for refusal in self._refusal_walk.remaining():
            self._refusal(refusal)
        sound = min([self._sound, *self._without_act.values()])
        return Judged(self._faults, self._entries, self._refusals, sound, self._wrong)

    def _end_of_group(self) -> None:
        """Judge the group of entries that is complete, and the refusals before it."""
        group, self._group = self._group, Group(b"")
        if not group.rows:
            return
        self._before.at, last = group.rows[0].position, group.rows[-1].position
        for refusal in self._refusal_walk.before(self._before.at):
            self._refusal(refusal)
        is_mine = self._is_mine(group.rows[0].stream)
        self._entries += len(group.rows) if is_mine else 0
        if not self._left_out.isdisjoint(row.position for row in group.rows):
            self._without_act |= {("entry", row.position): self._sound for row in group.rows}
            if not self._faults:
                self._sound = last, self._refusal_walk.number
            return  # its content, moments and versions do not count
        if is_mine:
            is_lawful = self._judge_group(group)
        else:
            self._follow(group)
            is_lawful = True  # as far as this part knows
        if not self._faults:
            self._sound = last, self._refusal_walk.number
        self._go_on_after(group, is_lawful=is_lawful)

    def _go_on_after(self, group: Group, *, is_lawful: bool) -> None:
        """Remember the versions, moment and rule set of a group before the next is judged."""
        for row in group.rows:
            self._before.versions[row.stream] = row.version
            if is_lawful:
                self._moment = max(self._moment, row.recorded_at)
                self._rules = max(self._rules, min(row.rules, RULE_SET))
        self._past.keep_at_most(_KEPT_ENTRIES)

    def _follow(self, group: Group) -> None:
        """Add what a group that is not judged here writes on the fund, and forget its other streams."""
        for row in group.rows:
            if row.stream == FUND:
                self._follow_fund(row)
            else:
                self._past.forget(row.stream)

    def _follow_fund(self, row: Stored) -> None:
        with suppress(Exception):  # the part that judges it names the fault
            entry = entry_of(row)
            if isinstance(entry.event, EntryCorrected):
                self._past.fund = fold_fund(in_force([*self._before.entries_of(FUND), entry]))
            else:
                self._past.fund = evolve_fund(self._past.fund, entry.event)

    def _judge_group(self, group: Group) -> bool:
        """Judge the entries of a command, and return whether they are lawful.

        After a fault in their stream they are not judged, and not lawful.
        """
        group.decode()
        if group.rows[0].stream in self._stopped:
            for row in group.rows:
                self._past.forget(row.stream)
            self._follow(group)
            return False
        for fault in group.unread:
            self._add_fault(fault)
        if group.unread:
            return False
        own = group.entries[0]
        try:
            for row, entry in zip(group.rows, group.entries, strict=True):
                check_form(row, entry)
            self._check_order(group.entries)
            decision = self._decision(group)
            self._past.take_in(group.entries, decision)
        except Lawless as lawless:
            reason = str(lawless)
        except Exception as error:  # a forged entry may hold anything, which no rule expects
            reason = f"it cannot be judged: {type(error).__name__}: {error}"
        else:
            return True
        for entry in group.entries:
            self._past.forget(entry.originator_id)
        name = own.position or 0, own.originator_id, own.originator_version
        self._add_fault(Fault(LAWLESS, *name, 0, reason, alone=group.of_grants))
        return False

    def _check_order(self, entries: Sequence[Entry]) -> None:
        """Raise `Lawless` if rule set, moments or versions do not follow the entries before."""
        own, before, versions = entries[0], None, dict[str, int]()
        if own.rules < self._rules:
            raise Lawless(f"it says that it was judged by rule set {own.rules}, when {self._rules} held")
        for entry in entries:
            stream = entry.originator_id
            if entry.recorded_at <= before if before else microseconds(entry.recorded_at) <= self._moment:
                raise Lawless(f"{entry.name} was not recorded later than the entry before it")
            if (entry.position or 0) > self._sealed[0]:
                self._check_moment(entry.recorded_at)
            before = entry.recorded_at
            version = self._before.next_version(stream, versions.get(stream) or self._before.version(stream))
            if entry.originator_version != version:
                raise Lawless(f"the next version of {stream} would have been {version}")
            versions[stream] = version

    def _check_moment(self, moment: datetime) -> None:
        """Raise `Lawless` if the moment has not come yet, unless the clock is behind the row before."""
        if moment <= utc_now() + CLOCKS_DIFFER:
            return
        now = self._now()
        if 0 < self._moment <= microseconds(now) and now + CLOCKS_DIFFER < moment:
            raise Lawless(f"it says that it was recorded at {stamp(moment)}, and it is {stamp(now)} now")

    def _decision(self, group: Group) -> Decision:
        """Return the decision on the command of a group. Raises `Lawless`."""
        own, row = group.entries[0], group.rows[0]
        if row.digest is None:
            raise Lawless("it begins a command and has no digest")
        if any(following.digest is not None for following in group.rows[1:]):
            raise Lawless("it follows from another entry and has a digest")
        if own.originator_id == QUARANTINES:
            return self._quarantine(group.entries, row.digest)
        if own.originator_id == FUND and own.originator_version == 1:
            states = [row.state for row in group.rows]
            if own.rules > FIRST and row.digest != digest_of_founding(states):
                raise Lawless(OTHER_DIGEST)
            return founded_again(group.entries)
        return judged_again(group.entries, command_again(own, row, spec_of_entry(own).name), self._past)

    def _quarantine(self, entries: Sequence[Entry], digest: bytes) -> Decision:
        """Return the decision on an act of quarantine. Raises `Lawless`."""
        own = entries[0]
        event = own.event
        if len(entries) == 1 and isinstance(event, AnswerQuarantined):
            return self._quarantine_of_refusal(own, event, digest)
        if len(entries) > 1 or not isinstance(event, RowQuarantined):
            raise Lawless("it says nothing of a row that is set aside")
        rows = (event.position, *event.also)
        are_wrong = self._left_out.issuperset(rows)
        decision = quarantined_again(own, event, digest, self._past.fund, are_wrong=are_wrong)
        self._claim(*(("entry", position) for position in rows))
        return decision

    def _quarantine_of_refusal(self, own: Entry, event: AnswerQuarantined, digest: bytes) -> Decision:
        is_wrong = self._is_wrong(event.answer)
        decision = refusal_quarantined_again(own, event, digest, self._past.fund, is_wrong=is_wrong)
        self._claim(("answer", event.answer))
        return decision

    def _claim(self, *quarantined: tuple[str, int]) -> None:
        """Count quarantined rows as sound after their act, if no fault comes before it."""
        for key in () if self._faults else quarantined:
            self._without_act.pop(key, None)

    def _is_wrong(self, number: int) -> bool:
        """Return whether the refusal with this number is unlawful."""
        if self._after[1] < number or self._after == self._sealed or self._part != (0, 1):
            return number in self._wrong
        # The refusal comes before this walk's first row, and may be unsealed: judge from the seal on.
        excluded, sealed = (self._left_out, self._quarantined_refusals), self._sealed
        walk = RowWalk(self._journal, sealed, excluded, (0, 1), sealed=sealed, most=MOST)
        return number in walk.run().wrong

    def _refusal(self, refusal: StoredRefusal) -> None:
        """Judge a refusal."""
        number, stream = refusal.number, str(refusal.stream)
        if not self._is_mine(stream):
            return
        self._refusals += 1
        is_quarantined = number in self._quarantined_refusals
        if is_quarantined:
            self._without_act["answer", number] = self._sound
        try:
            if refusal.recorded_at <= self._moment:
                raise Lawless("it was not given later than what was recorded before it")
            if number > self._sealed[1]:
                self._check_moment(moment_of(refusal.recorded_at))
            if any(isinstance(part, str) and is_not_utf8(part) for part in refusal):
                raise Lawless("its text is not UTF-8")
            refused = refused_in(refusal, self._rules)
            check_refusal(refused, self._past, lambda: self._refusal_walk.is_reused(refusal))
        except Lawless as lawless:
            self._wrong[number] = on_one_line(str(lawless))
        except Exception as error:  # a forged refusal may hold anything
            self._wrong[number] = on_one_line(f"it cannot be judged: {type(error).__name__}: {error}")
        if number in self._wrong and not is_quarantined:
            self._add_fault(Fault(LAWLESS, 0, stream, 0, number, self._wrong[number]))
        if not self._faults:
            self._sound = self._sound[0], number
