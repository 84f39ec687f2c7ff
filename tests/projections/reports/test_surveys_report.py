"""The report of surveys: of clients (S0) and of team leaders (S4), with means and the answers behind them."""

from pathlib import Path
from typing import Any

import pytest

from support import given as g
from support.given import FOLLOW_UP
from support.reading import ask, new_book, of

USEFUL = {"question": "Was it useful?", "answers": 10, "mean": "4.5"}
SURVEYS = [
    *FOLLOW_UP,
    g.survey("2018-04-10", satisfaction="4.4", scale="1-5", answers=[USEFUL]),
    g.survey(
        "2018-05-10",
        respondents=20,
        satisfaction="3.0",
        scale="1 to 5",
        answers=[
            {"question": "WAS IT USEFUL?", "answers": 20, "mean": "3"},
            {"question": "Again?", "answers": 3, "mean": "5"},
        ],
    ),
    g.survey("2018-06-10", respondents=7, satisfaction="8", kind="team_leaders"),
]


def test_each_survey_has_its_kind_its_scale_and_its_answers(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", SURVEYS) as book:
        rows = ask(book, "surveys", "2018-06-10")
        assert [(row["kind"], row["scale"]) for row in rows] == [
            ("clients", "1-5"),
            ("clients", "1-5"),
            ("team_leaders", None),
        ]
        assert rows[1]["questions"] == ["WAS IT USEFUL?: 3 (20)", "Again?: 5 (3)"]
        assert len(ask(book, "surveys", "2018-06-09")) == 2


@pytest.mark.parametrize(
    ("on", "mean", "answers"),
    [("2018-05-09", "4.50", 10), ("2018-05-10", "3.50", 30), ("2018-05-11", "3.50", 30)],
)
def test_means_are_weighted_by_their_answers(tmp_path: Path, on: str, mean: str, answers: int) -> None:
    other = of("SSF-2", SURVEYS[: len(FOLLOW_UP)])
    with new_book(tmp_path / "book", SURVEYS, other) as book:

        def useful(**options: Any) -> dict[str, Any]:
            rows = ask(book, "surveys", on, by="question", **options)
            return next(row for row in rows if row["question"] == "Was it useful?")

        assert (useful()["mean"], useful()["answers"]) == (mean, answers)
        before = book.position()
        late = g.survey("2018-05-01", grant="SSF-2", scale="1-5", answers=[USEFUL])
        assert book.record(late, "s.cretary").outcome == "accepted"
        assert useful()["answers"] == answers + 10
        assert useful(known=before)["answers"] == answers


def test_kinds_and_scales_are_never_put_together(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", SURVEYS, g.survey("2018-06-11", respondents=1)) as book:
        rows = [tuple(row.values()) for row in ask(book, "surveys", "2018-06-11", by="kind")]
        assert rows == [
            ("clients", None, 1, 1, 0, None),
            ("clients", "1-5", 2, 32, 32, "3.52"),
            ("team_leaders", None, 1, 7, 7, "8.00"),
        ]


@pytest.mark.parametrize(("kind", "status"), [("clients", "met"), ("team_leaders", "overdue")])
def test_only_a_survey_of_clients_meets_the_obligation(tmp_path: Path, kind: str, status: str) -> None:
    with new_book(tmp_path / "book", FOLLOW_UP, g.survey("2018-04-10", kind=kind)) as book:
        (row,) = [row for row in ask(book, "timeline", "2018-07-31") if row["obligation"] == "client_survey"]
        assert row["status"] == status
