"""The decimals of the amounts that people write: no more than the currency has (domain §2).

``25.000 EUR`` may mean twenty-five thousand or twenty-five, so it is refused and both are offered. Only
commands are checked: a stored amount is read by its shape.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from lifecycle.types.codes import MINOR_UNITS
from lifecycle.types.money import AMOUNT, Money

Find = Callable[[object, str], Iterator[tuple[str, object]]]
"""Finds the amounts in a value as it was given, each with the name of its field."""
_THOUSANDS = 3
"""Digits after a mark that may be one of thousands."""


def exact_decimals(given: object, model: type[BaseModel]) -> None:
    """Refuse an amount with more decimals than its currency has, wherever the model takes one.

    ``given``: the fields as they were given. Raises `PydanticCustomError` that names the field.
    """
    as_written(amounts_of(model)(given, ""))


def as_written(amounts: Iterable[tuple[str, object]]) -> None:
    """Refuse the first of these amounts that has more decimals than its currency. Raises as above."""
    for field, meant in _inexact(amounts):
        raise PydanticCustomError("too_many_decimals", "{meant}", {"meant": meant, "field": field})


def inexact(given: object, model: type[BaseModel]) -> list[tuple[str, str]]:
    """Return the fields with such amounts, each with what it may mean."""
    return list(_inexact(amounts_of(model)(given, "")))


def _inexact(amounts: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    for field, amount in amounts:
        if meant := _readings(amount):
            yield field, meant


def _readings(amount: object) -> str | None:
    """Return what such an amount may mean, in words; `None` if it has no more decimals than its currency."""
    digits, currency = _parts(amount)
    places = MINOR_UNITS.get(currency)
    decimals = len(digits.partition(".")[2])
    if places is None or decimals <= places:
        return None
    unit = Decimal(1).scaleb(-places)
    readings = [Decimal(digits).quantize(unit, way) for way in (ROUND_FLOOR, ROUND_CEILING)]
    if decimals == _THOUSANDS:
        readings.insert(0, Decimal(digits.replace(".", "")).quantize(unit))
    offered = " or ".join(dict.fromkeys(f"{reading} {currency}" for reading in readings))
    has = {0: "no decimals", 1: "1 decimal"}.get(places, f"{places} decimals")
    return f"{currency} has {has}: {offered}?"


def _parts(amount: object) -> tuple[str, str]:
    """Return digits and currency; empty for what is not an amount, which another rule refuses."""
    if type(amount) is Money:
        return f"{amount.amount:f}", amount.currency
    match = AMOUNT.fullmatch(amount) if isinstance(amount, str) else None
    return ("", "") if match is None else (match[1], match[2])


@cache
def amounts_of(annotation: Any) -> Find:
    """Return what finds the amounts in a value of a field that is annotated so; of a model, in its fields."""
    if annotation is Money:
        return _the_value
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _in_fields(annotation)
    kinds: tuple[Any, ...] = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return amounts_of(kinds[0])
    parts = tuple(find for part in kinds if (find := amounts_of(part)) is not _nothing)
    if not parts:
        return _nothing
    if get_origin(annotation) in (tuple, list, dict):
        return _in_each(parts[-1])
    return parts[0] if len(parts) == 1 else _in_any(parts)


def amounts_named(models: Iterable[type[BaseModel]]) -> dict[str, Find]:
    """Return, by field name, what finds the amounts in a value of that field of any of the models."""
    finds_of = dict[str, tuple[Find, ...]]()
    for model in models:
        for name, field in model.model_fields.items():
            find = _of_field(field)
            if find is not _nothing and find not in finds_of.get(name, ()):
                finds_of[name] = (*finds_of.get(name, ()), find)
    return {name: _in_any(finds) for name, finds in finds_of.items()}


def _of_field(field: FieldInfo) -> Find:
    annotation: Any = field.annotation
    return amounts_of(annotation)


def _nothing(_: object, __: str) -> Iterator[tuple[str, object]]:
    return iter(())


def _the_value(value: object, field: str) -> Iterator[tuple[str, object]]:
    yield field, value


def _in_any(finds: tuple[Find, ...]) -> Find:
    def find(value: object, field: str) -> Iterator[tuple[str, object]]:
        for find_in in finds:
            yield from find_in(value, field)

    return find


def _in_each(find: Find) -> Find:
    def each(value: object, field: str) -> Iterator[tuple[str, object]]:
        if isinstance(value, list | tuple) and not isinstance(value, Money):
            for number, part in enumerate(value):
                yield from find(part, f"{field}.{number}")
        elif isinstance(value, dict):
            for name, part in value.items():
                yield from find(part, f"{field}.{name}")

    return each


def _in_fields(model: type[BaseModel]) -> Find:
    fields = {name: _of_field(field) for name, field in model.model_fields.items()}
    finds = {name: find for name, find in fields.items() if find is not _nothing}
    if not finds:
        return _nothing

    def find(value: object, field: str) -> Iterator[tuple[str, object]]:
        given = value.__dict__ if isinstance(value, BaseModel) else value
        if isinstance(given, dict):
            for name, find_in in finds.items():
                if name in given:
                    yield from find_in(given[name], f"{field}.{name}" if field else name)

    return find
