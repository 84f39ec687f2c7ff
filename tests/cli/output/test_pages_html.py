"""Pages of HTML are valid, accessible and safe, and Parquet holds the same rows as JSON."""

import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cli.output.parquet import write_parquet
from projections.progress import at_a_glance
from projections.query import Report
from projections.reports.results import exchanges
from projections.reports.sql_views import KEYS, REPORTS
from support.cli_shell import Shell, bring_forward, on_grant
from support.pages import (
    SVG,
    assert_accessible,
    assert_self_contained,
    elements,
    hostile_life,
    parsed,
)


@pytest.fixture
def hostile(gb: Shell) -> Shell:
    """Return a shell with a book whose texts try to be markup and to control the terminal."""
    result = gb("record", gb.file(hostile_life()))
    assert result.code == 0, result.out
    return gb


PAGES = [
    ("report", "register", "--format", "html"),
    ("report", "value", "--format", "html"),
    ("report", "timeline", "--format", "html", "--as-of", "2017-06-01"),
    ("report", "glance", "--format", "html", "--as-of", "2017-06-01"),
    ("report", "progress", "--format", "html", "--year", "2017"),
    ("library", "search", "evil", "--format", "html"),
]


@pytest.mark.parametrize("words", PAGES, ids=lambda words: words[1])
def test_pages_are_valid_accessible_and_harmless(hostile: Shell, words: tuple[str, ...]) -> None:
    result = hostile(*words)
    assert result.code == 0, result.err
    assert_accessible(parsed(result.out))
    assert_self_contained(result.out)
    assert "\u202e" not in result.out
    assert result.out == hostile(*words).out


def test_a_text_is_shown_as_it_was_written(hostile: Shell) -> None:
    tree = parsed(hostile("report", "register", "--format", "html").out)
    cells = ["".join(cell.itertext()) for cell in elements(tree, "td")]
    assert any(cell.startswith("<script>alert(1)</script> & ]]> | `x` \\u{202e}evil") for cell in cells)


def test_markdown_takes_no_mark_from_a_text(hostile: Shell) -> None:
    text = hostile("report", "progress", "--year", "2017").out
    assert "<script" not in text.replace("\\<script", "")
    row = next(
        line
        for line in text.splitlines()
        if line.startswith("| G-1 |") and "alert" in line and "TZ" not in line
    )
    assert len(re.findall(r"(?<!\\)\|", row)) == 8
    assert "](" not in row.replace("\\](", "")


# ── the progress report ──────────────────────────────────────────────────────────────────────

SECTIONS = (
    "At a glance",
    "Grant status",
    "Approved in 2017",
    "Completed in 2017",
    "Portfolio",
    "Contributions",
    "Disbursement against time elapsed",
    "Disbursed of approved and of signed",
    "Pipeline",
    "Changes in 2017",
    "Challenges in 2017",
    "Timeline compliance",
    "Ratings",
    "Indicators",
    "Client survey",
    "Countries providing and receiving",
    "Outcomes",
    "Stories",
)


def test_the_progress_report_of_a_year_has_its_sections_and_figures(lived: Shell) -> None:
    result = lived("report", "progress", "--year", "2017")
    assert result.code == 0, result.err
    assert [line[3:] for line in result.out.splitlines() if line.startswith("## ")] == list(SECTIONS)
    for line in (
        "- Approved in 2017: **70,000.00 USD** (1 grant)",
        "- Net disbursed in 2017: **58,000.00 USD** (disbursed less refunded)",
        "- Share disbursed: **82.86 %** (net disbursed / committed)",
        "- Countries to date: **3** (2 receive, 1 provide, 0 do both)",
        "| G-1 | Learning about dairy | stand alone | Tanzania, Uganda | India | 2017-02-10 | 70,000.00 |",
        "| G-1 | Learning about dairy | 82.86 % | 75.34 % |",
    ):
        assert line in result.out.splitlines()
    position = lived("--json", "views", "status").row["journal"]
    assert f"up to journal position {position}." in result.out
    assert "As of 2017-12-31, as known at" in result.out


def test_the_progress_report_says_what_was_brought_forward(lived: Shell) -> None:
    """Totals of earlier years count in the year in which the book took them over, and are marked."""
    line = bring_forward(
        stage="effective",
        approved_on="2015-05-01",
        effective_on="2015-06-01",
        closing_date="2018-06-01",
        approved="10000.00 USD",
        disbursed="4000.00 USD",
    )
    assert lived("record", lived.file([line])).code == 0
    text = lived("report", "progress", "--year", "2017").out
    assert "(1 grant; 10,000.00 USD of it was brought forward)" in text
    assert "(disbursed less refunded; 4,000.00 USD of it was brought forward)" in text
    assert "Totals of earlier years were brought forward in 2017." in text
    assert (
        "brought forward" not in lived("report", "progress", "--year", "2018").out.split("## Approved in")[0]
    )


