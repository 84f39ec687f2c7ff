"""Checks that the codes in a command are valid on its day, and that its words are in their vocabularies.

Commands and corrections are checked when they are given. A stored entry is read by its shape alone.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError, ValidationError
from pydantic_core.core_schema import ErrorType

from lifecycle.types.codes import not_a_country, not_a_currency, not_a_time_zone
from lifecycle.types.money import Money
from lifecycle.types.vocabularies import Listed

Fault = tuple[tuple[str | int, ...], str]
"""The path of the field, with an index if it is in a list; and what is wrong."""
_Find = Callable[[Any, date | None, tuple[str | int, ...]], Iterator[Fault]]


def faults(said: BaseModel, on: date) -> list[Fault]:
    """Return the codes that no list of the day has, in the order of the fields."""
    return list(_of_part(said, on, ()))


def refuse(title: str, found: list[Fault]) -> None:
    """Raise pydantic's ``ValidationError`` with these faults, if there are any."""
    if found:
        raise ValidationError.from_exception_data(title, [_listed(*fault) for fault in found])


def with_faults(error: ValidationError, kind: type[BaseModel], said: Mapping[str, Any]) -> ValidationError:
    """Return the error with the list faults of the well-formed fields added: one message names all faults."""
    details = error.errors(include_url=False)
    wrong = {detail["loc"][0] for detail in details if detail["loc"]}
    on = _alone(kind, "on", said)
    found = [
        fault
        for name, find in _finders(kind)
        if name in said and name not in wrong and (value := _alone(kind, name, said)) is not None
        for fault in find(value, on, (name,))
    ]
    if not found:
        return error
    return ValidationError.from_exception_data(
        error.title, [*map(raisable, details), *(_listed(*fault) for fault in found)]
    )


def _alone(kind: type[BaseModel], name: str, said: Mapping[str, Any]) -> Any:
    """Return the value of one field; `None` if it is not valid."""
    field = kind.model_fields[name]
    try:
        annotation: Any = Annotated[field.annotation, name, *field.metadata]
        return TypeAdapter(annotation).validate_python(said.get(name))
    except (ValidationError, RecursionError):
        return None


def _listed(where: tuple[str | int, ...], what: str) -> InitErrorDetails:
    # Pydantic takes braces for fields of a template.
    message: Any = what.replace("{", "(").replace("}", ")")
    return InitErrorDetails(type=PydanticCustomError("listed", message), loc=where, input=None)


def raisable(detail: ErrorDetails) -> InitErrorDetails:
    """Return an error's detail in the form in which pydantic raises it again."""
    name, context = detail["type"], detail.get("ctx", {})
    message: Any = detail["msg"].replace("{", "(").replace("}", ")")
    known = name in get_args(ErrorType)
    kind = name if known else PydanticCustomError(cast(Any, name), message, context)
    return InitErrorDetails(type=kind, loc=detail["loc"], input=detail["input"], ctx=context)


@cache
def _finders(kind: type[BaseModel]) -> tuple[tuple[str, _Find], ...]:
    """Return the fields that a list restricts, each with the function that finds its faults."""
    kind.model_rebuild()
    made = [
        (name, _finder(field.annotation, tuple(field.metadata))) for name, field in kind.model_fields.items()
    ]
    return tuple((name, find) for name, find in made if find is not None)


def _finder(annotation: Any, extras: tuple[Any, ...] = ()) -> _Find | None:
    """Return the function that finds faults in a value of this annotation; `None` if no list restricts it."""
    for extra in extras:
        if isinstance(extra, Listed):
            return _of_text(extra)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _finder(parts[0], parts[1:])
    if origin in (Union, UnionType):
        found = [find for part in parts if part is not NoneType and (find := _finder(part))]
        return found[0] if found else None
    if origin is tuple:
        return _of_each(_finder(parts[0]))
    if origin is dict:
        return _of_names(_finder(parts[0]), _finder(parts[1]))
    if annotation is Money:
        return _of_amount
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and _finders(annotation):
        return _of_part
    return None


def _of_text(marked: Listed) -> _Find:
    def find(text: str, on: date | None, where: tuple[str | int, ...]) -> Iterator[Fault]:
        if marked.kind == "country":
            what = not_a_country(text, on)
        elif marked.kind == "currency":
            what = not_a_currency(text, on)
        elif marked.kind == "time_zone":
            what = not_a_time_zone(text)
        elif marked.kind == "label":
            what = None if text.strip() else "is blank: write a name"
        else:
            what = None if text in marked.words else f"{text} is none of: {', '.join(marked.words)}"
        if what is not None:
            yield where, what

    return find


def _of_amount(amount: Money, on: date | None, where: tuple[str | int, ...]) -> Iterator[Fault]:
    if (what := not_a_currency(amount.currency, on)) is not None:
        yield where, what


def _of_each(find: _Find | None) -> _Find | None:
    def each(values: Any, on: date | None, where: tuple[str | int, ...]) -> Iterator[Fault]:
        assert find is not None
        for n, value in enumerate(values):
            yield from find(value, on, (*where, n))

    return None if find is None else each


def _of_names(of_name: _Find | None, of_value: _Find | None) -> _Find | None:
    def each(values: Any, on: date | None, where: tuple[str | int, ...]) -> Iterator[Fault]:
        for name, value in values.items():
            for find, said in ((of_name, name), (of_value, value)):
                if find is not None:
                    yield from find(said, on, (*where, str(name)))

    return None if of_name is None and of_value is None else each


def _of_part(part: BaseModel, on: date | None, where: tuple[str | int, ...]) -> Iterator[Fault]:
    for name, find in _finders(type(part)):
        if (value := part.__dict__[name]) is not None:
            yield from find(value, on, (*where, name))
