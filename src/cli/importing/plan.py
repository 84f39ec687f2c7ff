"""The plan of an import: the commands that rows become, and every cell that cannot be read."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from cli.importing.mapping.applied import Applied, CellFault, NotTaken
from cli.importing.mapping.load import columns_of, fields_of
from cli.importing.mapping.model import Condition, Map, ValueSpec
from cli.importing.mapping.values import Context, Values, all_in, constant_of, found_in, parsed
from cli.importing.readers.reading import Reading, rows_of
from cli.importing.rows import Cell, Row
from lifecycle.parse import Malformed, command_from

if TYPE_CHECKING:
    from lifecycle.fund.state import Fund
    from lifecycle.kernel.command import Command

_NAMESPACE = uuid5(NAMESPACE_URL, "grantbook:import")
_LONGEST_REFERENCE = 300


class Reject(NamedTuple):
    """A cell that cannot be imported."""

    cell: str
    """Its address."""
    value: str
    reason: str


class RowFaults:
    """The faults of one row, each once: steps that read the same cell find the same fault."""

    def __init__(self) -> None:
        self._rejects = dict[tuple[str, str], Reject]()
        self.without_day: Cell | None = None
        """The empty cell of the first step that was not taken for want of a day."""
        self.adds_to_earlier = False
        """Whether an earlier row took a step that is taken once: the row adds something to it."""

    @property
    def rejects(self) -> Collection[Reject]:
        """The rejected cells, in the order in which they were found."""
        return self._rejects.values()

    def add(self, cell: Cell, reason: str, step: str = "") -> None:
        """Add a fault, unless it is known. Of an empty cell one is enough.

        ``step``: what is written before the reason, with the step that found it.
        """
        reject = Reject(cell.address, cell.text, f"{step}{reason}")
        self._rejects.setdefault((cell.address, "" if cell.is_empty else reason), reject)


class Planned(NamedTuple):
    """A command that a row becomes."""

    number: int
    """Its number among all commands of the import, from 1."""
    command: "Command"
    words: dict[str, Any]
    row: str
    """The address of the row."""
    key: str
    """What names the row."""


class Planner:
    """Reads the files of an import once, by a map."""

    def __init__(
        self,
        loaded: Map,
        fund: "Fund",
        recorder: str,
        files: Sequence[Path],
        reject: Callable[[Reject], None],
    ) -> None:
        self._map, self._recorder, self._files, self._reject = loaded, recorder, files, reject
        self.applied = Applied()
        self.values = Values(loaded, fund, self.applied)
        self._steps = [
            (
                step,
                fields_of(step.command),
                {name: parsed(step.fields[name]) for name in _day_first(step.fields)},
            )
            for step in loaded.step
        ]
        self._constants = [
            [
                f"{name} set to {value} by the map, not by the file"
                for name, spec in specs.items()
                if (value := constant_of(spec)) is not None
            ]
            for _, _, specs in self._steps
        ]
        """What the map sets in each command of a step."""
        names = [step.command for step in loaded.step]
        self._labels = [f"{name} {names[:at].count(name) + 1}" for at, name in enumerate(names)]
        """The name of each step in the ids of its commands."""
        self._source = uuid5(_NAMESPACE, loaded.import_.source)
        self._seen: dict[int, int] = {}
        """A digest of each row's content by a digest of its key."""
        self._times: dict[int, int] = {}
        """How often each key was numbered."""
        self._once: set[tuple[int, str]] = set()
        self.rows = self.rejected_rows = self.commands = 0

    def run(self) -> Iterator[Planned]:
        """Yield the commands in the order of the rows. Raises ``BadFile``."""
        file, columns = self._map.file, columns_of(self._map)
        reading = Reading(
            columns, file.optional, file.header, file.sheet, file.encoding, file.delimiter, file.rows
        )
        for path in self._files:
            for row in rows_of(path, reading, self.applied.note):
                self.rows += 1
                yield from self._of_row(row)

    def _of_row(self, row: Row) -> Iterator[Planned]:
        whole = Context(row, row, "", 1)
        if any(_is_true(condition, whole) for condition in self._map.file.leave_out):
            self.applied.note("rows left out by [file] leave_out", row.address)
            return
        faults = RowFaults()
        planned: list[tuple[dict[str, Any], Command]] = []
        try:
            key = self._key(row)
        except NotTaken as skipped:
            self.applied.note(skipped.rule, skipped.address)
            return
        except CellFault as fault:
            faults.add(fault.cell, fault.reason)
            key = row.address
        for at, (step, _, _) in enumerate(self._steps):
            parts = row.each(step.each) if step.each is not None else (row,)
            for number, part in enumerate(parts, 1):
                self._take_step(at, Context(row, part, key, number), faults, planned)
        if faults.without_day is not None and not planned and not faults.adds_to_earlier:
            faults.add(faults.without_day, "is empty, and without a day nothing of the row is recorded")
        if faults.rejects:
            self.rejected_rows += 1
            for reject in faults.rejects:
                self._reject(reject)
            return
        # A row may be a whole grant: what comes later may need what came before, a payment the refund.
        for words, command in sorted(planned, key=lambda one: one[1].on):
            self.commands += 1
            yield Planned(self.commands, command, words, row.address, key)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────

    def _key(self, row: Row) -> str:
        """Return what names the row.

        Raises `NotTaken` if the row is left out since it stood before, `CellFault` if it cannot be named.
        """
        names = self._map.import_.key
        cells = [row.cell(name) for name in names]
        if (empty := next((cell for cell in cells if cell.is_empty), None)) is not None:
            raise CellFault(empty, "is empty, and it names the row: import.key")
        content = row.content()
        key = " ".join(cell.text for cell in cells) if names else f"{_digest(content):016x}"
        of_key, of_content = _digest(key), _digest(content)
        if of_key not in self._seen:
            self._seen[of_key] = of_content
            return key
        cell = cells[0] if cells else Cell(key, row.address)
        return self._repeated(key, of_key, cell, is_equal=self._seen[of_key] == of_content)

    def _repeated(self, key: str, of_key: int, cell: Cell, *, is_equal: bool) -> str:
        """Return the key of a row whose key stood before."""
        duplicates = self._map.import_.duplicates
        if duplicates == "number":
            self._times[of_key] = number = self._times.get(of_key, 1) + 1
            self.applied.note("rows with the key of an earlier row numbered", cell.address)
            return f"{key} ({number})"
        if is_equal:
            raise NotTaken("rows equal to an earlier row left out", cell.address)
        if duplicates == "skip":
            raise NotTaken("rows with the key of an earlier row, and other content, left out", cell.address)
        raise CellFault(
            cell,
            "names an earlier row too, which says something else:"
            ' import.duplicates = "skip" or "number" says what becomes of it',
        )

    # ── steps ────────────────────────────────────────────────────────────────────────────────

    def _take_step(
        self,
        at: int,
        context: Context,
        faults: RowFaults,
        planned: list[tuple[dict[str, Any], "Command"]],
    ) -> None:
        """Add the command of a step, or all cells that cannot be read or do not fit the command."""
        step = self._steps[at][0]
        if not all(_is_true(condition, context) for condition in step.when):
            return
        if self._was_taken(at, context):
            faults.adds_to_earlier = True
            return
        try:
            words, cells, faulty = self._words(at, context, faults)
        except NotTaken as skipped:
            self.applied.note(f"{step.command} {skipped.rule}", skipped.address)
            return
        for sentence in self._constants[at]:
            self.applied.note(sentence, context.part.address)
        if step.once and not faulty:
            self._once.add((at, self._about(at, context)))
        words = self._enveloped(words, at, context)
        try:
            command = command_from(words)
        except Malformed as malformed:
            for path, what in malformed.problems:
                field = path.partition(".")[0]
                if field not in faulty:
                    cell = cells.get(path) or cells.get(field) or Cell(None, context.part.address)
                    faults.add(cell, what, f"{step.command} {path}: ")
            return
        if not faulty:
            planned.append((words, command))

    def _about(self, at: int, context: Context) -> str:
        """Return what the step is about as the row writes it: its grant, its partner or its call."""
        specs = self._steps[at][2]
        name = next((name for name in ("grant", "partner", "call") if name in specs), "")
        spec = specs.get(name)
        if not isinstance(spec, ValueSpec):
            return context.key
        try:
            return self.values.cell(spec, context, name).text
        except CellFault:
            return context.key  # the step names the fault

    def _was_taken(self, at: int, context: Context) -> bool:
        """Return whether an earlier row of the same grant took the step, which is taken once."""
        return self._steps[at][0].once and (at, self._about(at, context)) in self._once

    def _words(
        self, at: int, context: Context, faults: RowFaults
    ) -> tuple[dict[str, Any], dict[str, Cell], set[str]]:
        """Return the fields of a command, their cells, and the names of the fields whose cells are at fault.

        Raises `NotTaken` if the step's day is empty, or if the map skips the row for a value.
        """
        step, fields, specs = self._steps[at]
        self.values.money.step = step.command
        words: dict[str, Any] = {"command": step.command}
        cells: dict[str, Cell] = {}
        faulty = set[str]()
        for name, spec in specs.items():
            try:
                value = self.values.of(fields.get(name), spec, context, cells, name)
            except CellFault as fault:
                faults.add(fault.cell, fault.reason)
                faulty.add(name)
                continue
            if value is not None:
                words[name] = value
            elif name == "on":
                faults.without_day = faults.without_day or cells[name]
                raise NotTaken("not taken: its day is empty", cells[name].address)
        for name, field in fields.items():
            if field.is_required and name in cells and words.get(name) in (None, []) and name not in faulty:
                faults.add(cells[name], f"is empty: {step.command} needs {name}")
                faulty.add(name)
        return words, cells, faulty

    def _enveloped(self, words: dict[str, Any], at: int, context: Context) -> dict[str, Any]:
        """Return the words with the actor, an id made of source, key and step, and where they come from."""
        step = self._steps[at][0]
        reference = context.key if step.each is None else f"{context.key} #{context.number}"
        id_ = uuid5(self._source, json.dumps([reference, self._labels[at]]))
        return {
            "actor": self._map.import_.actor or self._recorder,
            **words,
            "command_id": str(id_),
            "imported_from": {
                "source": self._map.import_.source,
                "reference": reference[:_LONGEST_REFERENCE],
                "mode": self._map.import_.mode,
            },
        }


