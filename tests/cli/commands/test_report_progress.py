"""The progress report as JSON, and what it says without a journal."""

import json

from projections.progress.model import NOTHING
from support.cli_shell import Shell


def test_the_report_as_json_has_the_sections_of_the_page(lived: Shell) -> None:
    made = json.loads(lived("report", "progress", "--year", "2017", "--json").out)
    assert (made["period"], made["first_day"], made["last_day"]) == ("2017", "2017-01-01", "2017-12-31")
    sections = {section["id"]: section for section in made["sections"]}
    assert sections["challenges"]["title"] == "Challenges in 2017"
    assert sections["glance"]["figures"][0].keys() == {"label", "value", "of"}
    for section in made["sections"]:
        for table in section["tables"]:
            assert len({len(row) for row in table["rows"]}) <= 1, "each row has every heading"
    text = lived("report", "progress", "--year", "2017").out
    assert "## Challenges in 2017" in text


def test_a_file_that_ends_in_json_is_the_same(lived: Shell) -> None:
    assert lived("report", "progress", "--year", "2017", "--output", "year.json").code == 0
    written = (lived.folder / "year.json").read_text("utf-8")
    assert written == lived("report", "progress", "--year", "2017", "--format", "json").out


def test_views_without_a_journal_say_that_odd_entries_were_not_counted(lived: Shell) -> None:
    assert lived("views", "update").code == 0
    result = lived("report", "progress", "--year", "2017", "--views", str(lived.book), "--json")
    (section,) = (each for each in json.loads(result.out)["sections"] if each["id"] == "challenges")
    assert "were not counted" in section["note"]
    assert next(f["value"] for f in section["figures"] if f["label"].startswith("Odd")) == NOTHING
