"""What each key of each report means, as one page: no key without a meaning, no meaning without a key."""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, Select

from projections import store
from projections.query import AS_OF
from projections.reports.results import sites
from projections.reports.results.library import MATCH_COLUMNS, SEARCH_COLUMNS
from projections.reports.sql_views import KEYS, REPORTS, Question

_EVERY = "every"
_BEFORE_ANYTHING = date(2000, 1, 1)


def reports_page(made: str) -> Iterator[str]:
    """Every report with its keys. Raises ``SystemExit`` for a key without a meaning, or the other way."""
    told = tomllib.loads(Path(__file__).with_name("keys.toml").read_text("utf-8"))
    used: set[tuple[str, str]] = set()
    yield "# Reports\n\n" + made
    yield (
        "The keys of each report: in JSON, and as columns of CSV and Parquet. Reports that are one question"
        " are SQL views of the same name in `views.sqlite`, as of today. Days are ISO text, amounts text with"
        " the currency's minor units, shares text with four places. Each report is as of a day and as known"
        " at a time: JSON and CSV are rows alone, so both dates go to standard error, and in Parquet they are"
        " metadata of the file. [The command line](command-line.md) has the options.\n\n"
    )
    for name, sections, columns in _reports():
        yield f"## {name}\n\n| Key | Meaning |\n| --- | --- |\n"
        for column in columns:
            found = next((section for section in sections if column in told.get(section, {})), None)
            if found is None:
                raise SystemExit(f"docs/keys.toml does not say what {column} means in {name}")
            used.add((found, column))
            yield f"| `{column}` | {told[found][column]} |\n"
        yield "\n"
    every = {(section, key) for section, keys in told.items() for key in keys}
    if unused := sorted(every - used):
        raise SystemExit(f"docs/keys.toml tells of keys that no report has: {unused}")


def _reports() -> Iterator[tuple[str, tuple[str, ...], Sequence[str]]]:
    """Name, the sections in which a meaning is looked for, and columns."""
    with store.in_memory().connect() as connection:
        for name, report in REPORTS.items():
            yield f"report {name}", (name, _EVERY), _columns(connection, report(AS_OF, None))
            for key, question in KEYS.get(name, {}).items():
                option = "--waiting" if key == "waiting" else f"--by {key}"
                sections = (f"{name} by", name, _EVERY)
                yield f"report {name} {option}", sections, _columns(connection, question(AS_OF))
    for name, columns in (
        ("library search", SEARCH_COLUMNS),
        ("library match", MATCH_COLUMNS),
        ("activity sites", sites.COLUMNS),
    ):
        yield name, (name, _EVERY), columns


def _columns(connection: Connection, question: Question) -> Sequence[str]:
    if isinstance(question, Select):
        return question.selected_columns.keys()
    return question(connection, _BEFORE_ANYTHING)[0]
