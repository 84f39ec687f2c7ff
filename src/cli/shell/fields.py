"""Makes the arguments and options of a command from the table of its fields, without loading the command."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import click

_ALIASES = {"category": ("line",)}
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
        return click.Choice(field.choices)
    return click.INT if field.form == "int" and not field.is_list else click.STRING
