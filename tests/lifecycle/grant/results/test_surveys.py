"""What a survey may say: each question once, within its scale and its respondents."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lifecycle.decide.correction.correct_entry import faults_of_reading
from lifecycle.grant import events as was
from lifecycle.journal.mapper import entry_of, stored_as
from lifecycle.journal.stored_row import with_sum
from lifecycle.kernel.history import Entry
from lifecycle.parse import Malformed
from support import given as g
from support.given import FOLLOW_UP, given

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def answer(question: str, answers: int = 2, mean: str = "4") -> dict[str, Any]:
    return {"question": question, "answers": answers, "mean": mean}


@pytest.mark.parametrize("again", ["Useful?", "useful?", " USEFUL? "])
def test_a_question_is_answered_once_in_a_survey(again: str) -> None:
    with pytest.raises(Malformed, match="name each question once"):
        g.survey("2018-05-01", respondents=5, scale="1-5", answers=[answer("Useful?"), answer(again)])


def test_answers_are_of_the_respondents_and_on_the_scale() -> None:
    given(FOLLOW_UP).when(
        g.survey("2018-05-01", respondents=5, scale="1-5", answers=[answer("Useful?", 5, "5")])
    ).then(was.ClientSurveyRecorded)
    for wrong in (answer("Useful?", 6), answer("Useful?", 5, "5.1")):
        with pytest.raises(Malformed):
            g.survey("2018-05-01", respondents=5, scale="1-5", answers=[wrong])


@pytest.mark.parametrize("scale", ["1-5", "1-05", "01 to 5", " 1 - 5 "])
def test_a_scale_is_the_same_however_it_is_written(scale: str) -> None:
    given(FOLLOW_UP).when(g.survey("2018-05-01", respondents=5, scale=scale)).then(
        was.ClientSurveyRecorded, scale="1-5"
    )


NOBODY = {"on": "2018-05-01", "actor": "s.cretary", "respondents": 0, "satisfaction": "3"}
"""A survey as a program recorded it that took a mean of no answers."""


@pytest.mark.parametrize("version", [1, 2])
def test_a_stored_survey_of_nobody_is_read(version: int) -> None:
    entry = Entry("grant:G1", 1, was.ClientSurveyRecorded.model_validate(NOBODY), NOW, "admin", "c1")
    topic = f"ClientSurveyRecorded.v{version}"
    read = entry_of(with_sum(stored_as(entry)._replace(topic=topic)))
    assert isinstance(read.event, was.ClientSurveyRecorded)
    assert (read.event.respondents, str(read.event.satisfaction)) == (0, "3")


def test_no_correction_gives_nobody_a_satisfaction_or_has_to_mend_another_one() -> None:
    told = was.ClientSurveyRecorded.model_validate(NOBODY)
    asked = was.ClientSurveyRecorded.model_validate(NOBODY | {"respondents": 2})
    assert faults_of_reading(asked, {"respondents": 0}) == [
        (("reads",), "nobody answered: leave satisfaction out")
    ]
    others: list[dict[str, object]] = [{"respondents": 0, "satisfaction": None}, {"kind": "team_leaders"}]
    for fields in others:
        assert not faults_of_reading(asked, fields)
        assert not faults_of_reading(told, fields)
