"""Make ``src/cli/shell/command_fields.py``: how each field of each command is typed, for ``--help``."""

from collections.abc import Iterator
from pathlib import Path

from cli.shell import fields
from cli.shell.fields import Field
from cli.shell.options import envelope_of, fields_of
from lifecycle.catalogue import SPECS
from lifecycle.parse import command_class

FILE = Path(fields.__file__).with_name("command_fields.py")
_HEAD = '''"""How each field of each command is typed: ``--help`` is answered from this table.

Written by docs/reference.py from the classes of the commands. Do not edit: run `make docs`.
"""

from cli.shell.fields import Field

# fmt: off
'''
_TAIL = '''# fmt: on


def fields_of_command(words: str) -> list[Field]:
    """Return the fields of the command that these words call: its own, then those of every command."""
    envelope = [ON.get(words, field) if field.name == "on" else field for field in ENVELOPE]
    return [*FIELDS[words], *envelope]
'''


def text() -> str:
    """Return the source of the table."""
    commands = {
        spec.words: (spec, command_class(name, stream_kind))
        for stream_kind, specs in SPECS.items()
        for name, spec in specs.items()
    }
    envelopes = {words: envelope_of(command) for words, (_, command) in commands.items()}
    envelope = envelopes["grant propose"]
    other_on = {words: own[0] for words, own in envelopes.items() if own[0] != envelope[0]}
    return "".join(
        (
            _HEAD,
            "FIELDS: dict[str, tuple[Field, ...]] = {\n",
            *(_entry(words, fields_of(*parts)) for words, parts in commands.items()),
            "}\n",
            '"""The fields of each command, by the words that call it."""\n',
            "ENVELOPE = (\n",
            *(f"    {line},\n" for line in _lines(envelope)),
            ")\n",
            '"""The fields of every command."""\n',
            "ON: dict[str, Field] = {\n",
            *(f"    {_quoted(words)}: {_source(field)},\n" for words, field in other_on.items()),
            "}\n",
            '"""The field ``on`` of commands that have another default."""\n',
            _TAIL,
        )
    )


def _entry(words: str, own: list[Field]) -> str:
    return "".join(
        (f"    {_quoted(words)}: (\n", *(f"        {line},\n" for line in _lines(own)), "    ),\n")
    )


def _lines(own: list[Field]) -> Iterator[str]:
    return (_source(field) for field in own)


def _source(field: Field) -> str:
    """Return the source of a field, without what is as by default."""
    changed = [
        f"{name}={_quoted(value)}"
        for name, value in field._asdict().items()
        if name in Field._field_defaults and value != Field._field_defaults[name]
    ]
    return f"Field({', '.join([*map(_quoted, field[:3]), *changed])})"


def _quoted(value: object) -> str:
    """Return the value's source, a text in double quotes."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_quoted, value))},)"
    if not isinstance(value, str):
        return repr(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
