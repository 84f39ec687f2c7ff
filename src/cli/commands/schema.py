"""``grantbook schema``: the JSON Schema of what ``record`` takes and of what the journal holds."""

from inspect import cleandoc
from typing import TYPE_CHECKING, Any, get_args

import click
from pydantic import BaseModel

from cli.output.terminal_text import say
from cli.shell.docstrings import field_docs
from cli.shell.settings import Command as ShellCommand

if TYPE_CHECKING:
    from lifecycle.kernel.command import Command


@click.command("schema", cls=ShellCommand, help="Print the JSON Schema of commands or events.")
@click.argument("what", type=click.Choice(["commands", "events"]))
def schema(what: str) -> int:
    """Print the schema."""
    import json

    say(json.dumps(commands_schema() if what == "commands" else events_schema(), indent=2))
    return 0


def commands_schema() -> dict[str, Any]:
    """One of the commands, told apart by ``command``."""
    from lifecycle.parse import every_command

    kinds = {command.__name__: (command.NAME, command) for command in every_command()}
    return _union("A command of grantbook, as record takes it", "command", kinds)


def events_schema() -> dict[str, Any]:
    """One of the events, told apart by ``event``."""
    from lifecycle.call import call
    from lifecycle.fund import events as fund
    from lifecycle.grant import events as grant

    kinds: dict[str, tuple[str, Any]] = {event.__name__: (event.__name__, event) for event in grant.EVENTS}
    for event in (*fund.EVENTS, *call.EVENTS):
        name = event.__name__
        if kinds.get(name, (name, event))[1] is not event:
            kinds[f"Fund{name}"] = (name, event)
        else:
            kinds[name] = (name, event)
    return _union("An event of a grant, of the fund or of a call", "event", kinds)


def _union(title: str, tag: str, kinds: dict[str, tuple[str, type[Any]]]) -> dict[str, Any]:
    """One document: each kind under ``$defs``, with the constant that names it."""
    definitions: dict[str, Any] = {}
    for key, (name, model) in kinds.items():
        own = _of_model(model) if issubclass(model, BaseModel) else _of_command(model)
        definitions |= own.pop("$defs", {})
        own["title"] = key
        own["properties"] = {tag: {"const": name, "type": "string"}, **own.get("properties", {})}
        own["required"] = [tag, *own.get("required", [])]
        definitions[key] = own
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "oneOf": [{"$ref": f"#/$defs/{key}"} for key in kinds],
        "$defs": definitions,
    }


def _of_command(command: "type[Command]") -> dict[str, Any]:
    """The schema of a command's words, in which the fields of its event stand beside its own."""
    schema, envelope = _of_model(command.EVENT), _of_model(command.envelope())
    properties = schema["properties"] | envelope["properties"]
    required = {*schema.get("required", ()), *envelope.get("required", ())}
    schema["description"] = cleandoc(command.__doc__ or "")
    schema["properties"] = {name: properties[name] for name in command.fields()}
    schema["required"] = [name for name in command.fields() if name in required]
    _describe(schema, command)
    return schema


def _of_model(model: type[BaseModel]) -> dict[str, Any]:
    """The model's schema, with the meaning of its fields and of those of its parts."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    _describe(schema, model)
    parts = _parts_of(model)
    for name, definition in schema.get("$defs", {}).items():
        _describe(definition, parts[name])
    return schema


def _describe(schema: dict[str, Any], kind: "type[BaseModel] | type[Command]") -> None:
    """Add what the docstrings below the fields say."""
    meanings, properties = field_docs(kind), schema.get("properties", {})
    for name, meaning in meanings.items():
        if name in properties:
            properties[name] = dict(sorted({**properties[name], "description": meaning}.items()))


def _parts_of(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The models in the fields of a model, and in theirs, by name."""
    parts: dict[str, type[BaseModel]] = {}
    left: list[Any] = [field.annotation for field in model.model_fields.values()]
    while left:
        annotation = left.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation.__name__ not in parts:
                parts[annotation.__name__] = annotation
                left += [field.annotation for field in annotation.model_fields.values()]
        else:
            left += get_args(annotation)
    return parts
