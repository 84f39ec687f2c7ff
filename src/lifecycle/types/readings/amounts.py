"""What an amount that is written in another form probably means: ``25 000 EUR``, ``€25``, ``3m``.

Such an amount is never taken for one of its readings: it is refused, and the message names them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import chain
from typing import NamedTuple

from lifecycle.types.codes import MINOR_UNITS
from lifecycle.types.readings.currency_words import CURRENCY_WORDS, MULTIPLES
from lifecycle.types.text import quoted

LARGEST = Decimal(10) ** 15
"""One more than the most minor units of an amount in a command (`lifecycle.types.money.DIGITS`)."""
TOO_LARGE = "is too large to be added up: it has more than 15 digits"
_MOST_READINGS = 3
_SAME_SIGNS = str.maketrans("’‘ʼ`´−–—", "'''''---")  # noqa: RUF001 as people and programs write them
_PARTS = re.compile(r"(?P<before>[^\d.,]*)(?P<number>[.,]?\d(?:[\d.,' ]*\d)?)(?P<after>\D*)", re.ASCII)
_EXPONENT = re.compile(r"(?<![^\s(+-])(\d+(?:\.\d+)?|\.\d+)[eE]\+?(-?\d{1,2})(?!\d)", re.ASCII)
_WORDS = re.compile(r"[A-Za-z]{0,3}\$[A-Za-z]{0,2}|[^\W\d_]+|[^\w\s.,;:'()+-]")
_SEPARATED = re.compile(r"\d{1,3}(?P<mark>[.,' ])\d{2,3}(?:(?P=mark)\d{2,3})*(?<=\d{3})", re.ASCII)
"""A number whose thousands are separated; in South Asia groups before the last have two digits."""


class AmountReading(NamedTuple):
    """What is unusual in the form of an amount, and what it may mean."""

    faults: tuple[str, ...]
    """What is unusual, each as the end of a sentence: ``separates thousands``."""
    meant: tuple[str, ...]
    """The amounts that it may mean, as a book takes them; none if it cannot be read."""


def read_amount(value: object, currency: str | None) -> AmountReading:
    """Return what an amount in any form may mean.

    ``currency``: that of the book, the agreement or the rest of the command, if it is known. It is taken if
    the text names no currency, and chosen if a sign may stand for it.
    """
    text, faults_of_signs = _plain(value)
    parts = None if text is None else _PARTS.fullmatch(text)
    if text is None or parts is None:
        return AmountReading((), ())
    before, after = _words(parts["before"]), _words(parts["after"])
    codes, multiple, word_faults = _codes_and_multiple(before, after, currency)
    numbers, number_faults = _numbers(parts["number"])
    faults = [*faults_of_signs, *number_faults, *word_faults]
    if "(" in parts["before"] and ")" in parts["after"]:
        faults.append("is in brackets, as if it were negative")
    elif "+" in parts["before"]:
        faults.append("has a plus sign")
    is_negative = "-" in parts["before"] or "is in brackets, as if it were negative" in faults
    if None in codes or not numbers:
        return AmountReading(tuple(faults), ())
    signed = [(-1 if is_negative else 1) * multiple * number for number in numbers]
    if any(number.adjusted() >= LARGEST.adjusted() for number in signed):
        return AmountReading((TOO_LARGE,), ())
    meant = [reading for code in codes if code for number in signed for reading in _exact(number, code)]
    if any(abs(Decimal(reading.split(" ")[0].replace(".", ""))) >= LARGEST for reading in meant):
        return AmountReading((TOO_LARGE,), ())
    if len(numbers) == 1 and codes[0] and signed[0] != signed[0].quantize(_unit(codes[0])):
        faults.append(f"has more decimals than {codes[0]}")
    if not faults and not parts["after"].startswith(" "):
        faults.append("has no space before the currency")
    return AmountReading(tuple(faults), tuple(dict.fromkeys(meant)))


def amount_fault(value: object, currency: str | None = None) -> str:
    """Return a sentence that says what is wrong with the form of an amount, and how to write it."""
    reading = read_amount(value, currency)
    faults = " and ".join(reading.faults)
    code = reading.meant[0].partition(" ")[2] if reading.meant else currency
    advice = "write an amount as text"
    if code is not None:
        advice += f' like "{Decimal(2000).quantize(_unit(code))} {code}"'
    if reading.meant:
        meant = " or ".join(f'"{amount}"' for amount in reading.meant[:_MOST_READINGS])
        return f"{advice}: {quoted(value)} {faults or 'has blanks around it'}; did you mean {meant}?"
    if faults:
        return f"{advice}: {quoted(value)} {faults}"
    return advice if code is not None else f"{advice}: its digits, a blank and the code of its currency"


def decimals_of(currency: str) -> str:
    """Return how many decimals the currency has, as a sentence."""
    places = MINOR_UNITS.get(currency, 2)
    limit = {0: "no decimals", 1: "1 decimal"}.get(places, f"{places} decimals")
    return f"{currency} has {limit}"


def _plain(value: object) -> tuple[str | None, list[str]]:
    """Return the text with one form of each digit, blank and sign, and no exponent; and what was unusual.

    The text is `None` if the value is no text or number.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None, []
    text = unicodedata.normalize("NFKC", str(value)).translate(_SAME_SIGNS)
    digits = "".join(str(unicodedata.decimal(sign, sign)) for sign in text)
    faults = ["has digits other than 0 to 9"] if _has_other_digits(str(value)) else []
    one_line = " ".join(digits.split())[:100]
    without_exponent = _EXPONENT.sub(lambda match: f"{Decimal(match[0]):f}", one_line)
    if without_exponent != one_line:
        faults.append("is written with an exponent")
    return without_exponent, faults


