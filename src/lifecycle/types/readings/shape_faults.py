"""What is wrong with the shape of a field's value, in the field's words instead of a library's."""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core.core_schema import ErrorType

from lifecycle.types.codes import MINOR_UNITS
from lifecycle.types.readings.amounts import amount_fault
from lifecycle.types.readings.country_names import countries_meant
from lifecycle.types.readings.currency_words import CURRENCY_WORDS
from lifecycle.types.readings.days import Today, day_fault
from lifecycle.types.readings.nearest import did_you_mean
from lifecycle.types.text import COUNTRY, CURRENCY, DIGEST, ID, OFFICER, PART_OF_ONE, WORD, quoted

Detail = Mapping[str, Any]
"""One of pydantic's errors: its type, path, input, message and context."""
_KEY = "[key]"
"""The last part of pydantic's path of a mapping's key."""
_OF_LIBRARY = frozenset(get_args(ErrorType)) - {"value_error"}
"""The types of errors whose messages are pydantic's."""


def path_of(detail: Detail) -> str:
    """Return the path of the error's field, with points between its parts."""
    if (field := detail.get("ctx", {}).get("field")) is not None:
        return str(field)
    return ".".join(str(part) for part in detail["loc"] if part != _KEY)


def without_consequences(details: Iterable[Detail]) -> list[Detail]:
    """Return the errors without those of a list that is too short only because its items are faulty."""
    kept = list(details)
    inside = {detail["loc"][:length] for detail in kept for length in range(1, len(detail["loc"]))}
    return [detail for detail in kept if detail["type"] != "too_short" or detail["loc"] not in inside]


def in_words(
    detail: Detail,
    currency: str | None = None,
    fields: Iterable[str] = (),
    today: Today | None = None,
) -> str:
    """Return a sentence for one of pydantic's errors.

    ``currency``: that of an amount that names none. ``fields``: the names of the fields where the error is.
    ``today``: asked about a day such as ``yesterday``.
    """
    name, value = detail["type"], detail["input"]
    if name == "day":
        return day_fault(value, today)
    if name == "money":
        return amount_fault(value, currency)
    if name not in _OF_LIBRARY:
        return str(detail["msg"]).removeprefix("Value error, ")
    if name == "string_pattern_mismatch":
        return _pattern_fault(value, detail["ctx"]["pattern"])
    if name == "extra_forbidden":
        known = list(fields)
        listed = f"; there are: {', '.join(known)}" if known else ""
        return f"is not known here{did_you_mean(str(detail['loc'][-1]), known).removesuffix('?')}{listed}"
    if name in {"model_type", "model_attributes_type"}:
        return (
            f"{quoted(value)} is no group of fields: write an object with {', '.join(fields) or 'its fields'}"
        )
    sentence = _SENTENCES.get(name, "{value} does not fit this field")
    return sentence.format(value=quoted(value), **detail.get("ctx", {}))


def fields_at(annotation: Any, path: Iterable[str | int]) -> list[str]:
    """Return the names of the fields of the model at a path in a value of this annotation; none elsewhere."""
    for part in path:
        annotation = _inside(annotation, part)
    model = _model(annotation)
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _inside(annotation: Any, part: str | int) -> Any:
    """Return the annotation of one field, item or value."""
    if (model := _model(annotation)) is not None:
        names = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        return names.get(str(part))
    arguments = [argument for argument in get_args(annotation) if argument not in {NoneType, ...}]
    if get_origin(annotation) is dict:
        return arguments[1]
    if get_origin(annotation) is tuple or len(arguments) == 0:
        return arguments[0] if arguments else None
    return _inside(arguments[0], part)


