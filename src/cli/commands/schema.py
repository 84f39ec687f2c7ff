"""``grantbook schema``: the JSON Schema of what ``record`` takes and of what the journal holds."""

from typing import Any

import click

from cli.output.terminal_text import say
from cli.shell.settings import Command


@click.command("schema", cls=Command, help="Print the JSON Schema of commands or events.")
@click.argument("what", type=click.Choice(["commands", "events"]))
def schema(what: str) -> int:
    """Print it."""
    import json

    say(json.dumps(commands_schema() if what == "commands" else events_schema(), indent=2))
    return 0


def commands_schema() -> dict[str, Any]:
    """One of the commands, told apart by ``command``."""
    from lifecycle.catalogue import ROWS
    from lifecycle.parse import command_class

    kinds: dict[str, tuple[str, Any]] = {}
    for about, rows in ROWS.items():
        for name in rows:
            kind = command_class(name, about)
            kinds[kind.__name__] = (name, kind)
    return _union("A command of grantbook, as record takes it", "command", kinds)


def events_schema() -> dict[str, Any]:
    """One of the facts, told apart by ``event``."""
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
    return _union("A fact of a grant, of the fund or of a call", "event", kinds)


def _union(title: str, tag: str, kinds: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    """One document: each kind under ``$defs``, with the constant that names it."""
    definitions: dict[str, Any] = {}
    for key, (name, kind) in kinds.items():
        own = kind.model_json_schema(ref_template="#/$defs/{model}")
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
