"""Says how each field of a command is typed, and makes the fields' values from what was typed."""

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cli.shell.docstrings import field_docs
from cli.shell.fields import Field
from lifecycle.kernel.command import Command
from lifecycle.kernel.spec import Spec
from lifecycle.types.money import Money
from lifecycle.types.vocabularies import words_of

_ENVELOPE = ("on", "actor", "note", "command_id", "expect_version")
_HELP = {
    "on": "The day on which it took effect; today at the fund's seat if not given.",
    "actor": "Whose act it was; the officer who records (--as) if not given.",
    "note": "Kept beside the event; no rule reads it.",
    "command_id": "The same command with the same id is recorded once, and gets the first answer again.",
    "expect_version": "The version that you have seen. Any other is a conflict (exit code 3).",
}
_ON_OF = {"HoldActivity": "The day on which it took effect; its last day (--ends) if not given."}
"""The help of ``--on``, by the name of a command whose default is another day."""
_METAVARS = {"actor": "OFFICER", "on": "DATE", "command_id": "ID"}


@dataclass(frozen=True)
class Shape:
    """The form of a field's value."""

    form: str
    """One of text, int, flag, choice, day, money, number, model, pairs, any."""
    is_list: bool = False
    choices: tuple[str, ...] = ()
    model: type[BaseModel] | None = None
    is_prose: bool = False
    """The value is free text, in which a comma separates nothing."""

    @property
    def metavar(self) -> str | None:
        """How help names the value; `None` leaves it to click."""
        if self.form == "choice":
            return "|".join(self.choices) if not self.is_list else "WORD,…"
        if self.model is not None:
            fields = self.model.model_fields.items()
            return ",".join(f"{name}=…{';…' if shape_of(field).is_list else ''}" for name, field in fields)
        names = {
            "day": "DATE",
            "money": '"2000.00 USD"',
            "number": "NUMBER",
            "pairs": "NAME=VALUE",
            "int": "N",
        }
        name = names.get(self.form, "TEXT")
        return f"{name},…" if self.is_list and not self.is_prose else name


def shape_of(field: FieldInfo) -> Shape:
    """Return the form of a field's value."""
    return _shape(field.annotation, tuple(field.metadata))


def _shape(annotation: Any, field_metadata: tuple[Any, ...] = ()) -> Shape:
    type_, metadata = _bare(annotation)
    metadata += field_metadata
    origin = get_origin(type_)
    if origin is tuple:
        return replace(_shape(get_args(type_)[0]), is_list=True)
    if origin is dict:
        key, value = get_args(type_)
        is_prose = value is not object and _shape(value).is_prose
        form = "any" if value is object else "pairs"
        return Shape(form, is_list=True, choices=_shape(key).choices, is_prose=is_prose)
    if origin is Literal:
        return Shape("flag")
    if words := words_of(metadata):
        return Shape("choice", choices=words)
    return _plain_shape(type_, metadata)


def _plain_shape(type_: Any, metadata: tuple[Any, ...]) -> Shape:
    if isinstance(type_, type) and issubclass(type_, BaseModel):
        return Shape("model", model=type_)
    types = {bool: "flag", int: "int", date: "day", Money: "money", Decimal: "number"}
    is_prose = any((getattr(item, "max_length", None) or 0) >= 100 for item in metadata)
    return Shape(types.get(type_, "text"), is_prose=is_prose)


