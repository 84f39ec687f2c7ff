"""A journal's rows judged again, in the order in which they were recorded: which of them are lawless.

`judged` walks over the entries and the receipts after a place, up to the end. It says of each row that does
not decode, or that the rules of its number would not have let be recorded, where it is and why; and up to
which rows all is sound. A seal ends there. Call it inside `Recording.reading`, so that entries and
receipts are of one moment.
"""

import re
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
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
from lifecycle.kernel.memory import collector_at_rest
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
    hold_against,
    refused_in,
)
from lifecycle.rejudge.refusal import refused_again
from lifecycle.rejudge.state_before import Before

_KEPT_ENTRIES = 50_000
"""How many entries of grants are kept in memory."""
_END = 1 << 62
"""After every position."""
_TEXT = rb'"(?:[^"\\]|\\.)*"'
_ENVELOPE = re.compile(
    rb'\{"recorded_at":"([0-9T:.-]{26}Z)","recorder":%b,"command_id":%b(?:,"rules":(\d{1,9}))?'
    % (_TEXT, _TEXT)
)
"""Moment and rule set of an entry, without reading the rest."""


def judged_after(
    journal: Journal, after: tuple[int, int], left_out: frozenset[int]
) -> tuple[list[Fault], tuple[int, int]]:
    """Return the lawless entries after a position and the number of a receipt, all of them.

    And up to which entry and answer nothing is wrong. As of one moment.
    """
    held = getattr(journal.recorder, "datastore").holds is not None  # noqa: B009 both stores have one
    with nullcontext() if held else journal.recorder.reading():
        sealed, quarantined_receipts = journal.left_out.sealed(), quarantined_receipt_numbers(journal)
        outcome = judged(
            journal,
            after,
            left_out=left_out,
            quarantined_receipts=quarantined_receipts,
            sealed=sealed,
            most=_END,
        )
    return [fault for fault in outcome.faults if fault.position and fault.kind == LAWLESS], outcome.sound


def quarantined_positions(journal: Journal) -> frozenset[int]:
    """Return positions of the rows that an administrator has quarantined as not lawful."""
    return frozenset(journal.left_out.rows)


def quarantined_receipt_numbers(journal: Journal) -> frozenset[int]:
    """Return numbers of the receipts that an administrator has quarantined as not lawful."""
    return frozenset(journal.left_out.receipts)


def left_out_positions(journal: Journal) -> frozenset[int]:
    """Return the same, and the positions of the rows of stopped streams from the stop on."""
    return quarantined_positions(journal) | journal.left_out.out


def judged(
    journal: Journal,
    after: tuple[int, int] = (0, 0),
    *,
    left_out: frozenset[int] = frozenset(),
    quarantined_receipts: frozenset[int] = frozenset(),
    part: tuple[int, int] = (0, 1),
    sealed: tuple[int, int] | None = None,
    most: int = MOST,
) -> Judged:
    """Judge the rows after a position and the number of a receipt: all, or what no checkpoint covers.

    ``left_out``: positions of rows that are known to be no part of any state; what was recorded with one of
    them is passed over. ``quarantined_receipts``: numbers of those known to be wrong. ``part``: which
    part of the grants, of how many; the fund and calls belong to the first, and `together` adds the parts up.
    ``sealed``: up to which entry and receipt the journal is sealed, all of it if not given; no later row may
    have a moment that has not come. ``most``: how many faults are named.
    """
    with collector_at_rest():
        excluded = left_out, quarantined_receipts
        walk = _Walk(journal, after, excluded, part, sealed=sealed or (_END, _END), most=most)
        for rows in journal.entry_rows(after[0], PAGE):
            for row in rows:
                walk.row(row)
        return walk.done()


def judged_unsealed(journal: Journal, sealed: tuple[int, int]) -> Judged:
    """Judge what was recorded after the sealed entry and receipt, without the rows that are left out."""
    return judged(
        journal,
        sealed,
        left_out=left_out_positions(journal),
        quarantined_receipts=quarantined_receipt_numbers(journal),
        sealed=sealed,
    )


def judged_part(
    place: Path | str, part: tuple[int, int], left_out: frozenset[int], quarantined_receipts: frozenset[int]
) -> Judged:
    """Judge a part of everything, in a process of its own.

    As if nothing were sealed: it finds a fault if there is one in its part. Which ones there are is found out
    by judging all of it in one process.
    """
    journal = Journal(place, read_only=True)
    with journal.recorder.reading():
        return judged(
            journal, left_out=left_out, quarantined_receipts=quarantined_receipts, part=part, sealed=(0, 0)
        )


