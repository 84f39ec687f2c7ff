"""Checks that an amount has no more decimals than its currency (domain §2).

``25.000 EUR`` may mean twenty-five thousand or twenty-five, so it is refused, and the message offers both.
Only commands are checked. A stored amount is read by its shape.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from lifecycle.types.codes import MINOR_UNITS
from lifecycle.types.money import AMOUNT, Money
from lifecycle.types.readings.amounts import decimals_of, with_places

Find = Callable[[object, str], Iterator[tuple[str, object]]]
"""A function that yields the amounts in a value, each with the path of its field."""
_THOUSANDS = 3
"""The number of digits after a point that may separate thousands."""


def check_decimals(fields: object, model: type[BaseModel]) -> None:
    """Refuse an amount in the fields with more decimals than its currency. Raises `PydanticCustomError`.

    ``model``: the class that says which fields may hold amounts. The error names the field.
    """
    check_decimals_of(amounts_of(model)(fields, ""))


def check_decimals_of(amounts: Iterable[tuple[str, object]]) -> None:
    """Refuse the first amount with more decimals than its currency. Raises `PydanticCustomError`."""
    for field, readings in _inexact(amounts):
        raise PydanticCustomError("too_many_decimals", "{meant}", {"meant": readings, "field": field})


def inexact_amounts(fields: object, model: type[BaseModel]) -> list[tuple[str, str]]:
    """Return the fields whose amounts have more decimals than their currency, each with its readings."""
    return list(_inexact(amounts_of(model)(fields, "")))


def has_too_many_decimals(amount: object) -> bool:
    """Return whether the amount has more decimals than its currency, zeros counted."""
    return _readings(amount) is not None


def _inexact(amounts: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    for field, amount in amounts:
        if readings := _readings(amount):
            yield field, readings


def _readings(amount: object) -> str | None:
    """Return a sentence that offers what the amount may mean; `None` if it has not too many decimals."""
    digits, currency = _parts(amount)
    places = MINOR_UNITS.get(currency)
    decimals = len(digits.partition(".")[2])
    if places is None or decimals <= places:
        return None
    unit = Decimal(1).scaleb(-places)
    readings = with_places(Decimal(digits), unit)
    if decimals == _THOUSANDS and digits.lstrip("-")[0] != "0":
        readings.insert(0, Decimal(digits.replace(".", "")).quantize(unit))
    offered = " or ".join(dict.fromkeys(f"{reading} {currency}" for reading in readings))
    return f"{decimals_of(currency)}: {offered}?"


def _parts(amount: object) -> tuple[str, str]:
    """Return digits and currency; empty texts if it is not an amount, which another check refuses."""
    if type(amount) is Money:
        return f"{amount.amount:f}", amount.currency
    match = AMOUNT.fullmatch(amount) if isinstance(amount, str) else None
    return ("", "") if match is None else (match[1], match[2])


@cache
def amounts_of(annotation: Any) -> Find:
    """Return the function that finds the amounts in a value with this annotation; a model is one, too."""
    if annotation is Money:
        return _the_value
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _in_fields(annotation)
    arguments: tuple[Any, ...] = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return amounts_of(arguments[0])
    finds = tuple(find for argument in arguments if (find := amounts_of(argument)) is not _nothing)
    if not finds:
        return _nothing
    if get_origin(annotation) in (tuple, list, dict):
        return _in_each(finds[-1])
    return finds[0] if len(finds) == 1 else _in_any(finds)


def amounts_named(models: Iterable[type[BaseModel]]) -> dict[str, Find]:
    """Return, by field name, the function that finds the amounts in that field of any of the models."""
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
        members = value.__dict__ if isinstance(value, BaseModel) else value
        if isinstance(members, dict):
            for name, find_in in finds.items():
                if name in members:
                    yield from find_in(members[name], f"{field}.{name}" if field else name)

    return find
