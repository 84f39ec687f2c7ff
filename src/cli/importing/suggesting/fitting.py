"""Which column of a table stands for which column of a shipped map, how sure that is, and why."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from cli.importing.suggesting.evidence import MOST, Column
from cli.importing.suggesting.header_words import A_WORD, EXACT, header_score, is_of_payments
from cli.importing.suggesting.names import country_in, parts_of, window_in
from lifecycle.types.codes import MINOR_UNITS

SURE, LIKELY, UNSURE = "sure", "likely", "UNSURE"
MONEY = ("Amount", "Worth", "Approved", "Increased", "Cancelled", "Disbursed", "Refunded")
"""Columns of maps that hold amounts."""
_COUNTRIES = ("Recipients", "Providers")
_NAMED_BY_VALUES = ("Recipients", "Providers", "Amount", "Currency", "Proposed on", "Paid on", "Received on")
"""What a column may be taken for by its values alone, if no other column can be meant."""
_CLOSE = 5
"""Another column fits as well if its score is no more than this below."""


class Known(NamedTuple):
    """What is known of the fund."""

    windows: Collection[str]
    currency: str | None


class Fit(NamedTuple):
    """How well a column of the table fits a column of a map."""

    column: Column
    score: int
    of_header: int
    of_values: int
    reasons: tuple[str, ...]


class Pair(NamedTuple):
    """The column of the table that is taken for a column of a map."""

    column: Column
    certainty: str
    why: str
    is_named: bool
    """Whether its header says so, and not only its values."""


def is_of_days(name: str) -> bool:
    """Return whether a column of a map holds days."""
    return name.endswith((" on", " date")) or name == "As of"


def pairs_of(columns: Sequence[Column], names: Sequence[str], known: Known) -> dict[str, Pair]:
    """Return the column that fits each column of a map best; each column of the table once."""
    fits = {name: _fits(columns, name, known, is_of_grants="Proposed on" in names) for name in names}
    ranked = sorted(
        ((fit.score, -names.index(name), name, fit) for name in names for fit in fits[name] if fit.of_header),
        key=lambda entry: entry[:2],
        reverse=True,
    )
    chosen: dict[str, Fit] = {}
    taken = set[str]()
    for _, _, name, fit in ranked:
        if name not in chosen and fit.column.header not in taken:
            chosen[name] = fit
            taken.add(fit.column.header)
    for name in (name for name in _NAMED_BY_VALUES if name in names and name not in chosen):
        left = [fit for fit in fits[name] if fit.column.header not in taken and fit.of_values > 0]
        if (by_values := _by_values(name, left, chosen)) is not None:
            chosen[name] = by_values
            taken.add(by_values.column.header)
    return {name: _pair(fit, fits[name], taken) for name, fit in chosen.items()}


def _fits(columns: Sequence[Column], name: str, known: Known, *, is_of_grants: bool) -> list[Fit]:
    """Return how well each column fits. What is of payments is neither a grant's amount nor a day of it."""
    fits = [fit for column in columns if (fit := _fit(column, name, known)) is not None]
    if not is_of_grants or not (name in MONEY or is_of_days(name)):
        return fits
    return [fit for fit in fits if fit.of_header == EXACT or not is_of_payments(fit.column.header)]


def _by_values(name: str, left: Sequence[Fit], chosen: Mapping[str, Fit]) -> Fit | None:
    """Return the one column that is left and whose values fit, or the first of several if one is needed."""
    if name in _COUNTRIES:
        left = [fit for fit in left if _has_only_countries(fit.column)]
        return _first(left, "columns have only countries") if left else None
    if is_of_days(name) and not any(is_of_days(other) for other in chosen):
        return _first(left, "columns have days") if left else None
    if name == "Amount":
        left = [fit for fit in left if fit.column.whole < fit.column.filled] or left
    return left[0] if len(left) == 1 else None


def _first(left: Sequence[Fit], what: str) -> Fit:
    if len(left) == 1:
        return left[0]
    return left[0]._replace(reasons=(*left[0].reasons, f"the first of {len(left)}, as {len(left)} {what}"))


def _has_only_countries(column: Column) -> bool:
    named = [country_in(part) for part in parts_of(column)]
    known = [country for country in named if country is not None and (country.others or not country.is_guess)]
    return None not in named and 2 * len(known) >= len(named)


