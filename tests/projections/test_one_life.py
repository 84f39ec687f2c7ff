"""The published life of one grant, with the figures that every report must then give."""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.parse import command_from
from support.reading import ask

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir() and os.environ.get("CI") != "true", reason="the published life is not there"
)
pytestmark = [needs_data, pytest.mark.usefixtures("views")]
END = "2018-12-31"
GRANT = "SSF-2017-01"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((DATA / "one_grant.expected.json").read_text("utf-8"))
    return expected


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Book, int]]:
    """The book after both parts, and the position after the first."""
    path = tmp_path_factory.mktemp("life") / "book"
    on = date(2008, 10, 1)
    with Book.create(
        path, name="SEETF", currency="USD", fiscal_year_start=7, on=on, recorder="admin"
    ) as book:
        after = []
        for part in ("part1", "part2"):
            with book.batch():
                for line in (DATA / f"one_grant.{part}.jsonl").read_text("utf-8").splitlines():
                    book.record(command_from(json.loads(line)), "admin")
            after.append(book.position())
        yield book, after[0]


def part_of(row: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in keys}


def test_disbursement_at_the_end(lived: tuple[Book, int], expected: dict[str, Any]) -> None:
    figures = expected["disbursement_as_of_2018-12-31"]
    (row,) = ask(lived[0], "disbursement", END)
    assert part_of(row, figures) == figures


@pytest.mark.parametrize("known", ["now", "T"])
def test_disbursement_before_and_after_the_correction_was_known(
    lived: tuple[Book, int], expected: dict[str, Any], known: str
) -> None:
    figures = expected[f"disbursement_as_of_2017-12-31_known_{known}"]
    book, position = lived
    (row,) = ask(book, "disbursement", "2017-12-31", known=None if known == "now" else position)
    assert part_of(row, figures) == figures


@pytest.mark.parametrize("key", ["fiscal_year", "calendar_year"])
def test_net_disbursed_by_year(lived: tuple[Book, int], expected: dict[str, Any], key: str) -> None:
    figures = expected[f"net_disbursed_by_{key}"]
    actual = {
        row[key]: row["net_disbursed"] for row in ask(lived[0], "disbursement", END, by=key.replace("_", "-"))
    }
    assert {period: actual[period] for period in figures} == figures


def test_timeline(lived: tuple[Book, int], expected: dict[str, Any]) -> None:
    figures = expected["timeline_as_of_2018-12-31"]
    actual = {}
    for row in ask(lived[0], "timeline", END):
        name = row["obligation"] if row["item"] is None else f"{row['obligation']}:{row['item']}"
        actual[name] = [row[column] for column in expected["timeline_columns"]]
    assert {name: actual[name] for name in figures} == figures


def test_fund(lived: tuple[Book, int], expected: dict[str, Any]) -> None:
    total = ask(lived[0], "fund", END)[-1]
    assert total["partner"] is None
    assert part_of(total, expected["fund"]) == expected["fund"]


def test_register(lived: tuple[Book, int]) -> None:
    (row,) = ask(lived[0], "register", END, grant=GRANT)
    assert row["recipients"] == ["TZ", "UG"]
    assert (row["stage"], row["edition"], row["closing_date"], row["closed_on"]) == (
        "closed",
        "2017-01",
        "2018-03-31",
        "2018-10-20",
    )
    assert ask(lived[0], "register", "2017-01-09") == []
    assert ask(lived[0], "register", "2018-10-19")[0]["stage"] == "follow_up"
