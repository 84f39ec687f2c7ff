"""No wording of a library reaches a person, whatever the value of whatever field of whatever command."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from cli.shell.command_fields import fields_of_command
from cli.shell.options import words_from
from lifecycle.catalogue import SPECS
from lifecycle.kernel.command import Command
from lifecycle.parse import Hints, Malformed, command_class, command_from, every_command

pytestmark = pytest.mark.case("K6")
LIBRARY = re.compile(
    r"Input should|should have|after validation|instance of|Extra inputs|[Ff]ield required|validation error"
    r"|valid (integer|decimal|string|boolean|dictionary|list|tuple|number)|type=|pydantic|[Tt]uple|isoformat"
    r"|Traceback|\^\[|\{0,\d+\}|does not fit this field"
)
"""Words of pydantic, click and Python, patterns, and the sentence for an error that nobody has described."""
WRONG: tuple[Any, ...] = (
    *("", " ", "x", "Kenya", "kr", "a b", "1,000", "x" * 20_000, "\ud800", "\x1b[2J", "20%", "1e400"),
    *(5, -1, 1.5, 10**30, float("nan"), True, None),
    *([], [5], ["Kenya"], [[]], [{}], [{"x": 1}], [None], ["a"] * 200),
    *({}, {"x": 1}, {"x": {}}, {"": ""}, {"days": 1, "months": 2}, {"Ä": "x"}),
)
TYPED = ("", "x", "Kenya", "a=b", "a=b,c", "=", "{", "[1]", '{"x": 1}', "1.5", "line=travel,amount=5")


SHELL = [(spec.words, stream, spec.name) for stream, specs in SPECS.items() for spec in specs.values()]


def message(words: dict[str, Any]) -> str:
    """Return what a line of ``record``, and a mapping in Python, are answered."""
    try:
        command_from(words, Hints(lambda _: "EUR"))
    except Malformed as error:
        return str(error)
    return ""


def about(command: type[Command]) -> dict[str, Any]:
    """Return the words that say what the command is about."""
    return {"command": command.NAME} | {name: "G1" for name in ("grant", "call") if name in command.fields()}


@pytest.mark.parametrize("command", every_command(), ids=lambda command: command.__name__)
def test_no_field_of_a_line_is_answered_in_the_words_of_a_library(command: type[Command]) -> None:
    for field in command.fields():
        for value in WRONG:
            answer = message(about(command) | {field: value})
            assert not LIBRARY.search(answer), (field, value, answer)


@pytest.mark.parametrize("command", every_command(), ids=lambda command: command.__name__)
def test_no_field_of_an_event_in_python_is_answered_in_the_words_of_a_library(command: type[Command]) -> None:
    event_class: Any = command.EVENT
    for field in event_class.model_fields:
        for value in WRONG[:-6]:
            with pytest.raises(ValidationError) as refused:
                event_class(**{field: value})
            for detail in refused.value.errors():
                assert not LIBRARY.search(detail["msg"]), (field, value, detail["msg"])


@pytest.mark.parametrize(("words", "stream", "name"), SHELL, ids=str)
def test_no_option_is_answered_in_the_words_of_a_library(words: str, stream: str, name: str) -> None:
    command = command_class(name, stream)
    for field in fields_of_command(words):
        for typed in TYPED:
            fields, faults = words_from(command, {field.name: (typed,) if field.is_list else typed})
            answer = message(about(command) | fields) if not faults else str(faults)
            assert not LIBRARY.search(answer), (field.name, typed, answer)
