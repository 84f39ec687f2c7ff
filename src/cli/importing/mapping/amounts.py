"""Amounts as people write them, by the marks, the rates and the rounding of a map."""

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

from cli.importing.mapping.applied import Applied, CellFault, NotTaken
from cli.importing.mapping.model import Amounts
from cli.importing.rows import Cell
from lifecycle.types.codes import MINOR_UNITS
from lifecycle.types.readings.amounts import read_amount
from lifecycle.types.readings.currency_words import CURRENCY_WORDS

_ROUNDINGS = {"half_even": ROUND_HALF_EVEN, "half_up": ROUND_HALF_UP, "down": ROUND_DOWN}
_CODE = re.compile(r"^([A-Za-z]{3})\b\s*|\s*\b([A-Za-z]{3})$")
_SIGNS = {sign: CURRENCY_WORDS[sign][0] for sign in "$€£"}
"""The code that each sign stands for if the map names no currency: the most usual."""
_MOST_DIGITS = 15
"""An amount with more digits before its decimals is no amount."""
_FLOAT_PLACES = Decimal("0.000001")


class MoneyReader:
    """Reads amounts, and keeps what rounding changed."""

    def __init__(self, amounts: Amounts, currency: str, applied: Applied) -> None:
        self._amounts, self._holding, self._applied = amounts, currency, applied
        self._rates = {code: Decimal(str(rate)) for code, rate in amounts.rates.items()}
        self.step = ""
        """The command for which amounts are read."""
        self.rounded: dict[tuple[str, str], Decimal] = {}
        """By command and currency, the sum of what rounding added."""

    def read(
        self, cell: Cell, currency: str | None, *, zero: str | None = None, negative: str | None = None
    ) -> tuple[Decimal, str]:
        """Return the amount with its currency. Raises `CellFault`, or `NotTaken` if the map skips it."""
        number, code = self._number(cell)
        if not number.is_finite() or number.adjusted() >= _MOST_DIGITS:
            raise CellFault(cell, "is no amount that can be added up")
        if code and currency and code != currency:
            raise CellFault(cell, f"is in {code}, and its currency is said to be {currency}")
        code = code or currency or self._amounts.currency
        if code is None:
            code = self._holding
            self._applied.note(f"amounts without a currency read in {code}", cell.address)
        if code not in MINOR_UNITS:
            raise CellFault(cell, f"{code!r} is no currency of ISO 4217")
        if isinstance(cell.value, str) and self._amounts.rounding == "refuse":
            _require_decimals(number, code, cell)
        if code in self._rates and code != self._holding:
            with localcontext(prec=60):
                number *= self._rates[code]
            rule = f"{code} converted at {self._rates[code]} {self._holding} each"
            self._applied.note(rule, cell.address)
            number, code = self._to_places(number, self._holding, cell, always=True), self._holding
        number = self._to_places(number, code, cell)
        return self._with_sign(
            number, cell, zero or self._amounts.zero, negative or self._amounts.negative
        ), code

    def _number(self, cell: Cell) -> tuple[Decimal, str | None]:
        value = cell.value
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return Decimal(value), None
        if isinstance(value, float):
            exact = Decimal(repr(value))
            is_usual = exact.is_finite() and exact.adjusted() < _MOST_DIGITS
            near = exact.quantize(_FLOAT_PLACES) if is_usual else exact
            if near != exact:
                self._applied.note("numbers of the spreadsheet read to six decimals", cell.address)
            return near, None
        return self._of_text(cell)

    def _of_text(self, cell: Cell) -> tuple[Decimal, str | None]:
        text, code = cell.text.replace("\u2212", "-"), None
        if not text:
            raise CellFault(cell, "is empty, and an amount is needed")
        if match := _CODE.search(text):
            code = (match[1] or match[2]).upper()
            text = (text[: match.start()] + text[match.end() :]).strip()
        for sign, of_sign in _SIGNS.items():
            if sign in text and code is None:
                text, code = text.replace(sign, "").strip(), of_sign
                self._applied.note(f"{sign} read as {of_sign}", cell.address)
        minus = text.startswith("-") or text.endswith("-") or (text.startswith("(") and text.endswith(")"))
        digits = text.strip("-()+ ")
        if self._amounts.thousands:
            digits = self._without_thousands(digits, cell)
        digits = digits.replace(self._amounts.decimal, "\0").replace(".", "\1").replace("\0", ".")
        if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", digits):
            raise CellFault(cell, self._why(cell.text))
        try:
            number = Decimal(digits)
        except InvalidOperation:
            raise CellFault(cell, self._why(cell.text)) from None
        return (-number if minus else number), code

    def _without_thousands(self, digits: str, cell: Cell) -> str:
        mark = self._amounts.thousands
        assert mark is not None
        if mark == " ":
            digits = re.sub(r"[\u00a0\u202f]", " ", digits)
        whole, _, _ = digits.partition(self._amounts.decimal)
        if mark not in whole:
            return digits
        if not re.fullmatch(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{2,3}})*(?<=\d{{3}})", whole):
            raise CellFault(
                cell,
                f"does not separate thousands by {mark!r} as the map says: thousands and decimal in [amounts]"
                f" say what its marks mean{_marks_that_fit(cell.text)}",
            )
        self._applied.note(f"thousands separated by {mark!r}", cell.address)
        return whole.replace(mark, "") + digits[len(whole) :]

    def _why(self, text: str) -> str:
        marks = f"decimal = {self._amounts.decimal!r}"
        if self._amounts.thousands:
            marks += f", thousands = {self._amounts.thousands!r}"
        meant = " or ".join(read_amount(text, self._holding).meant)
        hint = f"; did you mean {meant}?" if meant else ""
        return f"is no amount by the marks of the map ({marks} in [amounts]){hint}"

    def _to_places(self, number: Decimal, code: str, cell: Cell, *, always: bool = False) -> Decimal:
        unit = Decimal(1).scaleb(-MINOR_UNITS[code])
        with localcontext(prec=60):
            exact = number.quantize(unit, ROUND_HALF_EVEN)
            if exact == number:
                return exact
            rounding = self._amounts.rounding
            if rounding == "refuse" and not always:
                raise _too_many_decimals(cell, code)
            exact = number.quantize(unit, _ROUNDINGS.get(rounding, ROUND_HALF_EVEN))
            key = self.step, code
            self.rounded[key] = self.rounded.get(key, Decimal(0)) + exact - number
        self._applied.note(f"rounded to the decimals of {code}", cell.address)
        return exact

    def _with_sign(self, number: Decimal, cell: Cell, zero: str, negative: str) -> Decimal:
        if number == 0:
            if zero == "skip":
                raise NotTaken("not taken: the amount is zero", cell.address)
            if zero == "refuse":
                raise CellFault(cell, 'is zero: zero = "keep" or "skip" says what becomes of it')
        if number < 0:
            if negative == "skip":
                raise NotTaken("not taken: the amount is negative", cell.address)
            if negative == "refuse":
                raise CellFault(cell, 'is negative: negative = "absolute" or "skip" says what becomes of it')
            if negative == "absolute":
                self._applied.note("a negative amount read without its sign", cell.address)
                return -number
        return number


def _marks_that_fit(text: str) -> str:
    """Return how the map would be written if a comma in the amount separates decimals; empty for others."""
    number = re.search(r"\d[\d.,' ]*", text)
    if number is None or not re.fullmatch(
        r"\d{1,3}(?:([. '])\d{3}(?:\1\d{3})*)?,\d\d?|\d+,\d\d?", number[0].strip()
    ):
        return ""
    thousands = re.search(r"[. ']", number[0].strip())
    return f'; decimal = "," and thousands = "{thousands[0] if thousands else "."}" read it'


def _require_decimals(number: Decimal, code: str, cell: Cell) -> None:
    """Refuse a text like ``7.500`` in a currency of two decimals: it may mean seven thousand five hundred."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MINOR_UNITS[code]:
        raise _too_many_decimals(cell, code)


def _too_many_decimals(cell: Cell, code: str) -> CellFault:
    return CellFault(
        cell,
        f"has more decimals than {code} has: thousands and decimal in [amounts] say what its marks mean, and"
        ' rounding = "half_even" rounds it',
    )
