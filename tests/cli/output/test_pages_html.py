"""Pages of HTML, the progress report, the glance, and Parquet: valid, accessible, safe, alike."""

import io
import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.output.parquet import write_parquet
from projections.query import Report
from projections.reports.results import exchanges
from projections.reports.sql_views import KEYS, REPORTS
from support.cli_shell import Shell, officers, on_grant

HTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script> & ]]> | `x` \u202eevil \x1b[31m [a](javascript:b) " + "w" * 80


def parsed(text: str) -> Element:
    """The page, by a parser that takes no error."""
    tree: Element = html5lib.HTMLParser(strict=True).parse(text)
    return tree


def named(tree: Element, name: str) -> Iterator[Element]:
    return tree.iter(HTML + name)


def accessible(tree: Element) -> None:
    """What a screen reader, a keyboard and a phone need."""
    assert tree.get("lang") == "en"
    assert len(list(named(tree, "h1"))) == 1
    levels = [int(e.tag[-1]) for e in tree.iter() if re.fullmatch(r"\{.*\}h[1-6]", str(e.tag))]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(list(named(tree, "main"))) == 1
    for table in named(tree, "table"):
        assert table.find(f"{HTML}caption") is not None
        assert all(head.get("scope") in ("col", "row") for head in table.iter(f"{HTML}th"))
    for region in tree.iter():
        assert int(region.get("tabindex", "0")) == 0
        assert region.get("tabindex") is None or region.get("aria-label")
    for drawing in tree.iter(f"{SVG}svg"):
        assert drawing.get("role") == "img"
        assert drawing.get("aria-label")
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert all(link.get("href", "#")[1:] in ids for link in named(tree, "a"))


def alone(text: str) -> None:
    """The page needs no network and runs nothing."""
    assert "<script" not in text
    assert not re.search(r'(src|href)="(?!#)', text)
    assert "url(h" not in text
    assert "@import" not in text


@pytest.fixture
def hostile(gb: Shell) -> Shell:
    """A book whose texts try to be markup, and steer."""
    proposed = on_grant(
        "ProposeGrant",
        "2017-01-10",
        "leader",
        title=HOSTILE.replace("\x1b", ""),
        window="stand_alone",
        recipients=["TZ"],
        providers=["IN"],
        sector="<b>agri</b>",
        objective=HOSTILE.replace("\x1b", ""),
        amount="1000.00 USD",
        months=12,
    )
    asked = on_grant(
        "RequestFunding",
        "2017-01-11",
        "leader",
        amount="1000.00 USD",
        budget=[{"line": "<i>", "amount": "1000.00 USD"}],
        letters=[{"country": "TZ", "ministry": "Livestock", "dated": "2017-01-01"}],
    )
    approved = on_grant("ApproveGrant", "2017-01-12", "boss", amount="1000.00 USD")
    signed = on_grant("SignAgreement", "2017-01-13", "desk")
    effective = on_grant("MakeEffective", "2017-01-14", "desk", closing_date="2017-12-31")
    done = gb("record", gb.file([*officers(), proposed, asked, approved, signed, effective]))
    assert done.code == 0, done.out
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
    result = hostile.other(*words)
    assert result.code == 0, result.err
    accessible(parsed(result.out))
    alone(result.out)
    assert "\u202e" not in result.out
    assert result.out == hostile.other(*words).out


def test_a_text_is_shown_as_it_was_written(hostile: Shell) -> None:
    tree = parsed(hostile("report", "register", "--format", "html").out)
    cells = ["".join(cell.itertext()) for cell in named(tree, "td")]
    assert any(cell.startswith("<script>alert(1)</script> & ]]> | `x` \\u{202e}evil") for cell in cells)


def test_markdown_takes_no_mark_from_a_text(hostile: Shell) -> None:
    text = hostile("report", "progress", "--year", "2017").out
    assert "<script" not in text.replace("\\<script", "")
    (row,) = [
        line
        for line in text.splitlines()
        if line.startswith("| G-1 |") and "alert" in line and "TZ" not in line
    ][:1]
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
    "Timeline compliance",
    "Client survey",
    "Countries providing and receiving",
    "Outcomes",
    "Stories",
)


def test_the_report_of_a_year(lived: Shell) -> None:
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