def _pair(fit: Fit, fits: Sequence[Fit], taken: Collection[str]) -> Pair:
    rivals = [
        other.column.header
        for other in fits
        if other is not fit
        and other.of_header
        and other.score >= fit.score - _CLOSE
        and other.column.header not in taken
    ]
    why = [*fit.reasons, *(f"{header!r} would fit as well" for header in rivals)]
    if rivals or not fit.of_header or fit.of_values < 0:
        certainty = UNSURE
    elif fit.of_header == EXACT:
        certainty = SURE
    else:
        certainty = LIKELY if fit.of_values > 0 or fit.of_header == A_WORD else UNSURE
    return Pair(fit.column, certainty, "; ".join(why), is_named=bool(fit.of_header))


def _fit(column: Column, name: str, known: Known) -> Fit | None:
    """Return how well the column fits; `None` if its values cannot be what the name stands for."""
    of_header, about_header = header_score(column.header, name)
    judged = _values_score(column, name, known)
    if judged is None:
        return None
    of_values, about_values = judged
    reasons = tuple(filter(None, (about_header, about_values or column.described())))
    return Fit(column, of_header + of_values, of_header, of_values, reasons)


def _values_score(column: Column, name: str, known: Known) -> tuple[int, str] | None:
    """Return how well the values fit, and why; `None` if they cannot be meant."""
    if not column.filled:
        return 0, ""
    if is_of_days(name):
        return _as_days(column)
    judge = _JUDGES.get(name)
    if judge is not None:
        return judge(column, known)
    return None if column.is_of_days or (column.is_of_amounts and name != "Line") else (0, "")


def _as_days(column: Column) -> tuple[int, str] | None:
    if column.is_of_days:
        return (30 if column.days == column.filled else -1), ""
    if column.serials == column.filled:
        return -1, f"{column.described()}, which may be a spreadsheet's numbers of days"
    return None


def _as_money(column: Column, _: Known) -> tuple[int, str] | None:
    if not column.is_of_amounts:
        return None
    return (20 if column.amounts == column.filled else -1), ""


def _as_months(column: Column, _: Known) -> tuple[int, str] | None:
    numbers = [match[0] for word in column.words if (match := re.search(r"\d+", word))]
    if column.is_of_days or not numbers or any(int(number) > 600 for number in numbers):
        return None
    return (20 if column.whole == column.filled else -1), ""


def _as_currency(column: Column, _: Known) -> tuple[int, str] | None:
    if not all(word.upper() in MINOR_UNITS for word in column.words):
        return None
    return 40, f"codes of currencies: {', '.join(list(column.words)[:3])}"


def _as_countries(column: Column, _: Known) -> tuple[int, str] | None:
    if column.is_of_days or column.is_of_amounts:
        return None
    parts = parts_of(column)
    countries = [part for part in parts if country_in(part) is not None]
    share = f"{len(countries):,} of {len(parts):,} different values are countries"
    return (30 if len(countries) >= MOST * len(parts) else -1), share


def _as_window(column: Column, known: Known) -> tuple[int, str] | None:
    if column.is_of_days or column.is_of_amounts:
        return None
    windows = [word for word in column.words if window_in(word, known.windows) is not None]
    share = f"{len(windows):,} of {len(column.words):,} different values are like a window of the fund"
    return (30 if len(windows) == len(column.words) else -1), share


def _as_id(column: Column, _: Known) -> tuple[int, str] | None:
    if column.is_of_days or (column.is_of_amounts and column.whole < column.filled):
        return None
    if any(" " in word for word in column.words):
        return -40, f"{column.described()}, some with blanks"
    return (10 if len(column.words) == column.filled else 0), ""


_JUDGES: dict[str, Callable[[Column, Known], tuple[int, str] | None]] = {
    **dict.fromkeys(MONEY, _as_money),
    **dict.fromkeys(_COUNTRIES, _as_countries),
    **dict.fromkeys(("Grant", "Payment", "Partner"), _as_id),
    "Months": _as_months,
    "Currency": _as_currency,
    "Window": _as_window,
}
"""How the values of a column are judged, by the column of the map."""


_WEIGHTS = {SURE: 3, LIKELY: 2, UNSURE: 1}


def weight_of(pairs: Collection[Pair]) -> int:
    """Return how well a map fits the table: a column counts more the surer it is."""
    return sum(_WEIGHTS[pair.certainty] for pair in pairs)


def unused(columns: Sequence[Column], pairs: Collection[Pair]) -> Iterator[Column]:
    """Yield the columns of the table that stand for none of the map."""
    taken = {pair.column.header for pair in pairs}
    return (column for column in columns if column.header not in taken)
