"""The values of a command's fields, made of the cells of a row by the rules of a map."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from cli.importing.mapping.amounts import MoneyReader
from cli.importing.mapping.applied import Applied, CellFault
from cli.importing.mapping.days import Days
from cli.importing.mapping.members import members_in
from cli.importing.mapping.model import Map, ValueSpec, is_spec
from cli.importing.rows import Cell, Row, Value, alternatives
from cli.shell.fields import Field
from lifecycle.types.codes import COUNTRIES
from lifecycle.types.readings.country_names import countries_meant

if TYPE_CHECKING:
    from lifecycle.fund.state import Fund

_COUNTRIES = ("recipients", "providers", "countries", "hosts", "giving", "receiving", "country", "host")
_IDS = ("grant", "call", "payment", "activity", "follow_up", "partner", "instalment", "of")
_OFFICERS = ("actor", "officer", "leader", "deputies", "expert")
_LONGEST_ID = 80
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9._/-]+")
_YES, _NO = ("yes", "true", "1", "x", "y"), ("no", "false", "0", "", "n")


class Context(NamedTuple):
    """The row, or the part of it, and what names it."""

    row: Row
    part: Row
    """The part of the row that the step reads; the row itself if it has no parts."""
    key: str
    number: int
    """The number of the part in the row, from 1."""


def parsed(spec: Any) -> Any:
    """Return a field's value in a map with each `ValueSpec` in it made once."""
    if is_spec(spec):
        return ValueSpec.model_validate(spec)
    if isinstance(spec, Mapping):
        return {name: parsed(part) for name, part in spec.items()}
    return [parsed(part) for part in spec] if isinstance(spec, list) else spec


