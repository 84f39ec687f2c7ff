"""What a survey may say: each question once, within its scale and its respondents."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.parse import Malformed
from support import given as g
from support.given import FOLLOW_UP, given


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
