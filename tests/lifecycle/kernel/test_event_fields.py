"""Fields of an event that contradict each other, or leave out what the event is about, make no command."""

from typing import Any

import pytest

from lifecycle.parse import Malformed, command_from

GRANT = {"grant": "SSF-1", "actor": "t.leader", "on": "2012-01-10"}
CALL = {
    "command": "OpenCall",
    "call": "C-1",
    "actor": "s.ecretary",
    "on": "2012-01-10",
    "window": "stand_alone",
    "envelope": "1000.00 USD",
    "criteria": ["demand"],
    "closes": "2012-02-01",
}
PLAN = GRANT | {
    "command": "PlanActivity",
    "activity": "A1",
    "instrument": "study_tour",
    "starts": "2012-02-01",
    "ends": "2012-02-03",
    "countries": ["IN"],
}
PAY = GRANT | {"command": "DisburseFunds", "payment": "P1", "amount": "10.00 USD"}
LESSON = GRANT | {"command": "RecordLesson", "worked": "Asking early", "why": "They knew"}
INVOLVE = GRANT | {"command": "InvolveParty", "role": "facilitating", "country": "IN"}
TARGET = GRANT | {
    "command": "SetIndicator",
    "indicator": "jobs",
    "unit": "jobs",
    "baseline": "0",
    "target": "7000",
    "by": "2014-12-31",
}
SURVEY = GRANT | {
    "command": "RecordClientSurvey",
    "respondents": 12,
    "scale": "1 to 5",
    "answers": [{"question": "Useful?", "answers": 12, "mean": "5"}],
}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "call opens before it is announced": (CALL | {"opens": "2012-01-09"}, "before it was announced"),
    "call closes before it opens": (CALL | {"opens": "2012-02-02"}, "before it opens"),
    "criterion twice": (CALL | {"criteria": ["demand", "demand"]}, "named twice"),
    "ends before it starts": (PLAN | {"ends": "2012-01-31"}, "before it starts"),
    "session on another day": (PLAN | {"starts_at": "2012-02-09T10:00:00Z", "minutes": 60}, "is not between"),
    "minutes of no session": (PLAN | {"minutes": 60}, "give both"),
    "nobody involved": ({name: INVOLVE[name] for name in INVOLVE if name != "country"}, "name a country"),
    "paid in another currency at no rate": (PAY | {"paid_amount": "9.00 EUR"}, "together, or neither"),
    "a lesson of nothing": ({name: LESSON[name] for name in LESSON if name != "worked"}, "say what worked"),
    "a target that is the baseline": (TARGET | {"baseline": "7000.0"}, "nothing to reach"),
    "a group twice": (TARGET | {"disaggregation": ["women", "women"]}, "named twice"),
    "a scale without points": (SURVEY | {"scale": "5-5"}, "has no points"),
    "a mean beyond the scale": (SURVEY | {"scale": "1-4"}, "Useful.*is not on the scale from 1 to 4"),
    "satisfaction below the scale": (SURVEY | {"satisfaction": "0.9"}, "satisfaction, 0.9, is not on"),
    "satisfaction of nobody": (
        {name: SURVEY[name] for name in SURVEY if name != "answers"}
        | {"respondents": 0, "satisfaction": "3"},
        "nobody answered: leave satisfaction out",
    ),
    "satisfaction without a scale": (
        {name: SURVEY[name] for name in SURVEY if name != "scale"} | {"satisfaction": "10.1"},
        "from 0 to 10",
    ),
    "more answers than respondents": (SURVEY | {"respondents": 11}, "only 11 answered the survey"),
    "given up for no reason": (GRANT | {"command": "LapseGrant", "given_up": True}, "needs a reason"),
}


@pytest.mark.parametrize("case", WRONG)
def test_words_with_a_fault_make_no_command(case: str) -> None:
    words, why = WRONG[case]
    with pytest.raises(Malformed, match=why):
        command_from(words)


@pytest.mark.parametrize(
    "words", [CALL, PLAN, PAY, LESSON, INVOLVE, TARGET, SURVEY], ids=lambda words: words["command"]
)
def test_words_without_the_fault_make_a_command(words: dict[str, Any]) -> None:
    name = words["command"]
    assert name == command_from(words).NAME
