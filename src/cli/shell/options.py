"""How a pydantic command becomes options of the command line: here, and nowhere else."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lifecycle.kernel.command import Command
from lifecycle.kernel.spec import Spec
from lifecycle.types.money import Money
from lifecycle.types.vocabularies import words_of

_ENVELOPE = ("on", "actor", "note", "command_id", "expect_version")
_HELP = {
    "on": "The day on which it took effect; today at the fund's seat if not given.",
    "actor": "Whose act it was; the officer who records (--as) if not given.",
    "note": "Kept beside the event; no rule reads it.",
    "command_id": "A repeated id gets the first answer again.",
    "expect_version": "The version that you have seen. Any other is a conflict (exit code 3).",
}
_ON_OF = {"HoldActivity": "The day on which it took effect; its last day (--ends) if not given."}
"""What the help says of ``--on`` for the commands that have a day of their own if none is given."""
_ALSO = {"category": ("line",)}
"""Further names of an option."""
_METAVARS = {"actor": "OFFICER", "on": "DATE", "command_id": "ID"}


@dataclass(frozen=True)
class Shape:
    """What may stand in a field."""

    kind: str
    """One of text, int, flag, choice, day, money, number, model, pairs, any."""
    many: bool = False
    choices: tuple[str, ...] = ()
    model: type[BaseModel] | None = None
    prose: bool = False
    """Free text, in which a comma is a comma."""

    @property
    def metavar(self) -> str | None:
        """How help names the value; `None` lets click say it."""
        if self.kind == "choice":
            return "|".join(self.choices) if not self.many else "WORD,…"
        if self.model is not None:
            return ",".join(f"{name}=…" for name in self.model.model_fields)
        names = {
            "day": "DATE",
            "money": '"2000.00 USD"',
            "number": "NUMBER",
            "pairs": "NAME=VALUE",
            "int": "N",
        }
        name = names.get(self.kind, "TEXT")
        return f"{name},…" if self.many and not self.prose else name


def shape_of(field: FieldInfo) -> Shape:
    """What may stand in this field of a command."""
    return _shape(field.annotation, tuple(field.metadata))


def _shape(annotation: Any, said: tuple[Any, ...] = ()) -> Shape:
    """What may stand in a value that is annotated so; ``said`` is what the field says beside it."""
    inner, extras = _bare(annotation)
    extras += said
    origin = get_origin(inner)
    if origin is tuple:
        item = _shape(get_args(inner)[0])
        return Shape(item.kind, many=True, choices=item.choices, model=item.model, prose=item.prose)
    if origin is dict:
        key, value = get_args(inner)
        form = "any" if value is object else "pairs"
        return Shape(form, many=True, choices=_shape(key).choices)
    if origin is Literal:
        return Shape("flag")
    if words := words_of(extras):
        return Shape("choice", choices=words)
    return _plain_shape(inner, extras)


def _plain_shape(inner: Any, extras: tuple[Any, ...]) -> Shape:
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return Shape("model", model=inner)
    kinds = {bool: "flag", int: "int", date: "day", Money: "money", Decimal: "number"}
    prose = any((getattr(extra, "max_length", None) or 0) >= 100 for extra in extras)
    return Shape(kinds.get(inner, "text"), prose=prose)


def _bare(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Without ``None`` and ``Annotated``, and what the latter said."""
    extras: tuple[Any, ...] = ()
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *more = get_args(annotation)
            extras += tuple(more)
        elif origin in (Union, UnionType):
            (annotation, *_) = (part for part in get_args(annotation) if part is not NoneType)
        else:
            return annotation, extras


