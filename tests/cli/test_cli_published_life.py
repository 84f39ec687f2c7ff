"""The published life of one grant: both parts, their refusals by line and name, and each figure."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from support.cli_shell import Shell

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not DATA.exists() and os.environ.get("CI") != "true", reason="the shared data is not beside the project"
)


@pytest.fixture(scope="module")
def expected() -> Any:
    return json.loads((DATA / "one_grant.expected.json").read_text())


def record(gb: Shell, part: str) -> list[dict[str, Any]]:
    result = gb("--json", "record", "--continue", str(DATA / f"one_grant.{part}.jsonl"))
    assert result.code == 1
    return result.rows


def assert_has(row: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {key: row[key] for key in expected} == expected


def test_the_published_life_has_its_refusals_and_figures(gb: Shell, expected: Any) -> None:
    rows = {"part1": record(gb, "part1")}
    position = rows["part1"][-2]["position"] or gb("--json", "views", "status").row["journal"]
    moment = gb("--json", "audit", "history", "SSF-2017-01").rows[-1]["recorded_at"]
    rows["part2"] = record(gb, "part2")
    for part, receipts in rows.items():
        refused = {str(row["line"]): row["refusal"] for row in receipts if row["outcome"] == "refused"}
        assert refused == expected[part]["refused"]
        accepted = sum(row["outcome"] == "accepted" for row in receipts)
        assert accepted == expected[part]["accepted"]
    _check_figures(gb, expected, str(position), moment)
    before = gb("--json", "views", "status").row
    for part in ("part1", "part2"):
        again = record(gb, part)
        assert {row["outcome"] for row in again} == {"repeat"}
        assert [row["refusal"] for row in again] == [row["refusal"] for row in rows[part]]
        assert [row["entries"] for row in again] == [row["entries"] for row in rows[part]]
    assert gb("--json", "views", "status").row == before
    verified = gb("audit", "verify", "--rules")
    assert verified.code == 0, verified.err
    assert re.search(r"rules judged for (all|the) \d+ entries", verified.out)


def _check_figures(gb: Shell, expected: Any, *known_at: str) -> None:
    def disbursement(*words: str) -> list[dict[str, Any]]:
        return gb("--json", "report", "disbursement", *words).rows

    assert_has(disbursement("--as-of", "2018-12-31")[0], expected["disbursement_as_of_2018-12-31"])
    assert_has(disbursement("--as-of", "2017-12-31")[0], expected["disbursement_as_of_2017-12-31_known_now"])
    for known in known_at:
        (row,) = disbursement("--as-of", "2017-12-31", "--known", known)
        assert_has(row, expected["disbursement_as_of_2017-12-31_known_T"])
    for by, column in (("fiscal-year", "fiscal_year"), ("calendar-year", "calendar_year")):
        net = {row[column]: row["net_disbursed"] for row in disbursement("--by", by, "--as-of", "2018-12-31")}
        assert_has(net, expected[f"net_disbursed_by_{column}"])
    timeline = {}
    for row in gb("--json", "report", "timeline", "--as-of", "2018-12-31").rows:
        name = row["obligation"] if row["item"] is None else f"{row['obligation']}:{row['item']}"
        timeline[name] = [row[column] for column in expected["timeline_columns"]]
    assert_has(timeline, expected["timeline_as_of_2018-12-31"])
    (total,) = [row for row in gb("--json", "report", "fund").rows if row["partner"] is None]
    assert_has(total, expected["fund"])
    history = gb("--json", "audit", "history", "SSF-2017-01").rows
    assert len(history) == expected["entries_in_the_grant_stream"]
