"""``grantbook schema``: the JSON Schema of the commands and of the events."""

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
    """Return the schema of a command; ``command`` names which one."""
    from lifecycle.parse import every_command

    models = {command.__name__: (command.NAME, command) for command in every_command()}
    return _union("A command of grantbook, as record takes it", "command", models)


def events_schema() -> dict[str, Any]:
    """Return the schema of an event; ``event`` names which one."""
    from lifecycle.call import call
    from lifecycle.directory import events as directory
    from lifecycle.fund import events as fund
    from lifecycle.grant import events as grant

    models: dict[str, tuple[str, Any]] = {event.__name__: (event.__name__, event) for event in grant.EVENTS}
    for event in (*fund.EVENTS, *call.EVENTS, *directory.EVENTS):
        name = event.__name__
        if models.get(name, (name, event))[1] is not event:
            models[f"Fund{name}"] = (name, event)
        else:
            models[name] = (name, event)
    return _union("An event of a grant, of the fund, of a call or of the directory", "event", models)


def _union(title: str, tag: str, models: dict[str, tuple[str, type[Any]]]) -> dict[str, Any]:
    """Return one schema with each model under ``$defs``, and the constant that names it."""
    definitions: dict[str, Any] = {}
    for key, (name, model) in models.items():
        definition = _of_model(model) if issubclass(model, BaseModel) else _of_command(model)
        definitions |= definition.pop("$defs", {})
        definition["title"] = key
        definition["properties"] = {
            tag: {"const": name, "type": "string"},
            **definition.get("properties", {}),
        }
        definition["required"] = [tag, *definition.get("required", [])]
        definitions[key] = definition
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "oneOf": [{"$ref": f"#/$defs/{key}"} for key in models],
        "$defs": definitions,
    }


def _of_command(command: "type[Command]") -> dict[str, Any]:
    """Return the schema of a command's words: the fields of its event and its own."""
    schema, envelope = _of_model(command.EVENT), _of_model(command.envelope())
    properties = schema["properties"] | envelope["properties"]
    required = {*schema.get("required", ()), *envelope.get("required", ())}
    schema["description"] = cleandoc(command.__doc__ or "")
    schema["properties"] = {name: properties[name] for name in command.fields()}
    schema["required"] = [name for name in command.fields() if name in required]
    _describe(schema, command)
    return schema


def _of_model(model: type[BaseModel]) -> dict[str, Any]:
    """Return the model's schema, with descriptions of its fields and of the fields of nested models."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    _describe(schema, model)
    parts = _parts_of(model)
    for name, definition in schema.get("$defs", {}).items():
        _describe(definition, parts[name])
    return schema


def _describe(schema: dict[str, Any], described: "type[BaseModel] | type[Command]") -> None:
    """Add the docstrings below the fields as descriptions."""
    meanings, properties = field_docs(described), schema.get("properties", {})
    for name, meaning in meanings.items():
        if name in properties:
            properties[name] = dict(sorted({**properties[name], "description": meaning}.items()))


def _parts_of(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Return the models in the fields of a model, and in their fields, by name."""
    parts: dict[str, type[BaseModel]] = {}
    annotations: list[Any] = [field.annotation for field in model.model_fields.values()]
    while annotations:
        annotation = annotations.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation.__name__ not in parts:
                parts[annotation.__name__] = annotation
                annotations += [field.annotation for field in annotation.model_fields.values()]
        else:
            annotations += get_args(annotation)
    return parts