class FieldOption(click.Option):
    """An option for one field; its help is read from the field's docstring when help is asked for."""

    def __init__(self, command: type[Command], field: str, shape: Shape, required: bool) -> None:
        flag = shape.kind == "flag"
        more: dict[str, Any] = {"is_flag": True} if flag else {"metavar": shape.metavar}
        if not flag:
            more |= {"multiple": shape.many, "type": _click_type(shape)}
        names = [f"--{name.replace('_', '-')}" for name in (field, *_ALSO.get(field, ()))]
        super().__init__([*names, field], default=None, **more)
        self._kind, self._field, self._shape, self._needed = command, field, shape, required

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option's line in ``--help``."""
        from cli.shell.docstrings import field_docs

        text = _HELP.get(self._field) or field_docs(self._kind).get(self._field, "")
        if self._field == "on":
            text = _ON_OF.get(self._kind.NAME, text)
        if self._shape.many and self._shape.kind in ("model", "pairs", "any"):
            text = f"{text} May be given several times.".strip()
        if self._shape.many and self._shape.choices:
            text = f"{text} One or more of: {', '.join(self._shape.choices)}.".strip()
        if self._field == "reads":
            text += ' For example --reads amount="18500.00 USD" --reads on=2018-01-10.'
        if self._needed:
            text = f"{text} [required]".strip()
        self.help = text
        return super().get_help_record(ctx)


def _click_type(shape: Shape) -> click.ParamType[Any] | None:
    if shape.many:
        return click.STRING
    if shape.kind == "choice":
        return click.Choice(shape.choices)
    return click.INT if shape.kind == "int" else click.STRING


def parameters(spec: Spec, command: type[Command], leave_out: Iterable[str] = ()) -> list[click.Parameter]:
    """Arguments and options for every field of the command, in the fields' order, the envelope last."""
    fields = command.fields()
    made: list[click.Parameter] = [
        click.Argument(
            [name],
            type=_click_type(shape_of(fields[name])),
            metavar=name.upper() if fields[name].is_required() else f"[{name.upper()}]",
            required=fields[name].is_required(),
        )
        for name in spec.arguments
        if name in fields
    ]
    own = [name for name in fields if name not in (*_ENVELOPE, *spec.arguments, *leave_out)]
    made += [FieldOption(command, name, shape_of(fields[name]), fields[name].is_required()) for name in own]
    for name in _ENVELOPE:
        option = FieldOption(command, name, shape_of(fields[name]), required=False)
        option.metavar = _METAVARS.get(name, option.metavar)
        made.append(option)
    made.append(
        click.Option(
            ["--confirm-clock"],
            is_flag=True,
            help="Take the machine's clock for right though it is more than a year ahead of the journal.",
        )
    )
    return made


# ── from shell words to the command's fields ─────────────────────────────────────────────────


def words_from(command: type[Command], given: dict[str, Any]) -> dict[str, Any]:
    """The command's fields from what was typed. Raises ``BadParameter``, naming the option."""
    words: dict[str, Any] = {}
    for name, value in given.items():
        if value is None or value == () or value is False:
            continue
        try:
            words[name] = _value(shape_of(command.fields()[name]), value)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint=f"--{name.replace('_', '-')}") from None
    return words


def _value(shape: Shape, value: Any) -> Any:
    if not shape.many:
        return value
    if shape.model is not None:
        return [item for text in value for item in _models(shape.model, text)]
    if shape.kind in ("pairs", "any"):
        return dict(_pair(text, as_json=shape.kind == "any") for text in value)
    if shape.prose:
        return list(value)
    return [part.strip() for text in value for part in text.split(",") if part.strip()]


def _pair(text: str, *, as_json: bool) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text!r}: write NAME=VALUE")
    return name.strip(), _json_or_text(value) if as_json else value


def _json_or_text(text: str) -> Any:
    """Numbers, lists and quoted text as JSON has them; anything else, like an amount or a day, is text."""
    import json

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, float):
        return text
    return value


def _models(model: type[BaseModel], text: str) -> list[dict[str, Any]]:
    """Parts like ``line=travel,amount=70000.00 USD``, or JSON: one object or a list."""
    import json

    if text.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(f"{text!r} is not JSON") from None
        return value if isinstance(value, list) else [value]
    names = "|".join(model.model_fields)
    part: dict[str, Any] = {}
    for piece in re.split(rf",\s*(?=(?:{names})\s*=)", text):
        name, equals, value = piece.partition("=")
        if not equals or name.strip() not in model.model_fields:
            raise ValueError(f"{piece!r}: write {','.join(f'{field}=…' for field in model.model_fields)}")
        part[name.strip()] = _part(shape_of(model.model_fields[name.strip()]), value.strip())
    return [part]


def _part(shape: Shape, text: str) -> Any:
    if shape.kind == "int" and re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        return int(text)
    if shape.kind == "flag":
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    return text