def test_the_progress_report_of_a_period_counts_the_flows_of_that_period(lived: Shell) -> None:
    def disbursed(*words: str) -> str:
        match = re.search(r"Net disbursed in .*: \*\*(.*)\*\*", lived("report", "progress", *words).out)
        assert match
        return match[1]

    assert disbursed("--quarter", "2017Q1") == "0.00 USD"
    assert disbursed("--quarter", "2017Q2") == "60,000.00 USD"
    assert disbursed("--quarter", "2017Q3") == "-2,000.00 USD"
    assert disbursed("--fiscal-year", "2017") == "60,000.00 USD"
    assert disbursed("--fiscal-year", "2018") == "-2,000.00 USD"
    assert disbursed("--year", "2017", "--as-of", "2017-06-30") == "60,000.00 USD"
    assert disbursed("--year", "2017", "--known", "5") == "0.00 USD"


def test_charts_are_drawn_in_the_pages_own_colours_with_their_figures_in_words(lived: Shell) -> None:
    text = lived("report", "progress", "--year", "2017", "--format", "html").out
    charts = list(parsed(text).iter(f"{SVG}svg"))
    assert len(charts) >= 5
    (stages,) = [chart for chart in charts if "Grants and proposals by stage" in str(chart.get("aria-label"))]
    assert "effective, number: 1" in str(stages.get("aria-label"))
    colours = {
        element.get(attribute)
        for chart in charts
        for element in chart.iter()
        for attribute in ("fill", "stroke")
    }
    assert "var(--first)" in colours
    assert not {colour for colour in colours if colour and colour.startswith("#0")}


def test_without_the_drawing_libraries_the_page_has_no_charts_and_says_why(lived: Shell) -> None:
    program = "import sys; sys.modules['vl_convert'] = None; from cli.main import main; main()"
    result = lived.other("report", "progress", "--year", "2017", "--format", "html", program=program)
    assert result.code == 0
    assert "without charts: they need pip install 'grantbook[charts]'" in result.err
    (world_map,) = parsed(result.out).iter(f"{SVG}svg")  # which needs no library
    assert "Who gave and who received" in world_map.attrib["aria-label"]


def test_a_period_that_has_not_begun_has_no_progress_report(lived: Shell) -> None:
    result = lived("report", "progress", "--year", "2190")
    assert (result.code, "nothing to report yet" in result.err) == (2, True)


# ── the glance ───────────────────────────────────────────────────────────────────────────────


def test_the_glance_fits_a_screen(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = lived("report", "glance", "--as-of", "2018-06-01")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line.startswith("Overdue: ")]
    assert "  Available to promise: 930,000.00 USD" in lines


def test_the_glance_begins_with_what_waits_for_whom(lived: Shell) -> None:
    asked = [
        on_grant(
            *("RequestPayment", "2017-09-01", "leader"),
            payment=f"P{n}",
            payee="Hotel",
            category="travel",
            amount="90.00 USD",
        )
        for n in range(2, 7)
    ]
    authorised = on_grant("AuthorisePayment", "2017-09-02", "cash", payment="P2")
    assert lived("record", lived.file([*asked, authorised])).code == 0
    row = lived("--json", "report", "glance").row
    assert row["waiting"] == [
        {
            "wait": "payments to authorise",
            "role": "finance",
            "count": 4,
            "first": ["G-1 P3", "G-1 P4", "G-1 P5"],
        },
        {"wait": "payments to pay", "role": "finance", "count": 1, "first": ["G-1 P2"]},
    ]
    shown = lived("report", "glance").out
    assert "payments to authorise  finance       4  G-1 P3, G-1 P4, G-1 P5 and 1 more" in shown
    assert [
        wait["count"] for wait in lived("--json", "report", "glance", "--as-of", "2017-09-01").row["waiting"]
    ] == [5]
    early = lived("--json", "report", "glance", "--as-of", "2017-01-31").row["waiting"]
    assert [(wait["wait"], wait["first"]) for wait in early] == [("proposals to approve or decline", ["G-1"])]