class _Walk:
    """Goes through entries and receipts together, and keeps the state that each was recorded on."""

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
        self._before = Before(journal, after[0], self._left_out)
        self._wrong = dict[int, str]()
        """What is wrong with the receipts that are quarantined, by number."""
        self._open = dict[tuple[str, int], tuple[int, int]]()
        """Quarantined rows and receipts whose act is not met yet, each with what was sound before it."""
        self._past = self._before.past
        self._receipt_walk = ReceiptWalk(journal, after[1])
        self._faults: list[Fault] = []
        self._stopped: set[str] = set()
        """Streams with a fault: what comes after it in them is taken in and not judged."""
        self._sound = after
        self._group = Group(b"")
        self._entries = self._receipts = 0
        """How many were judged, here or when they were quarantined."""
        self._rules, self._moment = self._before.rules_and_moment()
        """Rule set and moment of what was recorded last, as it is stored."""

    # ── row by row ───────────────────────────────────────────────────────────────────────────

    def row(self, row: Row) -> None:
        """Take in the next entry."""
        command = b""
        with suppress(Exception):  # whatever an injured row may hold
            command = command_in(row[3])
        if not command or command != self._group.command:
            self._end_of_group()
            self._group = Group(command)
        self._group.rows.append(row)

    def _is_mine(self, stream: str) -> bool:
        which, many = self._part
        if many == 1:
            return True
        return crc32(stream.encode()) % many == which if stream.startswith("grant:") else which == 0

    def _fault(self, fault: Fault) -> None:
        if fault.position:
            self._stopped.add(fault.stream)
        if len(self._faults) < self._most:
            self._faults.append(fault)

    def done(self) -> Judged:
        """Return the result."""
        self._end_of_group()
        self._before.at = _END
        for receipt, number in self._receipt_walk.rest():
            self._receipt(receipt, number)
        sound = min([self._sound, *self._open.values()])
        return Judged(self._faults, self._entries, self._receipts, sound, self._wrong)

    def _end_of_group(self) -> None:
        group, self._group = self._group, Group(b"")
        if not group.rows:
            return
        self._before.at, last = group.rows[0][-1], group.rows[-1][-1]
        receipt = None
        for answer, number in self._receipt_walk.upto(last):
            if answer.position == last:
                receipt = answer
            else:
                self._receipt(answer, number)
        mine = self._is_mine(group.rows[0][0])
        self._entries += len(group.rows) if mine else 0
        self._receipts += mine and receipt is not None
        if not self._left_out.isdisjoint(row[-1] for row in group.rows):
            self._open |= {("entry", row[-1]): self._sound for row in group.rows}
            if not self._faults:
                self._sound = last, self._receipt_walk.number
            return  # nothing that it says counts, its moments and versions neither
        if mine:
            lawful = self._group_judged(group, receipt)
        else:
            self._follow(group)
            lawful = True  # as far as this part knows
        if not self._faults:
            self._sound = last, self._receipt_walk.number
        self._go_on_after(group, lawful=lawful)

    def _go_on_after(self, group: Group, *, lawful: bool) -> None:
        for stream, version, _, state, _ in group.rows:
            self._before.versions[stream] = version
            if lawful and isinstance(state, bytes) and (envelope := _ENVELOPE.match(state)) is not None:
                self._moment = max(self._moment, envelope[1].decode())
                self._rules = max(self._rules, min(int(envelope[2] or FIRST), RULE_SET))
        self._past.keep_at_most(_KEPT_ENTRIES)

    def _follow(self, group: Group) -> None:
        """Take in what others judge, as far as it is needed here: what it writes on the fund and on calls."""
        for row in group.rows:
            if row[0] == FUND:
                self._follow_fund(row)
            elif not row[0].startswith("grant:"):
                self._past.forget(row[0])

    def _follow_fund(self, row: Row) -> None:
        with suppress(Exception):  # it is named when it is judged
            entry = entry_of(*row)
            if isinstance(entry.event, EntryCorrected):
                self._past.fund = fold_fund(in_force([*self._before.entries_of(FUND), entry]))
            else:
                self._past.fund = evolve_fund(self._past.fund, entry.event)

    def _group_judged(self, group: Group, receipt: Receipt | None) -> bool:
        """Return whether it is lawful, as far as is known; nothing is judged after a fault in its stream."""
        group.decode()
        if group.rows[0][0] in self._stopped:
            for row in group.rows:
                self._past.forget(row[0])
            self._follow(group)
            return False
        for fault in group.unread:
            self._fault(fault)
        if group.unread:
            return False
        own = group.entries[0]
        try:
            self._in_order(group.entries)
            decision = self._judged(group, receipt)
            self._past.take_in(group.entries, decision)
        except Lawless as why:
            what = str(why)
        except Exception as error:  # whatever a forged entry may hold: no rule expects it
            what = f"it cannot be judged: {type(error).__name__}: {error}"
        else:
            return True
        for entry in group.entries:
            self._past.forget(entry.originator_id)
        name = own.position or 0, own.originator_id, own.originator_version
        self._fault(Fault(LAWLESS, *name, 0, what, alone=group.of_grants))
        return False

    def _in_order(self, entries: Sequence[Entry]) -> None:
        own, then, versions = entries[0], None, dict[str, int]()
        if own.rules < self._rules:
            raise Lawless(f"it says that it was judged by rule set {own.rules}, when {self._rules} held")
        for entry in entries:
            stream = entry.originator_id
            if entry.recorded_at <= then if then else stamp(entry.recorded_at) <= self._moment:
                raise Lawless(f"{entry.name} was not recorded later than the entry before it")
            if (entry.position or 0) > self._sealed[0]:
                self._has_come(stamp(entry.recorded_at))
            then = entry.recorded_at
            version = self._before.following(stream, versions.get(stream) or self._before.version(stream))
            if entry.originator_version != version:
                raise Lawless(f"the next version of {stream} would have been {version}")
            versions[stream] = version

    def _has_come(self, moment: str) -> None:
        """Raises `Lawless` if it has not come yet, and the clock is not behind what came before."""
        if moment <= stamp(utc_now() + CLOCKS_DIFFER):
            return
        now = self._now()
        if "" < self._moment <= stamp(now) and stamp(now + CLOCKS_DIFFER) < moment:
            raise Lawless(f"it says that it was recorded at {moment}, and it is {stamp(now)} now")

    def _judged(self, group: Group, receipt: Receipt | None) -> Decision:
        own = group.entries[0]
        if receipt is None:
            raise Lawless("no answer names it")
        if own.originator_id == QUARANTINES:
            return self._quarantine(group.entries, receipt)
        founding = own.originator_id == FUND and own.originator_version == 1
        name = "EstablishFund" if founding else spec_of_entry(own).name
        hold_against(group.entries, receipt, name)
        if founding:
            states = [row[3] for row in group.rows]
            if own.rules > FIRST and receipt.digest != digest_of_founding(states):
                raise Lawless("the digest of its answer is not that of what was founded")
            return founded_again(group.entries)
        return judged_again(group.entries, command_again(own, group.rows[0][3], name, receipt), self._past)

    def _quarantine(self, entries: Sequence[Entry], receipt: Receipt) -> Decision:
        """Return the decision on the entry that says that rows are quarantined. Raises `Lawless`."""
        own = entries[0]
        event = own.event
        if len(entries) == 1 and isinstance(event, AnswerQuarantined):
            return self._quarantine_of_receipt(own, event, receipt)
        if len(entries) > 1 or not isinstance(event, RowQuarantined):
            raise Lawless("it says nothing of a row that is set aside")
        rows = (event.position, *event.also)
        are_wrong = self._left_out.issuperset(rows)
        decision = quarantined_again(own, event, receipt, self._past.fund, are_wrong=are_wrong)
        self._close(*(("entry", position) for position in rows))
        return decision

    def _quarantine_of_receipt(self, own: Entry, event: AnswerQuarantined, receipt: Receipt) -> Decision:
        is_wrong = self._is_wrong(event.answer)
        decision = receipt_quarantined_again(own, event, receipt, self._past.fund, is_wrong=is_wrong)
        self._close(("answer", event.answer))
        return decision

    def _close(self, *quarantined: tuple[str, int]) -> None:
        """Count what an entry quarantines as sound with it, if nothing before the entry is at fault."""
        for key in () if self._faults else quarantined:
            self._open.pop(key, None)

    def _is_wrong(self, number: int) -> bool:
        if self._after[1] < number or self._after == self._sealed or self._part != (0, 1):
            return number in self._wrong
        # It came before the first that is judged here, and may not be sealed: then all from the seal on is.
        rows, quarantined_receipts, sealed = self._left_out, self._quarantined_receipts, self._sealed
        return (
            number
            in judged(
                self._journal, sealed, left_out=rows, quarantined_receipts=quarantined_receipts, sealed=sealed
            ).wrong
        )

    def _receipt(self, receipt: Receipt, number: int) -> None:
        """Judge a receipt that names none of the entries that are there."""
        if not self._is_mine(str(receipt.stream)):
            return
        self._receipts += 1
        is_quarantined = number in self._quarantined_receipts
        if is_quarantined:
            self._open["answer", number] = self._sound
        try:
            if receipt.outcome == "refused":
                if receipt.recorded_at <= self._moment:
                    raise Lawless("it was not given later than what was recorded before it")
                if number > self._sealed[1]:
                    self._has_come(receipt.recorded_at)
                if any(isinstance(part, str) and is_not_utf8(part) for part in receipt):
                    raise Lawless("its text is not UTF-8")
                refused = refused_in(receipt, self._rules)
                refused_again(refused, self._past, lambda: self._receipt_walk.reused(receipt, number))
            elif receipt.position not in self._left_out:
                raise Lawless(f"it names {receipt.entries}, which is not there")
        except Lawless as why:
            self._wrong[number] = on_one_line(str(why))
        except Exception as error:  # whatever a forged answer may hold
            self._wrong[number] = on_one_line(f"it cannot be judged: {type(error).__name__}: {error}")
        if number in self._wrong and not is_quarantined:
            self._fault(Fault(LAWLESS, 0, str(receipt.stream), 0, number, self._wrong[number]))
        if not self._faults:
            self._sound = self._sound[0], number
