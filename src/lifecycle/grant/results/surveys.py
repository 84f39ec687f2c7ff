"""Surveys: what clients, or team leaders, answered (S0, S4)."""

import re
from collections import Counter
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from lifecycle.grant.state import Evolves, unchanged
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent, Value
from lifecycle.kernel.likeness import group_key
from lifecycle.kernel.spec import GRANT, C, F
from lifecycle.types.money import Count
from lifecycle.types.vocabularies import Label, SurveyKind

_SCALE = re.compile(r"\s*(\d{1,3})\s*(?:-|\u2013|to)\s*(\d{1,3})\s*", re.ASCII)
_LARGEST = 999


def _as_scale(text: object) -> object:
    """Return a scale such as ``1 to 5`` as ``1-5``; another text as it is."""
    match = _SCALE.fullmatch(text) if isinstance(text, str) else None
    return text if match is None else f"{int(match[1])}-{int(match[2])}"


SurveyScale = Annotated[str, BeforeValidator(_as_scale), StringConstraints(pattern=r"^\d{1,3}-\d{1,3}$")]
"""The lowest and the highest point of a survey, like ``1-5``."""
Mean = Annotated[Decimal, Field(ge=0, le=_LARGEST)]
"""The mean of answers, on the survey's scale."""


class SurveyAnswer(Value):
    """What was answered to one question of a survey."""

    question: Label
    """The question. Surveys with the same question are summed, whatever its case."""
    answers: Annotated[Count, Field(ge=1)]
    """How many people answered it."""
    mean: Mean
    """The mean of their answers."""


class ClientSurveyRecorded(GrantEvent):
    """Clients, or team leaders, were asked how satisfied they are. Recorded by the secretariat."""

    VERSION: ClassVar[int] = 2

    respondents: Count
    """How many people answered."""
    satisfaction: Mean | None = None
    """The mean of the answers, on the survey's own scale."""
    kind: SurveyKind = "clients"
    """Who was asked: the clients, or team leaders."""
    scale: SurveyScale | None = None
    """The lowest and the highest point, like ``1-5``; if not given, at most 10."""
    answers: tuple[SurveyAnswer, ...] = ()
    """What was answered to each question."""

    @model_validator(mode="after")
    def _adds_up(self) -> "ClientSurveyRecorded":
        lowest, highest = (0, 10) if self.scale is None else map(int, self.scale.split("-"))
        if lowest >= highest:
            raise ValueError(f"scale {self.scale} has no points: write lowest and highest, like 1-5")
        stated = [("satisfaction", self.satisfaction)]
        stated += [(f"the mean of \u201c{answer.question}\u201d", answer.mean) for answer in self.answers]
        for name, mean in stated:
            if mean is not None and not lowest <= mean <= highest:
                raise ValueError(f"{name}, {mean:f}, is not on the scale from {lowest} to {highest}")
        questions = Counter(group_key(answer.question) for answer in self.answers)
        for answer in self.answers:
            if questions[group_key(answer.question)] > 1:
                raise ValueError(f"\u201c{answer.question}\u201d is answered twice: name each question once")
            if answer.answers > self.respondents:
                raise ValueError(
                    f"{answer.answers} people answered \u201c{answer.question}\u201d,"
                    f" and only {self.respondents} answered the survey"
                )
        return self

    def check_new(self) -> None:
        """Raise ``ValueError`` if nobody answered and there is a mean of the answers."""
        if not self.respondents and self.satisfaction is not None:
            raise ValueError("nobody answered: leave satisfaction out")


EVOLVE: Evolves = {ClientSurveyRecorded: unchanged}
"""The function by which each event changes the grant."""


class RecordClientSurvey(GrantCommand[ClientSurveyRecorded]):
    """Record how satisfied the recipients, or the team leaders, are."""


COMMANDS = (RecordClientSurvey.spec("grant record-survey", "secretariat", (F, C), GRANT),)
"""The commands, as the catalogue lists them."""