def test_the_glance_keeps_few_obligations_and_counts_all(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--json", "report", "glance", "--as-of", "2019-06-01")
    every = lived(*words).row
    assert every["overdue_count"] == len(every["overdue"]) > 1
    assert every["overdue"] == sorted(every["overdue"], key=lambda row: -row["days"])
    monkeypatch.setattr(at_a_glance, "KEPT", 1)
    few = lived(*words).row
    assert few["overdue"] == every["overdue"][:1]
    assert few["overdue_count"] == every["overdue_count"]
    screen = lived(*words[1:]).out
    assert f"Overdue: {every['overdue_count']}" in screen
    assert f"… and {every['overdue_count'] - 1} more" in screen


def test_the_glance_lists_what_was_recorded_since(lived: Shell) -> None:
    position = lived("--json", "views", "status").row["journal"]
    late = on_grant("RecordCost", "2017-06-01", "leader", purpose="supervision", amount="5.00 USD")
    assert lived("record", lived.file([late])).code == 0
    row = lived("--json", "report", "glance", "--as-of", "2018-06-01", "--since", str(position)).row
    assert row["changes"] == [{"entry": "CostRecorded", "recorded": 1, "grants": ["G-1"], "grants_count": 1}]
    assert row["money"][0]["committed"] == "70000.00"
    assert (row["available"], row["currency"]) == ("930000.00", "USD")
    since = lived("report", "glance", "--as-of", "2018-06-01", "--since", "2018-05-01").out
    assert "Changed since 2018-05-01: " in since
    earlier = lived(
        "--json", "report", "glance", "--as-of", "2018-06-01", "--known", "12", "--since", "12"
    ).row
    assert (earlier["known"], earlier["changes"]) == (12, [])


# ── Parquet ──────────────────────────────────────────────────────────────────────────────────


FORMS = [(name, *by) for name in REPORTS for by in [(), *(("--by", key) for key in KEYS.get(name, ()))]]


def parquet_report(shell: Shell, file: Path, *words: str) -> pa.Table:
    result = shell("report", *words, "--format", "parquet", "--output", str(file))
    assert result.code == 0, result.err
    return pq.read_table(file)


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_parquet_holds_what_json_says_in_types_that_do_not_depend_on_the_rows(
    lived: Shell, tmp_path: Path, words: tuple[str, ...]
) -> None:
    words = ("follow-ups", "--waiting") if words[0] == "follow-ups" and len(words) > 1 else words
    file, now = tmp_path / "report.parquet", (*words, "--as-of", "2017-12-31")
    table = parquet_report(lived, file, *now)
    rows = lived("--json", "report", *now).rows
    assert [{name: as_json(cell) for name, cell in row.items()} for row in table.to_pylist()] == [
        {name: number(cell) for name, cell in row.items()} for row in rows
    ]
    assert table.schema.metadata[b"as_of"] == b"2017-12-31"
    without_rows = parquet_report(lived, file, *words, "--as-of", "2008-09-30")
    assert without_rows.schema.types == table.schema.types


def as_json(cell: object) -> object:
    """Return a cell of Parquet as in JSON, but every number as a decimal."""
    return number(cell.isoformat() if isinstance(cell, date) else cell)


def number(cell: object) -> object:
    is_number = isinstance(cell, Decimal | float) or re.fullmatch(r"-?[0-9]+[.][0-9]+", str(cell))
    return Decimal(str(cell)) if is_number and not isinstance(cell, list) else cell


@pytest.mark.case("K8")
def test_parquet_has_numbers_and_days_that_other_programs_add_up(lived: Shell, tmp_path: Path) -> None:
    table = parquet_report(lived, tmp_path / "report.parquet", "disbursement", "--as-of", "2017-12-31")
    types = {field.name: str(field.type) for field in table.schema}
    assert (types["committed"], types["first_paid_on"], types["grant"], types["share_disbursed"]) == (
        "decimal128(38, 4)",
        "date32[day]",
        "string",
        "double",
    )
    assert pc.sum(table["committed"]).as_py() == Decimal("70000.00")
    assert table["first_paid_on"].to_pylist() == [date(2017, 5, 9)]
    by_window = parquet_report(lived, tmp_path / "report.parquet", "disbursement", "--by", "window")
    assert str(by_window.schema.field("grants").type) == "int64"
    windows = parquet_report(lived, tmp_path / "report.parquet", "windows")
    assert str(windows.schema.field("complies").type) == "bool"


def test_a_list_is_a_list_also_if_another_report_counts_under_its_name() -> None:
    cells: dict[str, object] = dict.fromkeys(exchanges.COLUMNS.names)
    row = exchanges.COLUMNS.row(**{**cells, "receiving": ["PE"], "women": 3})
    report = Report("exchanges", exchanges.COLUMNS, [row], date(2018, 1, 1), 1)
    file = io.BytesIO()
    write_parquet(report, file)
    (written,) = pq.read_table(file).to_pylist()
    assert (written["receiving"], written["women"]) == (["PE"], 3)
