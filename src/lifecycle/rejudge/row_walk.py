"""A walk over a journal's entries and receipts that judges each row again on the state before it."""

import re
from collections.abc import Sequence
from contextlib import suppress
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
from lifecycle.journal.recorder import Receipt, is_not_utf8
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
from lifecycle.rejudge.quarantine_act import quarantined_again, receipt_quarantined_again
from lifecycle.rejudge.rebuilt_command import (
    Group,
    Row,
    command_again,
    command_in,
)
from lifecycle.rejudge.receipts import (
    PAGE,
    ReceiptWalk,
    check_receipt,
    refused_in,
)
from lifecycle.rejudge.refusal import check_refusal
from lifecycle.rejudge.state_before import StateBefore

_KEPT_ENTRIES = 50_000
"""The largest number of grants' entries in memory."""
END = 1 << 62
"""A position after all others."""
_TEXT = rb'"(?:[^"\\]|\\.)*"'
_ENVELOPE = re.compile(
    rb'\{"recorded_at":"([0-9T:.-]{26}Z)","recorder":%b,"command_id":%b(?:,"rules":(\d{1,9}))?'
    % (_TEXT, _TEXT)
)
"""Finds the moment and the rule set of an entry without decoding it."""


class RowWalk:
    """A walk over entries and receipts together, with the state on which each was recorded."""

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
        self._left_out, self._quarantined_receipts = excluded
        self._before = StateBefore(journal, after[0], self._left_out)
        self._wrong = dict[int, str]()
        """What is wrong with the receipts that are quarantined, by number."""
        self._without_act = dict[tuple[str, int], tuple[int, int]]()
        """Quarantined rows and receipts whose act of quarantine comes later, each with what was sound before
        it."""
        self._past = self._before.past
        self._receipt_walk = ReceiptWalk(journal, after[1])
        self._faults: list[Fault] = []
        self._stopped: set[str] = set()
        """Streams with a fault. Rows after the fault are not judged."""
        self._sound = after
        self._group = Group(b"")
        self._entries = self._receipts = 0
        """The numbers of rows that were judged, here or when they were quarantined."""
        self._rules, self._moment = self._before.rules_and_moment()
        """The rule set and the moment of the row before, as stored."""

    # ── row by row ───────────────────────────────────────────────────────────────────────────

    def run(self) -> Judged:
        """Judge all entries and receipts."""
        for rows in self._journal.entry_rows(self._after[0], PAGE):
            for row in rows:
                self._add(row)
        return self._result()

    def _add(self, row: Row) -> None:
        """Add the next entry to its command's group; judge the group before if the entry begins another."""
        command = b""
        with suppress(Exception):  # whatever an injured row may hold
            command = command_in(row[3])
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
        for receipt, number in self._receipt_walk.remaining():
            self._receipt(receipt, number)
        sound = min([self._sound, *self._without_act.values()])
        return Judged(self._faults, self._entries, self._receipts, sound, self._wrong)

    def _end_of_group(self) -> None:
        """Judge the group of entries that is complete, and the receipts before it."""
        group, self._group = self._group, Group(b"")
        if not group.rows:
            return
        self._before.at, last = group.rows[0][-1], group.rows[-1][-1]
        receipt = None
        for earlier_receipt, number in self._receipt_walk.upto(last):
            if earlier_receipt.position == last:
                receipt = earlier_receipt
            else:
                self._receipt(earlier_receipt, number)
        is_mine = self._is_mine(group.rows[0][0])
        self._entries += len(group.rows) if is_mine else 0
        self._receipts += is_mine and receipt is not None
        if not self._left_out.isdisjoint(row[-1] for row in group.rows):
            self._without_act |= {("entry", row[-1]): self._sound for row in group.rows}
            if not self._faults:
                self._sound = last, self._receipt_walk.number
            return  # its content, moments and versions do not count
        if is_mine:
            is_lawful = self._judge_group(group, receipt)
        else:
            self._follow(group)
            is_lawful = True  # as far as this part knows
        if not self._faults:
            self._sound = last, self._receipt_walk.number
        self._go_on_after(group, is_lawful=is_lawful)

    def _go_on_after(self, group: Group, *, is_lawful: bool) -> None:
        """Remember the versions, moment and rule set of a group before the next is judged."""
        for stream, version, _, state, _ in group.rows:
            self._before.versions[stream] = version
            if is_lawful and isinstance(state, bytes) and (envelope := _ENVELOPE.match(state)) is not None:
                self._moment = max(self._moment, envelope[1].decode())
                self._rules = max(self._rules, min(int(envelope[2] or FIRST), RULE_SET))
        self._past.keep_at_most(_KEPT_ENTRIES)

    def _follow(self, group: Group) -> None:
        """Add what a group that is not judged here writes on the fund and on calls."""
        for row in group.rows:
            if row[0] == FUND:
                self._follow_fund(row)
            elif not row[0].startswith("grant:"):
                self._past.forget(row[0])

    def _follow_fund(self, row: Row) -> None:
        with suppress(Exception):  # the part that judges it names the fault
            entry = entry_of(*row)
            if isinstance(entry.event, EntryCorrected):
                self._past.fund = fold_fund(in_force([*self._before.entries_of(FUND), entry]))
            else:
                self._past.fund = evolve_fund(self._past.fund, entry.event)

    def _judge_group(self, group: Group, receipt: Receipt | None) -> bool:
        """Judge the entries of a command, and return whether they are lawful.

        After a fault in their stream they are not judged, and not lawful.
        """
        group.decode()
        if group.rows[0][0] in self._stopped:
            for row in group.rows:
                self._past.forget(row[0])
            self._follow(group)
            return False
        for fault in group.unread:
            self._add_fault(fault)
        if group.unread:
            return False
        own = group.entries[0]
        try:
            self._check_order(group.entries)
            decision = self._decision(group, receipt)
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
            if entry.recorded_at <= before if before else stamp(entry.recorded_at) <= self._moment:
                raise Lawless(f"{entry.name} was not recorded later than the entry before it")
            if (entry.position or 0) > self._sealed[0]:
                self._check_moment(stamp(entry.recorded_at))
            before = entry.recorded_at
            version = self._before.next_version(stream, versions.get(stream) or self._before.version(stream))
            if entry.originator_version != version:
                raise Lawless(f"the next version of {stream} would have been {version}")
            versions[stream] = version

    def _check_moment(self, moment: str) -> None:
        """Raise `Lawless` if the moment has not come yet, unless the clock is behind the row before."""
        if moment <= stamp(utc_now() + CLOCKS_DIFFER):
            return
        now = self._now()
        if "" < self._moment <= stamp(now) and stamp(now + CLOCKS_DIFFER) < moment:
            raise Lawless(f"it says that it was recorded at {moment}, and it is {stamp(now)} now")

    def _decision(self, group: Group, receipt: Receipt | None) -> Decision:
        """Return the decision on the command of a group. Raises `Lawless`."""
        own = group.entries[0]
        if receipt is None:
            raise Lawless("no answer names it")
        if own.originator_id == QUARANTINES:
            return self._quarantine(group.entries, receipt)
        is_founding = own.originator_id == FUND and own.originator_version == 1
        name = "EstablishFund" if is_founding else spec_of_entry(own).name
        check_receipt(group.entries, receipt, name)
        if is_founding:
            states = [row[3] for row in group.rows]
            if own.rules > FIRST and receipt.digest != digest_of_founding(states):
                raise Lawless("the digest of its answer is not that of what was founded")
            return founded_again(group.entries)
        return judged_again(group.entries, command_again(own, group.rows[0][3], name, receipt), self._past)

    def _quarantine(self, entries: Sequence[Entry], receipt: Receipt) -> Decision:
        """Return the decision on an act of quarantine. Raises `Lawless`."""
        own = entries[0]
        event = own.event
        if len(entries) == 1 and isinstance(event, AnswerQuarantined):
            return self._quarantine_of_receipt(own, event, receipt)
        if len(entries) > 1 or not isinstance(event, RowQuarantined):
            raise Lawless("it says nothing of a row that is set aside")
        rows = (event.position, *event.also)
        are_wrong = self._left_out.issuperset(rows)
        decision = quarantined_again(own, event, receipt, self._past.fund, are_wrong=are_wrong)
        self._claim(*(("entry", position) for position in rows))
        return decision

    def _quarantine_of_receipt(self, own: Entry, event: AnswerQuarantined, receipt: Receipt) -> Decision:
        is_wrong = self._is_wrong(event.answer)
        decision = receipt_quarantined_again(own, event, receipt, self._past.fund, is_wrong=is_wrong)
        self._claim(("answer", event.answer))
        return decision

    def _claim(self, *quarantined: tuple[str, int]) -> None:
        """Count quarantined rows as sound after their act, if no fault comes before it."""
        for key in () if self._faults else quarantined:
            self._without_act.pop(key, None)

    def _is_wrong(self, number: int) -> bool:
        """Return whether the receipt with this number is unlawful."""
        if self._after[1] < number or self._after == self._sealed or self._part != (0, 1):
            return number in self._wrong
        # The receipt comes before this walk's first row, and may be unsealed: judge from the seal on.
        excluded, sealed = (self._left_out, self._quarantined_receipts), self._sealed
        walk = RowWalk(self._journal, sealed, excluded, (0, 1), sealed=sealed, most=MOST)
        return number in walk.run().wrong

    def _receipt(self, receipt: Receipt, number: int) -> None:
        """Judge a receipt that names no stored entry: a refusal, or one whose entries are gone."""
        if not self._is_mine(str(receipt.stream)):
            return
        self._receipts += 1
        is_quarantined = number in self._quarantined_receipts
        if is_quarantined:
            self._without_act["answer", number] = self._sound
        try:
            if receipt.outcome == "refused":
                if receipt.recorded_at <= self._moment:
                    raise Lawless("it was not given later than what was recorded before it")
                if number > self._sealed[1]:
                    self._check_moment(receipt.recorded_at)
                if any(isinstance(part, str) and is_not_utf8(part) for part in receipt):
                    raise Lawless("its text is not UTF-8")
                refused = refused_in(receipt, self._rules)
                check_refusal(refused, self._past, lambda: self._receipt_walk.is_reused(receipt, number))
            elif receipt.position not in self._left_out:
                raise Lawless(f"it names {receipt.entries}, which is not there")
        except Lawless as lawless:
            self._wrong[number] = on_one_line(str(lawless))
        except Exception as error:  # a forged receipt may hold anything
            self._wrong[number] = on_one_line(f"it cannot be judged: {type(error).__name__}: {error}")
        if number in self._wrong and not is_quarantined:
            self._add_fault(Fault(LAWLESS, 0, str(receipt.stream), 0, number, self._wrong[number]))
        if not self._faults:
            self._sound = self._sound[0], number