def _day_first(fields: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields, the day first: without it the step is not taken."""
    return sorted(fields, key=lambda name: name != "on")


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _is_true(condition: Condition, context: Context) -> bool:
    """Return whether all that the condition names is true of one of the cells at its column."""
    cells = all_in(context, condition.column) or [found_in(context, condition.column)]
    return any(_holds(condition, cell) for cell in cells)


def _holds(condition: Condition, cell: Cell) -> bool:
    text = cell.text.casefold()
    if condition.is_ is not None and text not in [word.casefold() for word in condition.is_]:
        return False
    if condition.not_ is not None and text in [word.casefold() for word in condition.not_]:
        return False
    if condition.matches is not None and not re.search(condition.matches, cell.text):
        return False
    if condition.filled is not None and condition.filled is cell.is_empty:
        return False
    return condition.sign is None or condition.sign == _sign(cell.text)


def _sign(text: str) -> str | None:
    """Return the sign of a number as it is written, whatever its marks; `None` if there are no digits."""
    if not re.search(r"\d", text):
        return None
    if not re.search(r"[1-9]", text):
        return "zero"
    is_negative = text.startswith(("-", "\u2212")) or text.endswith("-") or re.fullmatch(r"\(.*\)", text)
    return "negative" if is_negative else "positive"
