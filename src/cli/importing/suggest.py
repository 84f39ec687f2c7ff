"""A map that is proposed from the headers of a table, and what it is unsure of."""

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from cli.importing.mapping.days import pattern_of
from cli.importing.readers.reading import Reading, ending_of, rows_of
from cli.importing.rows import BadFile, Cell, Row, column_key
from cli.importing.templates import template_of

_READ = 200
"""How many rows are looked at."""
_WORDS: dict[str, tuple[str, ...]] = {
    "Grant": ("grant", "project", "id", "reference", "case", "file no", "number", "identifier"),
    "Title": ("title", "name of project", "project title", "subject"),
    "Window": ("window", "type", "programme", "category", "modality"),
    "Recipients": ("recipient", "receiving", "beneficiary", "country", "countries"),
    "Providers": ("provider", "providing", "knowledge from", "source country", "host"),
    "Sector": ("sector", "theme", "topic", "thematic"),
    "Objective": ("objective", "aim", "purpose", "description"),
    "Months": ("months", "duration"),
    "Amount": ("amount", "value", "sum", "total", "usd", "eur", "paid", "budget"),
    "Currency": ("currency", "ccy"),
    "Proposed on": ("proposed", "received on", "application", "submitted"),
    "Approved on": ("approved", "approval", "award date", "decision"),
    "Effective on": ("effective", "start"),
    "Closing date": ("closing", "end date", "ends", "completion"),
    "Closed on": ("closed",),
    "Payment": ("payment", "voucher", "invoice", "transaction", "payment ref"),
    "Payee": ("payee", "paid to", "vendor", "supplier", "beneficiary name"),
    "Line": ("line", "budget line", "cost category"),
    "Requested on": ("requested", "request date"),
    "Paid on": ("paid on", "payment date", "value date", "date paid", "date"),
    "Partner": ("partner", "donor", "contributor", "code"),
    "Name": ("name",),
    "Kind": ("kind", "type"),
    "Joined on": ("joined", "since"),
    "Received on": ("received", "date received", "value date", "date"),
    "Worth": ("worth", "equivalent", "holding"),
}
"""Words in headers that may stand for each column of the shipped maps."""
_FORMS = ("DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "D MONTH YYYY", "YYYY/MM/DD", "D/M/YY")


def suggestion(path: Path) -> str:
    """Return a map for a table, with a comment on each line that it is unsure of. Raises `BadFile`."""
    if ending_of(path) not in (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".ods"):
        raise BadFile(
            f"{path.name}: a map is suggested for tables: for others begin with a shipped one,"
            " grantbook import --show-map iati-2.03"
        )
    rows = list(islice(rows_of(path, Reading(), lambda _rule, _first: None), _READ))
    if not rows:
        raise BadFile(f"{path.name}: it has no rows below a header")
    names = rows[0].names()
    kind, pairs = max(
        ((kind, _pairs(names, template_of(kind)[0])) for kind in ("payments", "grants", "partners")),
        key=lambda found: len(found[1]) / len(template_of(found[0])[0]),
    )
    return "\n".join(_lines(path, kind, pairs, names, rows)) + "\n"


def _pairs(names: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    """Return the header that fits each column of a shipped map best; each header once."""
    scores = sorted(
        ((_score(name, column), column, name) for column in columns for name in names), reverse=True
    )
    pairs: dict[str, str] = {}
    for score, column, name in scores:
        if score and column not in pairs and name not in pairs.values():
            pairs[column] = name
    return pairs


def _score(name: str, column: str) -> int:
    """Return how well a header fits a column: 100 if it is its name, less for one of its words."""
    if column_key(name) == column_key(column):
        return 100
    key = " ".join(name.casefold().split())
    words = [word for word in _WORDS.get(column, ()) if re.search(rf"\b{re.escape(word)}", key)]
    return max((50 if word == key else len(word) for word in words), default=0)


def _lines(
    path: Path, kind: str, pairs: dict[str, str], names: Sequence[str], rows: Sequence[Row]
) -> list[str]:
    from cli.importing.mapping.load import shipped

    text = shipped()[kind]
    lines = [
        f"# Suggested for {path.name} from its header, by the shipped map {kind}. Read every line that says",
        "# UNSURE, then run grantbook import THIS-FILE.toml with --check.",
    ]
    columns = template_of(kind)[0]
    for column in columns:
        name = pairs.get(column)
        if name is None:
            lines.append(f"# UNSURE: no header fits {column!r}: where does it come from?")
        elif _score(name, column) < 50:
            lines.append(f"# UNSURE: {name!r} is taken for {column!r}")
    lines += [f"# UNSURE: {name!r} is not used" for name in names if name not in pairs.values()]
    lines += _about_days(columns, pairs, rows)
    for column, name in pairs.items():
        text = text.replace(f'"{column}"', f'"{name}"')
    return [*lines, "", _with_formats(text, _forms(columns, pairs, rows)).rstrip("\n")]


def _with_formats(text: str, forms: Sequence[str]) -> str:
    """Return the map with formats of days that were found."""
    if not forms:
        return text
    listed = ", ".join(f'"{form}"' for form in forms)
    return re.sub(r"(?m)^formats = .*$", f"formats = [{listed}]", text)


def _forms(columns: Sequence[str], pairs: dict[str, str], rows: Sequence[Row]) -> list[str]:
    """Return the formats in which every day of the table can be read, the day first."""
    cells = _day_cells(columns, pairs, rows)
    texts = [
        cell.text
        for cell in cells
        if isinstance(cell.value, str) and not re.match(r"\d{4}-\d\d-\d\d", cell.text)
    ]
    return [form for form in _FORMS if texts and all(_fits(form, text) for text in texts)][:1]


def _about_days(columns: Sequence[str], pairs: dict[str, str], rows: Sequence[Row]) -> list[str]:
    texts = [cell.text for cell in _day_cells(columns, pairs, rows) if isinstance(cell.value, str)]
    fitting = [form for form in _FORMS if texts and all(_fits(form, text) for text in texts)]
    if {"DD/MM/YYYY", "MM/DD/YYYY"} <= set(fitting):
        return ["# UNSURE: days may have the day or the month first: DD/MM/YYYY is taken"]
    return []


def _fits(form: str, text: str) -> bool:
    pattern = pattern_of(form)
    match = None if pattern is None else pattern.fullmatch(text)
    return match is not None and int(match.groupdict().get("month") or 1) <= 12


def _day_cells(columns: Sequence[str], pairs: dict[str, str], rows: Sequence[Row]) -> list[Cell]:
    names = [pairs[column] for column in columns if column in pairs and column.endswith((" on", " date"))]
    cells = [row.cell(name) for row in rows for name in names]
    return [cell for cell in cells if not cell.is_empty]