def _model(annotation: Any) -> type[BaseModel] | None:
    """Return the model of an annotation, which may be optional or annotated."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {tuple, dict, None}:
        return None
    return next((model for argument in get_args(annotation) if (model := _model(argument)) is not None), None)


_SENTENCES = {
    "missing": "is missing",
    "string_type": "{value} is not text: write it in quotation marks",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "string_unicode": "holds bytes that are no text: write it in UTF-8",
    "int_type": "{value} is not a whole number: write one, like 12",
    "int_parsing": "{value} is not a whole number: write one, like 12",
    "int_from_float": "{value} is not a whole number: write one, like 12",
    "int_parsing_size": "is too large",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "finite_number": "{value} is not a number",
    "decimal_type": "{value} is not a number: write one, like 4 or 4.5",
    "decimal_parsing": "{value} is not a number: write one, like 4 or 4.5",
    "decimal_max_digits": "has more than {max_digits} digits",
    "decimal_max_places": "has more than {decimal_places} decimals",
    "decimal_whole_digits": "has more than {whole_digits} digits before the point",
    "bool_type": "{value}: write true or false",
    "bool_parsing": "{value}: write true or false",
    "literal_error": "{value}: write {expected}",
    "tuple_type": '{value} is not a list: write one, like ["a", "b"]',
    "list_type": '{value} is not a list: write one, like ["a", "b"]',
    "too_short": "needs at least {min_length}",
    "too_long": "has {actual_length}, and takes at most {max_length}",
    "dict_type": '{value} is no group of names and values: write one, like {{"design": 4}}',
    "mapping_type": '{value} is no group of names and values: write one, like {{"design": 4}}',
    "invalid_key": "{value} is no name: write it in quotation marks",
    "recursion_loop": "is nested too deeply",
}
"""The sentence for each type of error. It names the input and the limits of the error."""


def _pattern_fault(text: str, pattern: str) -> str:
    """Return how to write a text that does not fit a pattern, and what it probably means."""
    advice, meant = _PATTERNS.get(pattern, ("write it in another form", _none))
    known = meant(text)
    return f"{quoted(text)}: {advice}{f'; did you mean {known}?' if known else ''}"


def _none(_: str) -> str | None:
    return None


def _country(text: str) -> str:
    return text.upper() if len(text) == 2 and text.isalpha() else countries_meant(text)


def _currency(text: str) -> str | None:
    word = text.strip()
    codes = CURRENCY_WORDS.get(word.casefold(), (word.upper(),) if word.upper() in MINOR_UNITS else ())
    return codes[0] if codes else None


def _word(text: str) -> str | None:
    word = "_".join(text.casefold().replace("-", " ").split())
    return word if word.isascii() and word.isidentifier() and len(word) <= 60 else None


def _id(text: str) -> str | None:
    name = "-".join(text.split())
    return name if name != text and name.isascii() and name[:1].isalnum() and len(name) <= 80 else None


def _share(text: str) -> str | None:
    """Return a number that is written otherwise, or a whole percentage with or without its sign."""
    written = text.strip()
    try:
        number = Decimal(written.removesuffix("%").strip().replace(",", "."))
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    is_percentage = written.endswith("%") or (number > 1 and number == number.to_integral_value())
    share = f"{number / 100 if is_percentage else number:f}"
    return share if re.fullmatch(PART_OF_ONE, share) else None


_PATTERNS: dict[str, tuple[str, Callable[[str], str | None]]] = {
    COUNTRY: ("write the two capital letters of a country, like KE", _country),
    CURRENCY: ("write the three capital letters of a currency, like EUR", _currency),
    ID: ("write letters, digits and . _ / - without blanks, at most 80, a letter or digit first", _id),
    OFFICER: ("write an officer's id: letters, digits and . _ @ + - without blanks, like j.smith", _id),
    WORD: ("write small letters, digits and _ without blanks, like stand_alone", _word),
    DIGEST: ("write a SHA-256: 64 of the signs 0-9 and a-f", _none),
    PART_OF_ONE: ("write a part of one as text with at most four decimals, like 0.20", _share),
}
"""By the pattern of a text: how to write it, and the function that returns what a text probably means."""
