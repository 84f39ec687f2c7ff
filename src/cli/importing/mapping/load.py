"""Reads a map: a file, or one that is shipped. All faults are found at once, each on a line of its own."""

import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.importing.mapping.days import pattern_of
from cli.importing.mapping.model import Map, Step, ValueSpec, is_spec
from cli.importing.sums import KINDS
from cli.shell.command_fields import FIELDS
from cli.shell.fields import Field
from lifecycle.catalogue import SPECS
from lifecycle.parse import Malformed
from lifecycle.types.readings.nearest import did_you_mean
from lifecycle.types.readings.shape_faults import in_words

_ON = Field("on", "DATE", "", form="day")
_OF_EVERY_COMMAND = {"on": _ON, "actor": Field("actor", "OFFICER", ""), "note": Field("note", "TEXT", "")}


class BadMap(Malformed):
    """The map is not right. Each of ``faults`` is one line."""

    def __init__(self, name: str, faults: list[str]) -> None:
        super().__init__([("", f"{name}: {fault}") for fault in faults])
        self.faults = faults


def shipped() -> dict[str, str]:
    """Return the shipped maps by name, as text."""
    files = resources.files("cli.importing").joinpath("maps").iterdir()
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".toml")
    }


def load_map(name: str) -> Map:
    """Return the map in a file, or the shipped one of this name. Raises `BadMap`."""
    path, maps = Path(name), shipped()
    if not path.is_file():
        if name in maps:
            return map_of(maps[name], name)
        hint = did_you_mean(name, maps)
        raise BadMap(name, [f"there is no such file, and no shipped map: {', '.join(maps)}{hint}"])
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadMap(name, [f"not UTF-8 at byte {error.start + 1}"]) from None
    except OSError as error:
        raise BadMap(name, [str(error.strerror or error)]) from None
    return map_of(text, name)


def map_of(text: str, name: str) -> Map:
    """Return the map in a text of TOML. Raises `BadMap` with every fault."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadMap(name, [f"not TOML: {error}"]) from None
    try:
        loaded = Map.model_validate(document)
    except ValidationError as error:
        raise BadMap(name, [_in_words(dict(detail)) for detail in error.errors(include_url=False)]) from None
    if faults := [*_faults(loaded)]:
        raise BadMap(name, faults)
    return loaded


def _in_words(detail: dict[str, Any]) -> str:
    where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in detail["loc"])
    what = "is no key of a map" if detail["type"] == "extra_forbidden" else in_words(detail)
    return f"{where}: {what}"


def _faults(loaded: Map) -> Iterator[str]:
    for number, step in enumerate(loaded.step, 1):
        for fault in _faults_of_step(step, loaded):
            yield f"step {number} ({step.command}): {fault}"
    for form in loaded.dates.formats:
        if not pattern_of(form):
            yield f"dates.formats: {form!r} has no day, month and year: write it like DD.MM.YYYY"
    for code, rate in loaded.amounts.rates.items():
        if not _is_positive(rate):
            yield f"amounts.rates.{code}: {rate!r} is no rate"
    for pattern, _ in loaded.windows.patterns:
        yield from _faults_of_pattern("windows.patterns", pattern)
    for number, reconcile in enumerate(loaded.reconcile, 1):
        if reconcile.sum not in (*KINDS.values(), "commands"):
            known = ", ".join(dict.fromkeys((*KINDS.values(), "commands")))
            yield f"reconcile {number}: {reconcile.sum!r} is no sum; there are: {known}"


def _is_positive(rate: object) -> bool:
    try:
        return Decimal(str(rate)) > 0
    except InvalidOperation:
        return False


def _faults_of_pattern(where: str, pattern: str) -> Iterator[str]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"{where}: {pattern!r} is no regular expression: {error}"


def _faults_of_step(step: Step, loaded: Map) -> Iterator[str]:
    words = words_of_command(step.command)
    if words is None:
        yield f"there is no such command{did_you_mean(step.command, _commands())}"
        return
    fields = fields_of(step.command)
    for name, value in step.fields.items():
        if name not in fields:
            yield f"fields.{name}: is no field of it{did_you_mean(name, fields)}; it has: {', '.join(fields)}"
        yield from _faults_of_value(f"fields.{name}", value)
    for name in ("on", *(field.name for field in FIELDS[words] if field.is_required)):
        if name not in step.fields:
            yield f"fields.{name}: is missing: say where it comes from"
    for condition in step.when:
        if condition.matches is not None:
            yield from _faults_of_pattern("when.matches", condition.matches)
    if loaded.import_.mode == "live" and loaded.import_.actor is None and "actor" not in step.fields:
        yield "fields.actor: is missing, and import.actor too: whose act is it?"


def _faults_of_value(where: str, value: Any) -> Iterator[str]:
    if is_spec(value):
        try:
            spec = ValueSpec.model_validate(value)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                yield f"{where}{'.' if detail['loc'] else ''}{_in_words(dict(detail))}"
            return
        if spec.find is not None:
            yield from _faults_of_pattern(f"{where}.find", spec.find)
        if spec.matching is not None:
            yield from _faults_of_pattern(f"{where}.matching", spec.matching)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _faults_of_value(f"{where}.{name}", part)
    elif isinstance(value, list):
        for number, part in enumerate(value, 1):
            yield from _faults_of_value(f"{where}.{number}", part)


def _commands() -> list[str]:
    return [spec for specs in SPECS.values() for spec in specs]


def words_of_command(command: str) -> str | None:
    """Return the words that call the command in the shell; `None` if there is no such command."""
    specs = [specs[command] for specs in SPECS.values() if command in specs]
    return next((spec.words for spec in specs if spec.words in FIELDS), None)


def fields_of(command: str) -> dict[str, Field]:
    """Return the fields of a command by name."""
    words = words_of_command(command)
    assert words is not None
    return {field.name: field for field in FIELDS[words]} | _OF_EVERY_COMMAND


def columns_of(loaded: Map) -> list[str]:
    """Return the columns that a map uses, each once."""
    names = [*loaded.import_.key, *(condition.column for condition in loaded.file.leave_out)]
    for step in loaded.step:
        names += [condition.column for condition in step.when]
        names += _columns_in(step.fields)
    return list(dict.fromkeys(names))


def _columns_in(value: Any) -> Iterator[str]:
    if is_spec(value):
        for name in ("column", "sum", "peak_on"):
            if isinstance(value.get(name), str):
                yield value[name]
        for name in ("columns", "earliest", "latest", "currency_column"):
            found = value.get(name) or []
            yield from [found] if isinstance(found, str) else found
        for part in value.get("largest") or ():
            yield from _columns_in(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _columns_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _columns_in(part)
