"""The text of a suggested map: what each column is taken for and why, what is unclear, and the map."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cli.importing.mapping.load import shipped
from cli.importing.readers.reading import Reading, ending_of, rows_of
from cli.importing.rows import BadFile
from cli.importing.suggesting.doubts import TOTAL, doubtful_amounts, total_row_in, without_late_proposal
from cli.importing.suggesting.evidence import Column, Days, Money, columns_of, days_in, marks_in
from cli.importing.suggesting.fitting import (
    MONEY,
    UNSURE,
    Known,
    Pair,
    is_of_days,
    pairs_of,
    unused,
    weight_of,
)
from cli.importing.suggesting.header_words import is_of_payments
from cli.importing.suggesting.names import Named, country_in, parts_of, window_in
from cli.importing.suggesting.steps import Steps
from cli.importing.templates import template_of
from lifecycle.types.codes import MINOR_UNITS
from lifecycle.types.readings.currency_words import CURRENCY_WORDS

_KINDS = ("payments", "grants", "partners", "running-grants")
_OF_RUNNING_GRANTS = ("As of", "Leader", "Stage", "Approved", "Disbursed")
"""The columns by which a table of running grants is known: it is one only if its headers name all of them."""
_MOST_NAMES = 200
"""How many names of countries or windows are listed."""


class _Table(NamedTuple):
    """A table, and the shipped map that fits it best."""

    file: Path
    rows: int
    columns: list[Column]
    kind: str
    pairs: dict[str, Pair]
    fitting: dict[str, str]
    """How many columns of each kind fit, in words."""


def suggestion(path: Path, known: Known) -> str:
    """Return a map for a table, with how sure each column is and why. Raises `BadFile`."""
    if ending_of(path) not in (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".ods"):
        raise BadFile(
            f"{path.name}: a map is suggested for tables: for others begin with a shipped one,"
            " grantbook import --show-map iati-2.03"
        )
    table = _table(path, known)
    document = tomllib.loads(shipped()[table.kind])
    table.pairs.update(doubtful_amounts(table.columns, table.pairs, document))
    steps = Steps(document, table.pairs, known)
    if not steps.steps:
        without_days = "no column has days, and an import needs the day of each act"
        missing = steps.unclear if any(map(is_of_days, table.pairs)) else [without_days]
        raise BadFile(f"{path.name}: {'; '.join(missing)}")
    days = days_in([pair.column for name, pair in table.pairs.items() if is_of_days(name)])
    amounts = [pair.column for name, pair in table.pairs.items() if name in MONEY]
    money = marks_in(amounts)
    currency, about_currency = _currency(table.pairs, amounts, known)
    unclear = [*steps.unclear, days.unclear, money.unclear, about_currency, *_about_key(table, document)]
    lines = [
        *_head(table),
        *(f"# UNSURE: {sentence}" for sentence in dict.fromkeys(unclear) if sentence),
        "",
        *_settings(table, document, steps, days, money, currency),
        *_names("countries", _countries(table.pairs)),
        *_names("windows", _windows(table.pairs, known)),
        *(line for step in steps.steps for line in _step_lines(step)),
    ]
    return "\n".join(lines) + "\n"


def _table(path: Path, known: Known) -> _Table:
    rows, columns = columns_of(rows_of(path, Reading(), lambda _rule, _first: None))
    if not rows:
        raise BadFile(f"{path.name}: it has no rows below a header")
    names = {kind: list(template_of(kind)[0]) for kind in _KINDS}
    pairs = {kind: pairs_of(columns, names[kind], known) for kind in _KINDS}
    fitting = {kind: f"{kind} {len(pairs[kind])} of {len(names[kind])}" for kind in _KINDS}
    has_days = {kind: any(map(is_of_days, pairs[kind])) for kind in _KINDS}
    possible = [kind for kind in _KINDS if kind != "running-grants" or _is_of_running_grants(pairs[kind])]
    kind = max(
        possible, key=lambda kind: (has_days[kind], weight_of(pairs[kind].values()), -len(names[kind]))
    )
    return _Table(path, rows, columns, kind, without_late_proposal(path, pairs[kind]), fitting)


def _is_of_running_grants(pairs: Mapping[str, Pair]) -> bool:
    return all(name in pairs and pairs[name].is_named for name in _OF_RUNNING_GRANTS)


def _head(table: _Table) -> Iterator[str]:
    fitting = ", ".join(sorted(table.fitting.values(), key=lambda words: not words.startswith(table.kind)))
    yield f"# Suggested for {_quoted(table.file.name)} by the shipped map {table.kind}."
    yield f"# Columns that fit: {fitting}."
    yield f"# {table.rows:,} rows were read. How sure each column is, what it is taken for, and why:"
    for name in template_of(table.kind)[0]:
        if (pair := table.pairs.get(name)) is not None:
            yield f"#   {pair.certainty:7} {_quoted(pair.column.header)} is {name}: {pair.why}"
    for column in unused(table.columns, list(table.pairs.values())):
        is_paid = table.kind == "grants" and is_of_payments(column.header)
        about = "; a table of payments has it, or one of running-grants" if is_paid else ""
        yield f"#   {UNSURE:7} {_quoted(column.header)} is not used: {column.described()}{about}"
    yield "# Read every line that says UNSURE or GUESS, then run: grantbook import THIS-FILE.toml … --check"


def _about_key(table: _Table, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is unclear about the columns that name a row."""
    names = document["import"]["key"]
    missing = [name for name in names if name not in table.pairs]
    if missing:
        yield f"no header fits {missing[0]!r}, so that all columns together name a row"
        return
    if len(names) == 1:
        column = table.pairs[names[0]].column
        if column.filled < table.rows:
            empty = table.rows - column.filled
            yield f"{_quoted(column.header)} names a row, and is empty in {empty:,} of {table.rows:,}"
        if len(column.words) < column.filled:
            yield f"{_quoted(column.header)} names a row, and stands in several rows"


