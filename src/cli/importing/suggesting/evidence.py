"""What the values of a column look like: days and in which form, amounts and with which marks, words."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from cli.importing.mapping.amounts import MoneyReader
from cli.importing.mapping.applied import Applied, CellFault
from cli.importing.mapping.days import pattern_of
from cli.importing.mapping.model import Amounts
from cli.importing.rows import Cell, Row

FORMS = (
    *(
        "DD.MM.YYYY",
        "D.M.YYYY",
        "DD/MM/YYYY",
        "MM/DD/YYYY",
        "D/M/YYYY",
        "M/D/YYYY",
        "DD-MM-YYYY",
        "MM-DD-YYYY",
    ),
    *("YYYY/MM/DD", "YYYY.MM.DD", "D.M.YY", "D/M/YY", "M/D/YY", "D-M-YY", "D MONTH YYYY", "D-MON-YYYY"),
    *("D. MONTH YYYY", "MONTH D, YYYY", "D-MON-YY", "D MON YY"),
)
"""The forms of days that are tried, beside YYYY-MM-DD. The first that fits all days is taken."""
MOST = 0.5
"""A column is of a kind if this share of its values is. It is only sure if all of them are."""
_MOST_WORDS = 1_000
"""How many different values of a column are kept."""
_LONGEST = 60
"""No longer text is tried as a day or an amount."""
_EITHER = re.compile(r"(?<![\d.,])([1-9]\d{0,2})([.,])(\d{3})(?![\d.,])")
_SERIALS = range(20_000, 80_000)


class Marks(NamedTuple):
    """How amounts are written."""

    decimal: str
    thousands: str


MARKS = (Marks(".", ","), Marks(",", "."), Marks(",", " "), Marks(".", " "), Marks(".", "'"), Marks(",", "'"))
"""The marks that are tried. The first that reads all amounts is taken."""
_READERS = {
    marks: MoneyReader(
        Amounts(decimal=marks.decimal, thousands=marks.thousands, zero="keep", negative="keep"),
        "USD",
        Applied(),
    )
    for marks in MARKS
}


@dataclass
class Column:
    """A column of the table, and what was counted in it."""

    header: str
    """As it stands in the file."""
    filled: int = 0
    days: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    """How many of the days that are no ISO dates fit each form."""
    fitting: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """How many of them fit just these forms."""
    unformed: int = 0
    """How many days are written in none of the forms, or are ISO dates or a spreadsheet's own."""
    amounts: int = 0
    typed_amounts: int = 0
    """How many amounts are numbers of a spreadsheet, or are read in the same way by all marks."""
    marks: Counter[Marks] = field(default_factory=Counter)
    """How many of the other amounts each pair of marks reads."""
    either: int = 0
    """How many amounts have one mark and three digits after it: ``1.500`` may be 1500."""
    currencies: set[str] = field(default_factory=set)
    """Codes and signs of currencies in the amounts."""
    whole: int = 0
    serials: int = 0
    words: dict[str, int] = field(default_factory=dict)
    """How often each value stands in it, for the first 1,000 different ones."""
    first_day: str = ""
    first_amount: str = ""
    odd: str = ""
    """The first value that is neither a day nor an amount."""

    def add(self, cell: Cell) -> None:
        """Count a value."""
        if cell.is_empty:
            return
        self.filled += 1
        text = cell.text
        if text in self.words or len(self.words) < _MOST_WORDS:
            self.words[text] = self.words.get(text, 0) + 1
        if not (self._is_day(cell, text) or self._is_amount(cell, text)):
            self.odd = self.odd or text

    def _is_day(self, cell: Cell, text: str) -> bool:
        if isinstance(cell.value, date) or re.match(r"\d{4}-\d\d-\d\d(?:[T ]|$)", text):
            self.days, self.unformed = self.days + 1, self.unformed + 1
            return True
        if not isinstance(cell.value, str) or len(text) > _LONGEST or not re.search(r"\d", text):
            return False
        fitting = [form for form in FORMS if _fits(form, text)]
        if fitting:
            self.forms.update(fitting)
            self.fitting[tuple(fitting)] += 1
            self.days, self.first_day = self.days + 1, self.first_day or text
        return bool(fitting)

    def _is_amount(self, cell: Cell, text: str) -> bool:
        value = cell.value
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        if re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
            self.whole += 1
            self.serials += len(text) == 5 and int(text) in _SERIALS
        if not is_number and (len(text) > _LONGEST or not re.search(r"\d", text)):
            return False
        read = [(marks, number) for marks in MARKS if (number := _number(marks, cell)) is not None]
        if not read:
            return False
        self.amounts += 1
        if is_number or (len(read) == len(MARKS) and len({number for _, number in read}) == 1):
            self.typed_amounts += 1
        else:
            self.marks.update(marks for marks, _ in read)
            self.first_amount = self.first_amount or text
            self.either += bool(_EITHER.search(text))
        self.currencies.update(re.findall(r"[$€£]|\b[A-Z]{3}\b", text))
        return True

    @property
    def is_of_days(self) -> bool:
        """Whether most of its values are days."""
        return self.filled > 0 and self.days >= MOST * self.filled

    @property
    def is_of_amounts(self) -> bool:
        """Whether most of its values are amounts."""
        return self.filled > 0 and not self.is_of_days and self.amounts >= MOST * self.filled

    def described(self) -> str:
        """Return in words what its values look like."""
        if not self.filled:
            return "the column is empty"
        if self.is_of_days:
            return self._share(self.days, "day", self.first_day)
        if self.is_of_amounts:
            what = "whole number" if self.whole == self.filled else "amount"
            return self._share(self.amounts, what, self.first_amount)
        if self.filled == 1:
            return "1 value"
        distinct = len(self.words)
        different = "all different" if distinct == self.filled else f"{distinct:,} different"
        return f"{self.filled:,} values, {different}"

    def _share(self, number: int, what: str, example: str) -> str:
        such_as = f" such as {example!r}" if example else ""
        if self.filled == 1:
            return f"its one value is a{'n' if what == 'amount' else ''} {what}{such_as}"
        part = f"{number:,} of {self.filled:,}" if number < self.filled else f"all {number:,}"
        return f"{part} values are {what}s{such_as}"


