"""Makes the arguments and options of a command from the table of its fields, without loading the command."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import click

_ALIASES = {"category": ("line",), "from_line": ("from",), "to_line": ("to",)}
"""Further names of an option, by field."""


class Field(NamedTuple):
    """How one field of a command is typed."""

    name: str
    metavar: str | None
    """How help names the value; `None` leaves it to click."""
    help: str
    form: str = "text"
    """The form of the value: text, int, flag, choice, day, money, number, model, pairs or any."""
    choices: tuple[str, ...] = ()
    is_argument: bool = False
    is_list: bool = False
    is_required: bool = False
    """For an option help only says so: the command refuses what is missing."""


_SAMPLES = {
    "grant": "SSF-2017-01",
    "title": '"Learning about dairy"',
    "window": "stand_alone",
    "recipients": "TZ,UG",
    "providers": "IN",
    "countries": "TZ,UG,IN",
    "sector": "agriculture",
    "objective": '"A strategy in each country"',
    "months": "12",
    "reason": '"the bank\'s statement of 9 May"',
    "budget": 'line=travel,amount="2000.00 USD"',
    "scores": "design=4",
    "condition": '"plan of the visit"',
    "closing_date": "2018-03-31",
    "expert": "e-7",
    "activity": "A1",
    "starts": "2017-06-12",
    "ends": "2017-06-16",
    "payment": "P1",
    "payee": "Airline",
    "category": "travel",
    "from_line": "travel",
    "to_line": "workshops",
    "rule": "NotYetEffective",
    "period": "2017",
    "rating": "satisfactory",
    "narrative": '"On time."',
    "summary": '"What was learned, in a few paragraphs."',
    "why": '"The hosts opened their plants."',
    "respondents": "24",
    "follow_up": "F1",
    "action": '"Adopt the strategy"',
    "owner": "TZ",
    "due": "2018-12-31",
    "to": '"Ministry of Livestock"',
    "obligation": "progress_report",
    "name": "Denmark",
    "file": "FILE",
    "entry": "4",
    "officer": "j.smith",
    "partner": "DK",
    "institution": "MOA-TZ",
    "offer": "IN-DAIRY",
    "need": "TZ-DAIRY",
    "story": "SSF-2017-01",
    "worth": "4",
    "instalment": "I1",
    "call": "2017-1",
    "criteria": "design,demand",
    "closes": "2017-03-31",
}
"""Values in the examples of help, by field."""
_SAMPLES_OF_FORM = {"money": '"2000.00 USD"', "day": "2017-06-12", "int": "1"}


def example_of(words: str, fields: Iterable[Field]) -> str:
    """Return an example of a command with its arguments and the options that it needs."""
    parts = ["grantbook", words]
    for field in fields:
        sample = _SAMPLES.get(field.name) or _SAMPLES_OF_FORM.get(field.form) or next(iter(field.choices), "")
        if field.is_argument and field.is_required:
            parts.append(sample)
        elif field.is_required:
            parts.append(f"--{field.name.replace('_', '-')} {sample or _first_word(field)}")
    return " ".join(parts)


def _first_word(field: Field) -> str:
    """Return the first word that a list of words may have; its help names them after a colon."""
    return field.help.rpartition(": ")[2].partition(",")[0].rstrip(".") or "…"


class WholeNumber(click.ParamType[Any]):
    """A whole number. Other text is left as it is: the command names it with its other faults."""

    name = "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or the text if it is none."""
        try:
            return int(value)
        except ValueError:
            return value


class Word(click.Choice[str]):
    """One of some words. Another is left as it is: the command names it with its other faults."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word."""
        return value


WHOLE_NUMBER = WholeNumber()


def parameters(fields: Iterable[Field]) -> list[click.Parameter]:
    """Return an argument or option for each field, and the options of how to record it."""
    params: list[click.Parameter] = [
        _argument(field) if field.is_argument else _option(field) for field in fields
    ]
    params.append(
        click.Option(
            ["--confirm-clock"],
            is_flag=True,
            help="Trust the machine's clock although it is more than a year ahead of the journal.",
        )
    )
    params.append(
        click.Option(["--dry-run"], is_flag=True, help="Judge it, print the receipt, and record nothing.")
    )
    return params


def _argument(field: Field) -> click.Argument:
    return click.Argument([field.name], type=_type(field), metavar=field.metavar, required=field.is_required)


def _option(field: Field) -> click.Option:
    flags = [f"--{name.replace('_', '-')}" for name in (field.name, *_ALIASES.get(field.name, ()))]
    settings: dict[str, Any] = {"is_flag": True}
    if field.form != "flag":
        settings = {"metavar": field.metavar, "multiple": field.is_list, "type": _type(field)}
    help_ = f"{field.help} [required]".strip() if field.is_required else field.help
    return click.Option([*flags, field.name], default=None, help=help_ or None, **settings)


def _type(field: Field) -> click.ParamType[Any]:
    if field.choices:
        return Word(field.choices)
    return WHOLE_NUMBER if field.form == "int" and not field.is_list else click.STRING