def _currency(pairs: Mapping[str, Pair], amounts: Sequence[Column], known: Known) -> tuple[str | None, str]:
    """Return the currency of amounts that name none, from the headers or the signs, and what is unclear."""
    if "Currency" in pairs:
        return None, ""
    for column in amounts:
        for word in re.findall(r"[A-Z]{3}|[$€£¥₹]", column.header):
            if code := _code(word):
                return code, _about_rate(code, known)
    found = sorted({code for column in amounts for sign in column.currencies if (code := _code(sign))})
    if found:
        signs = sorted({sign for column in amounts for sign in column.currencies if sign in CURRENCY_WORDS})
        return None, f"{' and '.join(signs)} stands for {' and '.join(found)}" if signs else ""
    whose = "the fund's is taken" if known.currency is None else f"the fund's is taken, {known.currency}"
    return None, f"the amounts name no currency: {whose}" if amounts else ""


def _about_rate(code: str, known: Known) -> str:
    if known.currency is None or code == known.currency:
        return ""
    return f"{code} is not the fund's {known.currency}: rates = {{ {code} = … }} in [amounts] converts it"


def _code(word: str) -> str | None:
    if word in MINOR_UNITS:
        return word
    return CURRENCY_WORDS[word][0] if word in CURRENCY_WORDS else None


def _settings(  # noqa: PLR0917 the parts of the map
    table: _Table, document: Mapping[str, Any], steps: Steps, days: Days, money: Money, currency: str | None
) -> Iterator[str]:
    origin = document["import"]
    key = [table.pairs[name].column.header for name in origin["key"] if name in table.pairs]
    is_whole = len(key) == len(origin["key"])
    yield "[import]"
    source = table.file.name.partition(".")[0] or table.kind
    yield f"source = {_quoted(source[:200])}      # the name that every entry keeps"
    yield f'mode = {_quoted(origin["mode"])}         # "history": by arithmetic alone; "live": by all rules'
    yield f"key = {_quoted(key if is_whole else [])}"
    yield f"duplicates = {_quoted(origin['duplicates'])}"
    left_out = total_row_in(table.columns)
    if steps.optional or left_out is not None:
        yield from ("", "[file]")
    if steps.optional:
        yield f"optional = {_quoted(list(dict.fromkeys(steps.optional)))}"
    if left_out is not None:
        condition = {"column": left_out.header, "matches": TOTAL}
        yield f"leave_out = {_toml([condition])}      # GUESS: a row of sums, as {_quoted(left_out.value)}"
    yield from ("", "[dates]", f"formats = {_quoted(days.forms)}      # beside YYYY-MM-DD")
    if _has_serials(table.pairs):
        yield "serial = true            # GUESS: numbers of five digits are a spreadsheet's days"
    yield from ("", "[amounts]")
    if currency is not None:
        yield f"currency = {_quoted(currency)}         # of amounts that name none"
    yield f"thousands = {_quoted(money.marks.thousands)}"
    yield f"decimal = {_quoted(money.marks.decimal)}"
    if "zero" in document["amounts"]:
        yield f"zero = {_quoted(document['amounts']['zero'])}"


def _has_serials(pairs: Mapping[str, Pair]) -> bool:
    return any(
        is_of_days(name) and pair.column.filled and not pair.column.is_of_days for name, pair in pairs.items()
    )


def _countries(pairs: Mapping[str, Pair]) -> dict[str, Named | None]:
    """Return what each name of a country that is no code stands for."""
    names = [
        part for name in ("Recipients", "Providers") if name in pairs for part in parts_of(pairs[name].column)
    ]
    return {name: country for name in names if (country := country_in(name)) is None or country.code != name}


def _windows(pairs: Mapping[str, Pair], known: Known) -> dict[str, Named | None]:
    if "Window" not in pairs:
        return {}
    words = list(pairs["Window"].column.words)
    return {word: window_in(word, known.windows) for word in words if word not in known.windows}


def _names(table: str, names: Mapping[str, Named | None]) -> Iterator[str]:
    """Yield the table of the map that says what each name stands for; an unknown name is a comment."""
    if not names:
        return
    yield from ("", f"[{table}.names]")
    listed: dict[str, str] = {}
    for name, named in list(names.items())[:_MOST_NAMES]:
        if name.casefold() in listed:
            continue
        listed[name.casefold()] = name
        if named is None:
            yield f'# {_quoted(name)} = "…"   # UNSURE: nothing that is known is near'
        else:
            others = f": {' or '.join(named.others)} fits as well" if named.others else ""
            guess = f"   # GUESS{others}" if named.is_guess else ""
            yield f"{_quoted(name)} = {_quoted(named.code)}{guess}"
    if len(names) > _MOST_NAMES:
        yield f"# UNSURE: {len(names) - _MOST_NAMES:,} more names are not listed"


def _step_lines(step: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "[[step]]")
    for name, value in step.items():
        if name != "fields":
            yield f"{name} = {_toml(value)}"
    yield "[step.fields]"
    for name, value in step["fields"].items():
        yield f"{name} = {_toml(value)}"


def _toml(value: Any) -> str:
    """Return a value as TOML writes it on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(part)}" for name, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return _quoted(value)


def _quoted(value: Any) -> str:
    """Return a text, a number, a truth value or a list of them as TOML and JSON write it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
