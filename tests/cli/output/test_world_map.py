"""The map of the progress report: who gave and who received."""

from lxml import etree

from cli.output.world_map import caption, outlines, svg
from lifecycle.types.codes import COUNTRIES
from projections.progress.model import CountryMap
from support.cli_shell import Shell


def drawn(providing: set[str], receiving: set[str]) -> CountryMap:
    return CountryMap("Who gave and who received", frozenset(providing), frozenset(receiving))


def test_each_outline_is_of_a_country_that_a_command_takes() -> None:
    assert {*outlines()} - {""} <= {*COUNTRIES}
    assert len(outlines()) > 170


def test_each_country_has_the_colour_of_its_group() -> None:
    image = etree.fromstring(svg(drawn({"IN", "BR"}, {"TZ", "BR"})))
    groups = {group.get("fill"): [title.text for title in group.iter("title")] for group in image.iter("g")}
    assert groups == {
        "var(--first)": ["Tanzania: receives"],
        "var(--second)": ["India: provides"],
        "var(--third)": ["Brazil: receives and provides"],
    }


def test_a_map_of_all_countries_has_at_most_60_kb() -> None:
    codes = {*outlines()} - {""}
    assert len(svg(drawn(codes, codes)).encode()) <= 60_000


def test_a_country_that_is_too_small_is_named_below_the_map() -> None:
    assert "Too small to be drawn: Singapore." in caption(drawn({"SG"}, {"TZ"}))
    assert "Too small" not in caption(drawn({"IN"}, {"TZ"}))
    assert "Natural Earth, public domain" in caption(drawn({"IN"}, {"TZ"}))


def test_the_progress_report_has_the_map_and_the_table(lived: Shell) -> None:
    page = lived("report", "progress", "--year", "2017", "--output", "report.html")
    assert page.code == 0, page.err
    html = (lived.folder / "report.html").read_text("utf-8")
    assert "<title>Tanzania: receives</title>" in html
    assert "<title>India: provides</title>" in html
    assert "Grants by country" in html
    assert "<svg" not in lived("report", "progress", "--year", "2017").out