def test_a_quarter_and_a_fiscal_year_have_flows_of_their_own(lived: Shell) -> None:
    def disbursed(*words: str) -> str:
        found = re.search(r"Net disbursed in .*: \*\*(.*)\*\*", lived("report", "progress", *words).out)
        assert found
        return found[1]

    assert disbursed("--quarter", "2017Q1") == "0.00 USD"
    assert disbursed("--quarter", "2017Q2") == "60,000.00 USD"
    assert disbursed("--quarter", "2017Q3") == "-2,000.00 USD"
    assert disbursed("--fiscal-year", "2017") == "60,000.00 USD"
    assert disbursed("--fiscal-year", "2018") == "-2,000.00 USD"
    assert disbursed("--year", "2017", "--as-of", "2017-06-30") == "60,000.00 USD"
    assert disbursed("--year", "2017", "--known", "5") == "0.00 USD"


def test_charts_are_drawn_in_the_pages_own_colours_with_their_figures_in_words(lived: Shell) -> None:
    text = lived("report", "progress", "--year", "2017", "--format", "html").out
    drawings = list(parsed(text).iter(f"{SVG}svg"))
    assert len(drawings) >= 5
    (stages,) = [one for one in drawings if "Grants and proposals by stage" in str(one.get("aria-label"))]
    assert "effective, number: 1" in str(stages.get("aria-label"))
    colours = {e.get(part) for one in drawings for e in one.iter() for part in ("fill", "stroke")}
    assert "var(--first)" in colours
    assert not {colour for colour in colours if colour and colour.startswith("#0")}


def test_without_the_drawing_libraries_the_page_is_written_and_says_so(lived: Shell) -> None:
    hidden = "import sys; sys.modules['vl_convert'] = None; from cli.main import main; main()"
    result = lived.other("report", "progress", "--year", "2017", "--format", "html", program=hidden)
    assert result.code == 0
    assert "without charts: they need pip install 'grantbook[charts]'" in result.err
    assert not list(parsed(result.out).iter(f"{SVG}svg"))


def test_a_period_that_has_not_begun(lived: Shell) -> None:
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


def test_the_glance_tells_what_was_recorded_since(lived: Shell) -> None:
    position = lived("--json", "views", "status").row["journal"]
    late = on_grant("RecordCost", "2017-06-01", "leader", purpose="supervision", amount="5.00 USD")
    assert lived("record", lived.file([late])).code == 0
    row = lived("--json", "report", "glance", "--as-of", "2018-06-01", "--since", str(position)).row
    assert row["changes"] == [{"entry": "CostRecorded", "recorded": 1, "grants": ["G-1"]}]
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


def parquet(shell: Shell, file: Path, *words: str) -> pa.Table:
    done = shell("report", *words, "--format", "parquet", "--output", str(file))
    assert done.code == 0, done.err
    return pq.read_table(file)


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_parquet_holds_what_json_says_in_types_that_do_not_depend_on_the_rows(
    lived: Shell, tmp_path: Path, words: tuple[str, ...]
) -> None:
    words = ("follow-ups", "--waiting") if words[0] == "follow-ups" and len(words) > 1 else words
    file, now = tmp_path / "report.parquet", (*words, "--as-of", "2017-12-31")
    table = parquet(lived, file, *now)
    assert table.to_pylist() == lived("--json", "report", *now).rows
    assert table.schema.metadata[b"as_of"] == b"2017-12-31"
    before = parquet(lived, file, *words, "--as-of", "2008-09-30")
    assert before.schema.types == table.schema.types


def test_parquet_types(lived: Shell, tmp_path: Path) -> None:
    """Days ISO text, amounts and shares text as in CSV; what is counted is a number."""
    table = parquet(lived, tmp_path / "report.parquet", "disbursement", "--as-of", "2017-12-31")
    assert {str(one) for one in table.schema.types} == {"string"}
    row = table.to_pylist()[0]
    assert (row["committed"], row["first_paid_on"]) == ("70000.00", "2017-05-09")
    counted = parquet(lived, tmp_path / "report.parquet", "disbursement", "--by", "window")
    assert str(counted.schema.field("grants").type) == "int64"
    found = parquet(lived, tmp_path / "report.parquet", "windows")
    assert str(found.schema.field("complies").type) == "bool"


def test_a_list_is_a_list_also_if_another_report_counts_under_its_name() -> None:
    cells: dict[str, object] = dict.fromkeys(exchanges.COLUMNS.names)
    row = exchanges.COLUMNS.row(**{**cells, "receiving": ["PE"], "women": 3})
    report = Report("exchanges", exchanges.COLUMNS, [row], date(2018, 1, 1), 1)
    file = io.BytesIO()
    write_parquet(report, file)
    (found,) = pq.read_table(file).to_pylist()
    assert (found["receiving"], found["women"]) == (["PE"], 3)