class Values:
    """Reads values of fields. Remembers which ids were made of which texts."""

    def __init__(self, loaded: Map, fund: "Fund", applied: Applied) -> None:
        self._map, self._applied = loaded, applied
        self.days = Days(loaded.dates, fund.time_zone, applied)
        self.money = MoneyReader(loaded.amounts, fund.currency, applied)
        self._known_windows = {name for edition in fund.editions.values() for name in edition.windows}
        self._officers = {name.casefold(): officer for name, officer in loaded.officers.names.items()}
        self._countries = {name.casefold(): code for name, code in loaded.countries.names.items()}
        self._windows = {name.casefold(): window for name, window in loaded.windows.names.items()}
        self._ids: dict[str, bytes] = {}
        """For each id that was written otherwise in the file, a digest of how."""

    def of(
        self, field: Field | None, spec: object, context: Context, cells: dict[str, Cell], name: str
    ) -> Any:
        """Return the value of a field, or `None` if it is empty. Adds its cell to ``cells`` under the name.

        ``spec``: as `parsed` returns it. Raises `CellFault`, or ``NotTaken`` if the map skips the row for it.
        """
        if isinstance(spec, ValueSpec):
            return self._of_spec(field, spec, context, cells, name)
        if isinstance(spec, Mapping):
            found = {
                key: self.of(_inner(key), part, context, cells, f"{name}.{key}") for key, part in spec.items()
            }
            return {key: value for key, value in found.items() if value is not None}
        if isinstance(spec, list) and any(isinstance(part, Mapping | ValueSpec) for part in spec):
            return [self.of(field, part, context, cells, f"{name}.{n}") for n, part in enumerate(spec)]
        return spec

    def _of_spec(
        self, field: Field | None, spec: ValueSpec, context: Context, cells: dict[str, Cell], name: str
    ) -> Any:
        if spec.value is not None:
            return spec.value
        form = "text" if field is None else field.form
        if form == "money" or spec.sum is not None or spec.largest is not None:
            cell, value = self._amount(spec, context)
        else:
            cell = self.cell(spec, context, name)
            value = self._of_cell(field, form, spec, context, cell, name)
        cells[name] = cell
        if value is None and spec.default is not None:
            shown = ", ".join(map(str, spec.default)) if isinstance(spec.default, list) else spec.default
            self._applied.note(f"{name} set to {shown} by the map, not by the file", cell.address)
        if value is None and form == "money" and spec.default is not None:
            number, code = self.money.read(Cell(Decimal(str(spec.default)), cell.address), None, zero="keep")
            return f"{number} {code}"
        return spec.default if value is None else value

    def cell(self, spec: ValueSpec, context: Context, name: str) -> Cell:
        """Return the cell that a value comes from, with what is found in it. Raises `CellFault`."""
        if spec.key:
            return Cell(context.key, context.row.address)
        if spec.index:
            return Cell(str(context.number), context.part.address)
        if spec.columns is not None:
            cells = [found_in(context, column) for column in spec.columns]
            text = spec.join.join(cell.text for cell in cells if not cell.is_empty)
            return Cell(text or None, cells[0].address)
        if spec.earliest or spec.latest:
            return self._of_days(spec, context)
        if spec.matching is not None:
            empty = Cell(None, found_in(context, spec.column or "").address)
            return next(iter(_matching(spec, context)), empty)
        cell = found_in(context, spec.column or "")
        if spec.find is not None and not cell.is_empty:
            match = re.search(spec.find, cell.text)
            if match is None:
                raise CellFault(cell, f"{name}: nothing in it fits {spec.find!r}")
            return Cell(match[1] if match.groups() else match[0], cell.address)
        return cell

    def _of_days(self, spec: ValueSpec, context: Context) -> Cell:
        """Return the earliest or latest of the days at several columns."""
        columns = spec.earliest or spec.latest or []
        cells = [cell for column in columns for cell in all_in(context, column) if not cell.is_empty]
        if not cells:
            return Cell(None, f"{context.part.address}/{columns[0]}")
        days = sorted((self.days.read(cell, spec.partial), cell.address) for cell in cells)
        day, address = days[0] if spec.earliest else days[-1]
        return Cell(day, address)

    # ── amounts ──────────────────────────────────────────────────────────────────────────────

    def _amount(self, spec: ValueSpec, context: Context) -> tuple[Cell, str | None]:
        cell, amount = self._total(spec, context)
        return cell, None if amount is None else f"{amount[0]} {amount[1]}"

    def _total(
        self, spec: ValueSpec, context: Context, outer: ValueSpec | None = None
    ) -> tuple[Cell, tuple[Decimal, str] | None]:
        """Return an amount that is written, a sum or the largest of several, and its first cell.

        ``outer``: the value that it is a part of, whose currency it has if it names none.
        """
        if spec.largest is not None:
            totals = [self._total(part, context, spec) for part in spec.largest]
            known = [(amount, cell) for cell, amount in totals if amount is not None]
            if not known:
                return totals[0][0], None
            amount, cell = max(known, key=lambda pair: pair[0][0])
            return cell, self._checked(amount, cell, spec)
        if spec.sum is not None:
            return self._sum(spec, context, outer)
        cell = found_in(context, spec.column or "")
        if cell.is_empty:
            return cell, None
        currency = self._currency(spec, context, outer)
        return cell, self.money.read(cell, currency, zero=spec.zero, negative=spec.negative)

    def _sum(
        self, spec: ValueSpec, context: Context, outer: ValueSpec | None
    ) -> tuple[Cell, tuple[Decimal, str] | None]:
        """Return the sum of the amounts at a path, or its peak, each in the currency of its part."""
        path = spec.sum or ""
        parts, _, leaf = path.rpartition("/" if "/" in path else ".")
        rows = context.part.each(parts) if parts else iter((context.part,))
        by_day, codes, first = dict[str, Decimal](), set[str](), None
        for part in rows:
            inner = context._replace(part=part)
            for cell in part.cells(leaf):
                if cell.is_empty:
                    continue
                currency = self._currency(spec, inner, outer)
                number, code = self.money.read(cell, currency, zero="keep", negative="keep")
                if spec.only is not None and (number < 0) is not (spec.only == "negative"):
                    continue
                day = self.days.read(part.cell(spec.peak_on), spec.partial) if spec.peak_on else ""
                by_day[day], first = by_day.get(day, Decimal(0)) + number, first or cell
                codes.add(code)
        if first is None:
            return Cell(None, f"{context.part.address}/{path}"), None
        if len(codes) > 1:
            raise CellFault(first, f"amounts in {' and '.join(sorted(codes))} are not added: [amounts.rates]")
        highest = max(accumulate(by_day[day] for day in sorted(by_day)))
        return first, self._checked((highest, codes.pop()), first, spec)

    def _checked(self, amount: tuple[Decimal, str], cell: Cell, spec: ValueSpec) -> tuple[Decimal, str]:
        """Return an amount that was added up, checked for its sign as one that is written."""
        number, code = amount
        return self.money.read(Cell(number, cell.address), code, zero=spec.zero, negative=spec.negative)

    def _currency(self, spec: ValueSpec, context: Context, outer: ValueSpec | None = None) -> str | None:
        for column in spec.currency_column or []:
            cell = found_in(context, column)
            if not cell.is_empty:
                return cell.text.upper()
        return spec.currency if outer is None else spec.currency or self._currency(outer, context)

    # ── other values ─────────────────────────────────────────────────────────────────────────

    def _read(self, field: Field | None, form: str, spec: ValueSpec, cell: Cell, name: str) -> Any:
        """Return the value that a cell which is not empty stands for."""
        if spec.words is not None:
            return self._of_words(spec.words, cell)
        if field is not None and field.is_list:
            parts = members_in(cell.text, spec.split, self._is_country) if spec.split else [cell.text]
            members = self._each(form, spec, cell, parts, name)
            return list(dict.fromkeys(members)) if form == "text" else members
        return self._one(form, spec, cell, name)

    def _each(self, form: str, spec: ValueSpec, cell: Cell, parts: list[str], name: str) -> list[Any]:
        """Return the value of each part of a cell. Raises `CellFault` with the faults of all parts."""
        members, faults = [], []
        for part in parts:
            try:
                members.append(self._one(form, spec, Cell(part, cell.address), name))
            except CellFault as fault:
                faults.append(fault)
        if len(faults) > 1:
            raise CellFault(cell, "; ".join(f"{fault.cell.text!r} {fault.reason}" for fault in faults))
        if faults:
            raise faults[0]
        return members

    def _of_cell(  # noqa: PLR0917 how a value is read
        self, field: Field | None, form: str, spec: ValueSpec, context: Context, cell: Cell, name: str
    ) -> Any:
        """Return the value of a cell, or of all cells at its column if the field is a list."""
        reads_one = spec.column is None or spec.split or spec.find or spec.words is not None
        if field is not None and field.is_list and not reads_one:
            return self._of_cells(form, spec, _matching(spec, context), name)
        return None if cell.is_empty else self._read(field, form, spec, cell, name)

    def _of_cells(self, form: str, spec: ValueSpec, cells: list[Cell], name: str) -> list[Any] | None:
        """Return the value of each cell that is not empty; `None` without one. Raises `CellFault`."""
        members = [self._one(form, spec, cell, name) for cell in cells if not cell.is_empty]
        return (list(dict.fromkeys(members)) if form == "text" else members) or None

    def _of_words(self, words: Mapping[str, Any], cell: Cell) -> Any:
        known = {word.casefold(): value for word, value in words.items()}
        if cell.text.casefold() not in known:
            raise CellFault(cell, f"stands for nothing by the map; it knows: {', '.join(words)}")
        return known[cell.text.casefold()]

    def _one(self, form: str, spec: ValueSpec, cell: Cell, name: str) -> Any:
        last = name.rpartition(".")[2]
        if form == "day":
            return self.days.read(cell, spec.partial)
        if form == "int":
            return _whole_number(cell)
        if form == "flag":
            return _yes_or_no(cell)
        if form == "choice":
            return cell.text.casefold().replace(" ", "_").replace("-", "_")
        if last in _COUNTRIES:
            return self._country(cell)
        if last == "window":
            return self._window(cell)
        if last in _OFFICERS:
            return self._officer(cell)
        if last in _IDS:
            return self._id(Cell(f"{spec.prefix}{cell.text}", cell.address), last)
        text = spec.prefix + cell.text
        if spec.longest is not None and len(text) > spec.longest:
            self._applied.note(f"{last} cut after {spec.longest} characters", cell.address)
            return text[: spec.longest - 1].rstrip() + "…"
        return text

    def _is_country(self, text: str) -> bool:
        return text.casefold() in self._countries

    def _country(self, cell: Cell) -> str:
        names, text = self._countries, cell.text
        if text.casefold() in names:
            self._applied.note("names of countries read by the map", cell.address)
            return names[text.casefold()]
        if text.upper() in COUNTRIES or text == "ZZ":
            return text.upper()
        if self._map.countries.unknown is not None:
            self._applied.note(f"{text} read as {self._map.countries.unknown}", cell.address)
            return self._map.countries.unknown
        meant = countries_meant(text)
        hint = f"; did you mean {meant}?" if meant else ""
        raise CellFault(cell, f"is no code of a country: name it in [countries.names]{hint}")

    def _window(self, cell: Cell) -> str:
        if cell.text.casefold() in self._windows:
            return self._windows[cell.text.casefold()]
        for pattern, window in self._map.windows.patterns:
            if re.search(pattern, cell.text):
                self._applied.note(f"window {window} by the pattern {pattern!r}", cell.address)
                return window
        if cell.text in self._known_windows:
            return cell.text
        if self._map.windows.default is not None:
            self._applied.note(f"window {self._map.windows.default} by default", cell.address)
            return self._map.windows.default
        known = ", ".join(sorted(self._known_windows))
        raise CellFault(
            cell, f"stands for no window ({known}): name it in [windows.names] or [windows] patterns"
        )

    def _officer(self, cell: Cell) -> str:
        if cell.text.casefold() in self._officers:
            return self._officers[cell.text.casefold()]
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,79}", cell.text):
            return cell.text
        if (default := self._map.officers.default) is not None:
            self._applied.note(f"officer {default} by default", cell.address)
            return default
        raise CellFault(cell, "is no officer's id: name it in [officers.names]")

    def _id(self, cell: Cell, name: str) -> str:
        """Return a text as an id: letters without accents, other signs as hyphens, at most 80 characters."""
        text = cell.text
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        id_ = _NOT_IN_IDS.sub("-", plain).strip("-._/")
        if len(id_) > _LONGEST_ID or not id_:
            digest = hashlib.sha256(text.encode()).hexdigest()[:10]
            id_ = f"{id_[:60].rstrip('-._/')}-{digest}".lstrip("-")
        if id_ != text:
            self._applied.note(f"{name}: an id written with letters, digits and hyphens", cell.address)
        origin = hashlib.blake2b(text.encode(), digest_size=8).digest()
        if name == "grant" and self._ids.setdefault(id_, origin) != origin:
            raise CellFault(cell, f"would be the id {id_}, as another text of the file would: rename one")
        return id_


