"""Which column of a table stands for which column of a shipped map, how sure that is, and why."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from cli.importing.rows import column_key
from cli.importing.suggesting.evidence import MOST, Column
from cli.importing.suggesting.names import country_in, parts_of, window_in
from lifecycle.types.codes import MINOR_UNITS

SURE, LIKELY, UNSURE = "sure", "likely", "UNSURE"
_WORDS: dict[str, tuple[str, ...]] = {
    "Grant": ("grant", "project", "id", "reference", "ref", "case", "file no", "no", "number", "identifier"),
    "Title": (
        "title",
        "name of project",
        "project title",
        "project name",
        "project",
        "subject",
        "titre",
        "titel",
    ),
    "Window": ("window", "type", "programme", "program", "category", "modality", "scheme"),
    "Recipients": ("recipient", "receiving", "beneficiary", "country", "countries", "pays", "land", "país"),
    "Providers": ("provider", "providing", "knowledge from", "source country", "host"),
    "Sector": ("sector", "theme", "topic", "thematic"),
    "Objective": ("objective", "aim", "purpose", "description"),
    "Months": ("months", "duration"),
    "Amount": ("amount", "value", "sum", "total", "budget", "paid", "montant", "betrag", "monto", "importe"),
    "Currency": ("currency", "ccy", "devise", "währung", "moneda"),
    "Proposed on": ("proposed", "received on", "application", "submitted"),
    "Approved on": ("approved", "approval", "award date", "decision"),
    "Effective on": ("effective", "start"),
    "Closing date": ("closing", "end date", "ends", "completion"),
    "Closed on": ("closed",),
    "Payment": (
        "payment",
        "voucher",
        "invoice",
        "transaction",
        "payment ref",
        "reference",
        "ref",
        "no",
        "number",
    ),
    "Payee": ("payee", "paid to", "vendor", "supplier", "beneficiary name"),
    "Line": ("line", "budget line", "cost category"),
    "Requested on": ("requested", "request"),
    "Requested by": ("requested by",),
    "Authorised on": ("authorised", "authorized"),
    "Authorised by": ("authorised by", "authorized by"),
    "Paid on": ("paid", "payment date", "value date", "date paid", "date", "datum", "fecha"),
    "Paid by": ("paid by",),
    "Partner": ("partner", "donor", "contributor", "code"),
    "Name": ("name",),
    "Kind": ("kind", "type"),
    "Joined on": ("joined", "since"),
    "Received on": ("received", "date received", "value date", "date"),
    "Worth": ("worth", "equivalent", "holding"),
}
"""Words in headers that may stand for each column of the shipped maps."""
_VAGUE = {
    "id",
    "reference",
    "ref",
    "case",
    "file no",
    "no",
    "number",
    "identifier",
    "code",
    "value",
    "type",
    "date",
}
"""Words that say little of what a column holds."""
_MONEY, _COUNTRIES = ("Amount", "Worth"), ("Recipients", "Providers")
_NAMED_BY_VALUES = ("Amount", "Currency", "Proposed on", "Paid on", "Received on")
"""What a column may be taken for by its values alone, if no other column can be meant."""
_EXACT, _A_WORD, _VAGUELY = 100, 60, 15
"""The scores of a header that is a column's name, one of its words, or a word that says little."""
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


def is_of_days(name: str) -> bool:
    """Return whether a column of a map holds days."""
    return name.endswith((" on", " date"))


def pairs_of(columns: Sequence[Column], names: Sequence[str], known: Known) -> dict[str, Pair]:
    """Return the column that fits each column of a map best; each column of the table once."""
    fits = {name: [fit for column in columns if (fit := _fit(column, name, known))] for name in names}
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
    for name in (name for name in _NAMED_BY_VALUES if name in names):
        left = [fit for fit in fits[name] if fit.column.header not in taken and fit.of_values > 0]
        if name not in chosen and len(left) == 1:
            chosen[name] = left[0]
            taken.add(left[0].column.header)
    return {name: _pair(fit, fits[name], taken) for name, fit in chosen.items()}


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
    elif fit.of_header == _EXACT:
        certainty = SURE
    else:
        certainty = LIKELY if fit.of_values > 0 or fit.of_header == _A_WORD else UNSURE
    return Pair(fit.column, certainty, "; ".join(why))


def _fit(column: Column, name: str, known: Known) -> Fit | None:
    """Return how well the column fits; `None` if its values cannot be what the name stands for."""
    of_header, about_header = _header_score(column.header, name)
    judged = _values_score(column, name, known)
    if judged is None:
        return None
    of_values, about_values = judged
    reasons = tuple(filter(None, (about_header, about_values or column.described())))
    return Fit(column, of_header + of_values, of_header, of_values, reasons)


def _header_score(header: str, name: str) -> tuple[int, str]:
    """Return 100 if the header is the column's name, less for one of its words, and why."""
    if column_key(header) == column_key(name):
        return _EXACT, "the header is its name"
    text = " ".join(re.split(r"[\W_]+", header.casefold())).strip()
    words = [word for word in _WORDS.get(name, ()) if re.search(rf"\b{re.escape(word)}", text)]
    if not words:
        return 0, "the header says nothing that is known"
    word = max(words, key=lambda known_word: (known_word == text, len(known_word)))
    if word in _VAGUE:
        return _VAGUELY, f"the header has {word!r}"
    return (_A_WORD if word == text else 20 + len(word)), f"the header has {word!r}"


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
    **dict.fromkeys(_MONEY, _as_money),
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