def _bare(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the type without ``None`` and ``Annotated``, and the metadata of the latter."""
    metadata: tuple[Any, ...] = ()
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *items = get_args(annotation)
            metadata += tuple(items)
        elif origin in (Union, UnionType):
            (annotation, *_) = (part for part in get_args(annotation) if part is not NoneType)
        else:
            return annotation, metadata


def fields_of(spec: Spec, command: type[Command]) -> list[Field]:
    """Return the command's arguments, then its other own fields in their order."""
    fields = command.fields()
    arguments = [name for name in spec.arguments if name in fields]
    options = [name for name in fields if name not in (*_ENVELOPE, *arguments)]
    return [_field(command, name, is_argument=name in arguments) for name in (*arguments, *options)]


def envelope_of(command: type[Command]) -> list[Field]:
    """Return the options that every command has."""
    return [
        _field(command, name)._replace(metavar=_METAVARS.get(name, shape_of(command.fields()[name]).metavar))
        for name in _ENVELOPE
    ]


def _field(command: type[Command], name: str, *, is_argument: bool = False) -> Field:
    field = command.fields()[name]
    shape, is_required = shape_of(field), field.is_required() and name not in _ENVELOPE
    metavar = None if shape.form == "flag" else shape.metavar
    if is_argument:
        metavar = name.upper() if is_required else f"[{name.upper()}]"
    return Field(
        name,
        metavar,
        "" if is_argument else _help(command, name, shape),
        shape.form,
        shape.choices if shape.form == "choice" and not shape.is_list else (),
        is_argument=is_argument,
        is_list=shape.is_list,
        is_required=is_required,
    )


def _help(command: type[Command], name: str, shape: Shape) -> str:
    """Return what help says of the field: its docstring, and how it is typed."""
    text = _HELP.get(name) or field_docs(command).get(name, "")
    if name == "on":
        text = _ON_OF.get(command.NAME, text)
    if shape.is_list and shape.form in ("model", "pairs", "any"):
        text = f"{text} May be given several times.".strip()
    if shape.is_list and shape.choices:
        text = f"{text} One or more of: {', '.join(shape.choices)}.".strip()
    if name == "reads":
        text += ' For example --reads amount="18500.00 USD" --reads on=2018-01-10.'
    return text


# ── from what was typed to the command's fields ──────────────────────────────────────────────


def words_from(command: type[Command], typed: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the command's fields from what was typed, and each field that cannot be read with the reason."""
    words: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for name, value in typed.items():
        if value is None or value == () or value is False:
            continue
        try:
            words[name] = _value(shape_of(command.fields()[name]), value)
        except ValueError as error:
            faults.append((name, str(error)))
    return words, faults


def _value(shape: Shape, value: Any) -> Any:
    if not shape.is_list:
        return _item(shape.model, value) if shape.model is not None else value
    if shape.model is not None:
        return [item for text in value for item in _items(shape.model, text)]
    if shape.form in ("pairs", "any"):
        pairs = [part for text in value for part in _pairs(shape, text)]
        return dict(_pair(text, as_json=shape.form == "any") for text in pairs)
    if shape.is_prose:
        return list(value)
    return [part.strip() for text in value for part in text.split(",") if part.strip()]


def _pairs(shape: Shape, text: str) -> list[str]:
    """Return the pairs in text like ``design=4,demand=5``; one pair if its value may be prose or JSON."""
    if shape.form == "any" or shape.is_prose:
        return [text]
    return re.split(r",(?=[^,=]*=)", text)


def _pair(text: str, *, as_json: bool) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text!r}: write NAME=VALUE")
    return name.strip(), _json_or_text(value) if as_json else value


def _json_or_text(text: str) -> Any:
    """Return a number, list or quoted text as JSON has it; anything else, like an amount, as text."""
    import json

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, float):
        return text
    return value


def _items(model: type[BaseModel], text: str) -> list[dict[str, Any]]:
    """Return the items in text like ``line=travel,amount=70000.00 USD``, or in JSON: an object or a list."""
    import json

    if text.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(f"{text!r} is not JSON") from None
        return value if isinstance(value, list) else [value]
    names = "|".join(model.model_fields)
    item: dict[str, Any] = {}
    for pair in re.split(rf",\s*(?=(?:{names})\s*=)", text):
        name, equals, value = pair.partition("=")
        if not equals or name.strip() not in model.model_fields:
            raise ValueError(f"{pair!r}: write {','.join(f'{field}=…' for field in model.model_fields)}")
        item[name.strip()] = _item_value(shape_of(model.model_fields[name.strip()]), value.strip())
    return [item]


def _item(model: type[BaseModel], text: str) -> Any:
    """Return the only item in the text. Raises ``ValueError`` if there are several."""
    items = _items(model, text)
    if len(items) != 1:
        raise ValueError(f"{text!r} holds {len(items)} items: give one")
    return items[0]


def _item_value(shape: Shape, text: str) -> Any:
    if shape.is_list and shape.model is None:
        return [part.strip() for part in text.split(";") if part.strip()]
    if shape.form == "int" and re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        return int(text)
    if shape.form == "flag":
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    return text