def constant_of(spec: object) -> str | None:
    """Return the value that a field has in every row, as text; `None` if it comes from the file."""
    if isinstance(spec, ValueSpec):
        spec = spec.value
    if isinstance(spec, list) and not any(isinstance(part, Mapping | ValueSpec) for part in spec):
        return ", ".join(map(str, spec))
    return str(spec) if isinstance(spec, str | int | float) else None


def _matching(spec: ValueSpec, context: Context) -> list[Cell]:
    """Return the cells at the column, or of them what the regular expression of the map finds."""
    cells = all_in(context, spec.column or "")
    if spec.matching is None:
        return cells
    found = [(re.search(spec.matching, cell.text), cell.address) for cell in cells]
    return [
        Cell(match[1] if match.groups() else match[0], address)
        for match, address in found
        if match is not None
    ]


def found_in(context: Context, column: str) -> Cell:
    """Return the cell in the part of the row, or in the row if the part has none (``../`` asks the row)."""
    if column.startswith("../"):
        return context.row.cell(column.removeprefix("../"))
    return context.part.cell(column)


def all_in(context: Context, column: str) -> list[Cell]:
    """Return all cells at the column."""
    if column.startswith("../"):
        return context.row.cells(column.removeprefix("../"))
    return [cell for place in alternatives(column) for cell in context.part.cells(place)]


def _inner(name: str) -> Field:
    form = "money" if name == "amount" else "day" if name in ("on", "dated", "due") else "text"
    return Field(name, None, "", form=form)


def _whole_number(cell: Cell) -> int:
    value: Value = cell.value
    if isinstance(value, float | Decimal) and Decimal(value).is_finite() and value == int(value):
        return int(value)
    if re.fullmatch(r"-?\d{1,15}", cell.text):
        return int(cell.text)
    raise CellFault(cell, "is no whole number")


def _yes_or_no(cell: Cell) -> bool | None:
    text = cell.text.casefold()
    if text in _YES:
        return True
    if text in _NO:
        return None
    raise CellFault(cell, "is neither yes nor no")