def _has_other_digits(text: str) -> bool:
    return any(sign.isdecimal() and not sign.isascii() for sign in text)


def _words(text: str) -> list[str]:
    words: list[str] = []
    for word in _WORDS.findall(text):
        key = word.casefold()
        if key.endswith("$") and key not in CURRENCY_WORDS and key[:-1] in MULTIPLES:
            words += [key[:-1], "$"]
        else:
            words.append(word)
    return words


def _codes_and_multiple(
    before: list[str], after: list[str], currency: str | None
) -> tuple[list[str | None], int, list[str]]:
    """Return the codes that the words name, what a word multiplies by, and what is unusual in them.

    ``[None]`` stands for words that are not known, or for a currency that is not.
    """
    named: list[tuple[str, ...]] = []
    multiple, faults = 1, list[str]()
    for is_before, word in chain(((True, word) for word in before), ((False, word) for word in after)):
        key = word.casefold()
        if not is_before and key in MULTIPLES and multiple == 1:
            multiple = MULTIPLES[key]
            faults.append("is shortened")
        elif (codes := _codes(word)) is not None:
            named.append(codes)
            faults += _faults_of_word(word, is_before=is_before)
        else:
            return [None], 1, [f"has a word that is no currency: {quoted(word)}"]
    if not named:
        return [currency], multiple, [*faults, "names no currency"]
    common = [code for code in named[0] if all(code in codes for codes in named[1:])]
    if not common:
        return [None], 1, ["names two currencies"]
    return [currency] if currency in common else list(common[:_MOST_READINGS]), multiple, faults


def _faults_of_word(word: str, *, is_before: bool) -> Iterator[str]:
    if word.upper() not in MINOR_UNITS:
        yield f"has {quoted(word)} for the code of a currency"
    elif word != word.upper():
        yield "has the currency in small letters"
    elif is_before:
        yield "has the currency before the amount"


def _codes(word: str) -> tuple[str, ...] | None:
    """Return the codes that a word may stand for; `None` if it names no currency."""
    if word.upper() in MINOR_UNITS:
        return (word.upper(),)
    return CURRENCY_WORDS.get(word.casefold())


def _numbers(digits: str) -> tuple[list[Decimal], list[str]]:
    """Return the numbers that the digits may stand for, and what is unusual in them."""
    whole, mark, part = _at_last_mark(digits)
    if not mark:
        joined = _joined(digits)
        faults = ["separates thousands"] if joined != digits else []
        return ([Decimal(joined)], faults) if joined else ([], ["has marks between its digits"])
    joined = _joined(whole) if whole else "0"
    if not joined:
        return [], ["has marks between its digits"]
    number = Decimal(f"{joined}.{part}")
    if joined == whole and len(part) == 3 and len(whole) <= 3 and whole != "0":
        # One mark before three digits may separate thousands or decimals.
        return [Decimal(whole + part), number], ["may separate thousands or decimals"]
    faults = ["separates thousands"] if joined != whole and whole else []
    if mark == ",":
        faults.append("has a comma before the decimals")
    elif not whole:
        faults.append("has no digit before the point")
    return [number], faults


def _at_last_mark(digits: str) -> tuple[str, str, str]:
    """Return the digits before the mark of the decimals, the mark, and the decimals; or no mark."""
    at = max(digits.rfind("."), digits.rfind(","))
    mark = digits[at] if at >= 0 else ""
    if not mark or digits.count(mark) > 1 or not digits[at + 1 :].isdigit():
        return digits, "", ""
    return digits[:at], mark, digits[at + 1 :]


def _joined(digits: str) -> str:
    """Return the digits without the marks that separate thousands; an empty text if they are elsewhere."""
    if digits.isdigit():
        return digits
    return re.sub(r"\D", "", digits) if _SEPARATED.fullmatch(digits) else ""


def _exact(number: Decimal, code: str) -> Iterable[str]:
    """Return the number in the currency, or the next ones below and above that have its decimals."""
    return dict.fromkeys(f"{reading} {code}" for reading in with_places(number, _unit(code)))


def with_places(number: Decimal, unit: Decimal) -> list[Decimal]:
    """Return the number with the unit's decimals, or the next ones below and above it; zero only for zero."""
    rounded = [number.quantize(unit, rounding) for rounding in (ROUND_FLOOR, ROUND_CEILING)]
    return [reading for reading in rounded if reading or not number]


def _unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-MINOR_UNITS.get(currency, 2))
