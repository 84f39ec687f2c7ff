"""Checks that a command's codes are valid on its day, its words in their vocabularies, its texts not blank.

Commands and corrections are checked when they are parsed. A stored entry is read by its shape alone.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError, ValidationError
from pydantic_core.core_schema import ErrorType

from lifecycle.types.codes import COUNTRIES, not_a_country, not_a_currency, not_a_time_zone, time_zones
from lifecycle.types.money import Money
from lifecycle.types.readings.country_names import countries_meant
from lifecycle.types.readings.nearest import did_you_mean, none_of
from lifecycle.types.stage import NOT_STATED
from lifecycle.types.text import Worded, is_blank
from lifecycle.types.vocabularies import Listed

Fault = tuple[tuple[str | int, ...], str]
"""The path of the field, with an index if it is in a list; and what is wrong."""
_Find = Callable[[Any, date | None, tuple[str | int, ...]], Iterator[Fault]]


def faults(model: BaseModel, on: date) -> list[Fault]:
    """Return the faults of codes that are not valid on the day, in the order of the fields."""
    return list(_of_part(model, on, ()))


def refuse(title: str, faults: list[Fault]) -> None:
    """Raise pydantic's ``ValidationError`` with these faults, if there are any."""
    if faults:
        raise ValidationError.from_exception_data(title, [_detail(*fault) for fault in faults])


def with_faults(error: ValidationError, model: type[BaseModel], words: Mapping[str, Any]) -> ValidationError:
    """Return the error with the faults of codes in well-formed fields added, so that it names all faults."""
    details = error.errors(include_url=False)
    malformed = {detail["loc"][0] for detail in details if detail["loc"]}
    of_codes = faults_of_fields(model, words, malformed, _value_of(model, "on", words))
    if not of_codes:
        return error
    return ValidationError.from_exception_data(
        error.title, [*map(raisable, details), *(_detail(*fault) for fault in of_codes)]
    )


def faults_of_fields(
    model: type[BaseModel], words: Mapping[str, Any], malformed: Collection[object], on: date | None
) -> list[Fault]:
    """Return the faults of codes in the fields that are well-formed, though others are not."""
    return [
        fault
        for name, find in _finders(model)
        if name in words and name not in malformed and (value := _value_of(model, name, words)) is not None
        for fault in find(value, on, (name,))
    ]


def _value_of(model: type[BaseModel], name: str, words: Mapping[str, Any]) -> Any:
    """Return the value of one field; `None` if it is not valid."""
    field = model.model_fields[name]
    try:
        annotation: Any = Annotated[field.annotation, name, *field.metadata]
        return TypeAdapter(annotation).validate_python(words.get(name))
    except (ValidationError, RecursionError):
        return None


def _detail(path: tuple[str | int, ...], problem: str) -> InitErrorDetails:
    # Pydantic takes braces for fields of a template.
    message: Any = problem.replace("{", "(").replace("}", ")")
    return InitErrorDetails(type=PydanticCustomError("listed", message), loc=path, input=None)


def raisable(detail: ErrorDetails) -> InitErrorDetails:
    """Return an error's detail in the form in which pydantic raises it again."""
    name, context = detail["type"], detail.get("ctx", {})
    message: Any = detail["msg"].replace("{", "(").replace("}", ")")
    is_pydantic = name in get_args(ErrorType)
    error_type = name if is_pydantic else PydanticCustomError(cast(Any, name), message, context)
    return InitErrorDetails(type=error_type, loc=detail["loc"], input=detail["input"], ctx=context)


@cache
def _finders(model: type[BaseModel]) -> tuple[tuple[str, _Find], ...]:
    """Return the names of the fields that a list restricts, each with the function that finds its faults."""
    model.model_rebuild()
    finders = [
        (name, _finder(field.annotation, tuple(field.metadata))) for name, field in model.model_fields.items()
    ]
    return tuple((name, find) for name, find in finders if find is not None)


def _finder(annotation: Any, metadata: tuple[Any, ...] = ()) -> _Find | None:
    """Return the function that finds faults in a value of this annotation; `None` if no list restricts it."""
    for mark in metadata:
        if isinstance(mark, Listed):
            return _of_text(mark)
    if any(isinstance(mark, Worded) for mark in metadata):
        return _of_words
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _finder(parts[0], parts[1:])
    if origin in (Union, UnionType):
        finders = [find for part in parts if part is not NoneType and (find := _finder(part))]
        return finders[0] if finders else None
    if origin is tuple:
        return _of_each(_finder(parts[0]))
    if origin is dict:
        return _of_mapping(_finder(parts[0]), _finder(parts[1]))
    if annotation is Money:
        return _of_amount
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and _finders(annotation):
        return _of_part
    return None


def _of_text(marked: Listed) -> _Find:
    def find(text: str, on: date | None, path: tuple[str | int, ...]) -> Iterator[Fault]:
        if marked.kind in ("country", "stated_country"):
            problem = not_a_country(text, on)
            if marked.kind == "stated_country" and text == NOT_STATED:
                problem = "ZZ stands for a country that is not stated: write the code of one, like TZ"
            if problem is not None and text not in COUNTRIES and (meant := countries_meant(text)):
                problem += f"; did you mean {meant}?"
        elif marked.kind == "currency":
            problem = not_a_currency(text, on)
        elif marked.kind == "time_zone":
            problem = not_a_time_zone(text)
            if problem is not None:
                problem += did_you_mean(text.replace(" ", "_"), time_zones())
        elif marked.kind == "label":
            problem = "is blank: write a name" if is_blank(text) else None
        else:
            problem = None if text in marked.words else none_of(text, marked.words)
        if problem is not None:
            yield path, problem

    return find


def _of_words(text: str, on: date | None, path: tuple[str | int, ...]) -> Iterator[Fault]:
    if is_blank(text):
        yield path, "is blank: write at least a word"


def _of_amount(amount: Money, on: date | None, path: tuple[str | int, ...]) -> Iterator[Fault]:
    if (problem := not_a_currency(amount.currency, on)) is not None:
        yield path, problem


def _of_each(find: _Find | None) -> _Find | None:
    def find_in_each(values: Any, on: date | None, path: tuple[str | int, ...]) -> Iterator[Fault]:
        assert find is not None
        for index, value in enumerate(values):
            yield from find(value, on, (*path, index))

    return None if find is None else find_in_each


def _of_mapping(of_key: _Find | None, of_value: _Find | None) -> _Find | None:
    def find_in_each(values: Any, on: date | None, path: tuple[str | int, ...]) -> Iterator[Fault]:
        for key, value in values.items():
            for find, part in ((of_key, key), (of_value, value)):
                if find is not None:
                    yield from find(part, on, (*path, str(key)))

    return None if of_key is None and of_value is None else find_in_each


def _of_part(part: BaseModel, on: date | None, path: tuple[str | int, ...]) -> Iterator[Fault]:
    for name, find in _finders(type(part)):
        if (value := part.__dict__[name]) is not None:
            yield from find(value, on, (*path, name))