def columns_of(rows: Iterable[Row]) -> tuple[int, list[Column]]:
    """Return the number of rows, and the columns with what all their values look like."""
    columns: dict[str, Column] = {}
    number = 0
    for row in rows:
        number += 1
        for header in row.names():
            column = columns.get(header)
            if column is None:
                column = columns[header] = Column(header)
            column.add(row.cell(header))
    return number, list(columns.values())


class Days(NamedTuple):
    """The forms of the days of all columns of days."""

    forms: list[str]
    unclear: str
    """What is not sure about them; empty if nothing is."""


def days_in(columns: Sequence[Column]) -> Days:
    """Return the fewest forms that read the days of all columns, the day first if both orders fit."""
    fits: Counter[str] = Counter()
    wanted = 0
    for column in columns:
        fits.update(column.forms)
        wanted += column.days - column.unformed
    if not wanted:
        return Days([], "")
    forms: list[str] = []
    for column in columns:
        left = column.days - column.unformed
        whole = [form for form in FORMS if column.forms[form] == left and left]
        best = max(
            whole, key=lambda form: (fits[form] == wanted, fits[form], -FORMS.index(form)), default=None
        )
        chosen = [best] if best else _fewest(column.fitting)
        forms += [form for form in chosen if form not in forms]
    return Days(forms, _about_order(forms, fits))


def _fewest(fitting: Counter[tuple[str, ...]]) -> list[str]:
    """Return few forms that together read all days of a column: each reads the most that are left."""
    left, forms = dict(fitting), list[str]()
    while left:
        reads = Counter[str]()
        for fitting_forms, number in left.items():
            reads.update(dict.fromkeys(fitting_forms, number))
        best = max(reads, key=lambda form: (reads[form], -FORMS.index(form)))
        forms.append(best)
        left = {fitting_forms: number for fitting_forms, number in left.items() if best not in fitting_forms}
    return forms


def _about_order(forms: Sequence[str], fits: Counter[str]) -> str:
    for form in forms:
        other = _other_order(form)
        if other in forms:
            return (
                f"some days have the day first and some the month: {form} is taken for a day that fits both"
                f" it and {other}"
            )
        if other in FORMS and fits[other] == fits[form]:
            return f"days may have the day or the month first: {form} is taken, {other} fits all as well"
    if len(forms) > 1:
        return f"days are written in {len(forms)} forms, and the first that fits a day is taken"
    return ""


def _other_order(form: str) -> str:
    """Return the form with day and month exchanged."""
    names = {"DD": "MM", "MM": "DD", "D": "M", "M": "D"}
    return re.sub(r"DD|MM|\bD\b|\bM\b", lambda part: names[part[0]], form)


class Money(NamedTuple):
    """The marks of the amounts of all columns of amounts."""

    marks: Marks
    unclear: str


def marks_in(columns: Sequence[Column]) -> Money:
    """Return the marks that read the most of the amounts of the columns."""
    reads: Counter[Marks] = Counter()
    for column in columns:
        reads.update(column.marks)
    wanted = sum(column.amounts - column.typed_amounts for column in columns)
    best = max(MARKS, key=lambda marks: (reads[marks], -MARKS.index(marks)))
    example = next((column.first_amount for column in columns if column.first_amount), "")
    if reads[best] < wanted:
        return Money(best, f"{wanted - reads[best]:,} of {wanted:,} amounts have other marks")
    if is_of_either(columns) and (match := _EITHER.search(example)):
        return Money(best, _about_either(example, *match.groups()))
    others = [marks for marks in MARKS if marks != best and reads[marks] == wanted and wanted]
    differing = [marks for marks in others if _differs(marks, best, columns)]
    if differing:
        other = differing[0]
        return Money(best, f"{example!r} may be read with decimal = {other.decimal!r} as well")
    return Money(best, "")


def _about_either(example: str, whole: str, mark: str, digits: str) -> str:
    return (
        f"every amount has one mark and three digits after it, as {example!r}: {whole}{digits} if {mark!r}"
        f" separates thousands, as is taken, {whole}.{digits} if it is the decimal mark: a factor of 1,000"
    )


def is_of_either(columns: Sequence[Column]) -> bool:
    """Return whether all amounts have one mark and three digits after it: thousands, or decimals."""
    amounts = sum(column.amounts for column in columns)
    return 0 < amounts == sum(column.either for column in columns)


def _differs(marks: Marks, best: Marks, columns: Sequence[Column]) -> bool:
    texts = [Cell(text, "") for column in columns for text in column.words]
    return any(
        _number(marks, cell) != _number(best, cell) for cell in texts if _number(best, cell) is not None
    )


def _number(marks: Marks, cell: Cell) -> Decimal | None:
    try:
        return _READERS[marks].read(cell, None)[0]
    except CellFault:
        return None


def _fits(form: str, text: str) -> bool:
    """Return whether the text is a day of the form by its shape; whether there is such a day is not asked."""
    pattern = pattern_of(form)
    match = None if pattern is None else pattern.fullmatch(text)
    if match is None:
        return False
    parts = match.groupdict()
    return int(parts.get("month") or 1) <= 12 and int(parts["day"]) <= 31
