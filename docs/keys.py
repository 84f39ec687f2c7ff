"""Make the page that explains each key of each report, from the columns that the reports declare."""

from collections.abc import Iterator

from projections.query import AS_OF
from projections.reports import entries
from projections.reports.directory.match import MATCH_COLUMNS, RUNNING_COLUMNS
from projections.reports.results import sites
from projections.reports.results.library import SEARCH_COLUMNS
from projections.reports.sql_views import KEYS, REPORTS
from projections.schema.columns import Columns


def reports_page(made: str) -> Iterator[str]:
    """Yield the page of reports with their keys."""
    yield "# Reports\n\n" + made
    yield (
        "The keys of each report: in JSON, and as columns of CSV, XLSX and Parquet. Reports that are one"
        " SQL query are SQL views of the same name in `views.sqlite`, as of today. Days are ISO text, amounts"
        " text with the currency's minor units, shares text with four places. In XLSX, in Parquet and in the"
        " SQL views with the prefix `typed_`, amounts and shares are numbers, and days are dates (in"
        " `views.sqlite`, ISO text); typed views say `grant_id`, `window_name` and `limit_text`. Each report"
        " is as of a day and as known at a time: JSON and CSV hold only rows, so both dates go to standard"
        " error; in XLSX they are on the first sheet, in Parquet in the file's metadata."
        " [The command line](command-line.md) has the options.\n\n"
    )
    for name, columns in _reports():
        yield f"## {name}\n\n| Key | Meaning |\n| --- | --- |\n"
        for column in columns:
            yield f"| `{column.name}` | {column.meaning} |\n"
        yield "\n"


def _reports() -> Iterator[tuple[str, Columns]]:
    for name, report in REPORTS.items():
        yield f"report {name}", report(AS_OF, None).columns
        for key, question in KEYS.get(name, {}).items():
            option = "--waiting" if key == "waiting" else f"--by {key}"
            yield f"report {name} {option}", question(AS_OF).columns
    yield "entries", entries.COLUMNS
    yield "library search", SEARCH_COLUMNS
    yield "library match", MATCH_COLUMNS
    yield "library match --running", RUNNING_COLUMNS
    yield "activity sites", sites.COLUMNS
