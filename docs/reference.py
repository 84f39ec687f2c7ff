"""Write ``docs/reference/`` and the catalogue from the code.

python docs/reference.py             writes each file that is out of date
python docs/reference.py --check     writes nothing, names each file that is out of date, and exits with 1
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import catalogue
import command_fields
from click.testing import CliRunner
from fields import VALUES, Field, example, fields_of, types
from keys import reports_page
from pydantic import BaseModel

from cli.commands.schema import commands_schema, events_schema
from cli.index import OTHER_COMMANDS
from cli.main import HELP, cli
from cli.shell.groups import GROUPS
from cli.shell.settings import Settings
from lifecycle.call import call
from lifecycle.catalogue import OF_QUARANTINES, SPECS
from lifecycle.directory import events as directory
from lifecycle.fund import events as fund
from lifecycle.grant import events as grant
from lifecycle.journal.mapper import topic_of
from lifecycle.kernel import refusals
from lifecycle.kernel.command import ENVELOPE
from lifecycle.kernel.event import Event
from lifecycle.kernel.spec import ANY, Spec
from lifecycle.parse import command_class, command_from
from lifecycle.policy.edition import Edition
from lifecycle.policy.edition_file import shipped
from lifecycle.types.money import DIGITS
from projections.engine.fold import tables_changed_by

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- Written by docs/reference.py from the code. Do not edit: run `make docs`. -->\n\n"
ORDERS = ("receipt", "officer and role", "stage", "four eyes", "dates", "amounts and terms")
COMMON = ENVELOPE | {"on", "actor"}
"""Fields of every command, which the page lists once."""


def doc(kind: type) -> str:
    """Return the docstring of a class as one paragraph."""
    return " ".join((kind.__doc__ or "").replace("``", "`").split())


def table(fields: list[Field]) -> Iterator[str]:
    """Yield the fields as a table, or a sentence if there are no fields."""
    if not fields:
        yield "No other fields.\n\n"
        return
    yield "| Field | Type | | Meaning |\n| --- | --- | --- | --- |\n"
    for field in fields:
        needed = "required" if field.required else ""
        meaning = field.meaning.replace("``", "`").replace("|", "\\|")
        yield f"| `{field.name}` | {_linked(field.type)} | {needed} | {meaning} |\n"
    yield "\n"


PLAIN = {"text", "whole number", "number", "true or false", "true", "any value", "Edition"}


def _linked(type_: str) -> str:
    """Return a type with its links to types.md."""
    prefix = "list of " if type_.startswith("list of ") else ""
    parts = type_.removeprefix("list of ").split(" → ")
    links = (part if part in PLAIN else f"[{part}](types.md#{part.lower()})" for part in parts)
    return (prefix + " → ".join(links)).replace("Edition", "[Edition](editions.md)")


# ── pages ────────────────────────────────────────────────────────────────────────────────────


def events_page() -> Iterator[str]:
    """Yield the page of events, in order of life."""
    yield "# Events\n\n" + MADE
    yield (
        "Every event that a book can hold. Each has `on`, the day on which it took effect, and `actor`, whose"
        " act it was. Its entry adds `recorded_at`, `recorder`, `command_id` and, if one was given, `note`."
        " The topic is the name under which the event is stored; its number grows when the form changes."
        " For an event of a grant, the page names the tables of the views into which it is read."
        " [Types](types.md) explains the types; the JSON Schema is [events.json](schema/events.json).\n\n"
    )
    streams = {"grant": ("A grant's stream", grant), "fund": ("The fund's stream", fund)}
    streams |= {"call": ("A call's stream", call), "directory": ("The directory's stream", directory)}
    for about, (heading, room) in streams.items():
        yield f"## {heading}\n\n"
        rows = {row.event: row for row in SPECS[about].values()}
        for event in room.EVENTS:
            yield from _event(event, rows.get(event.__name__), about)


def _event(event: type[Event], row: Spec | None, about: str) -> Iterator[str]:
    yield f"### {event.__name__}\n\n{doc(event)}\n\n"
    quarantine = next((spec for spec in OF_QUARANTINES.values() if spec.event == event.__name__), None)
    if row is None and quarantine is not None:
        made = f"Made by `grantbook {quarantine.words}` (role: {quarantine.role})."
    elif row is None:
        made = "Written together with a grant's entry."
    else:
        made = f"Made by [{row.name}](commands.md#{_anchor(row, about)}) (role: {row.role})."
    read = ", ".join(f"`{name}`" for name in tables_changed_by(event)) if about == "grant" else ""
    yield f"{made} Topic `{topic_of(event)}`.{f' Read into {read}.' if read else ''}\n\n"
    yield from table(fields_of(event, leave_out=frozenset(("on", "actor"))))


_ON = {"grant": "", "fund": " on the fund", "call": " on a call", "directory": " on the directory"}


def _anchor(row: Spec, about: str) -> str:
    return _heading(row, about).lower().replace(" ", "-")


def _heading(row: Spec, about: str) -> str:
    """Return the name of the command, with its stream if several commands have the name."""
    twice = sum(row.name in rows for rows in SPECS.values()) > 1
    return row.name + (_ON[about] if twice else "")


def commands_page() -> Iterator[str]:
    """Every command: words, role, stages, event, fields, an example."""
    yield "# Commands\n\n" + MADE
    yield (
        "Every command, as the shell takes it and as a line of `grantbook record`. The JSON Schema is"
        " [commands.json](schema/commands.json); [types](types.md) explains the types.\n\n"
        "Each takes beside its own fields:\n\n"
    )
    kind = command_class("ProposeGrant", "grant")
    order = ("grant", "on", "actor", "command_id", "note", "expect_version")
    common = {field.name: field for field in fields_of(kind)}
    yield from table([common[name] for name in order])
    headings = {"grant": "On a grant", "fund": "On the fund", "call": "On a call"}
    for about, heading in {**headings, "directory": "On the directory"}.items():
        yield f"## {heading}\n\n"
        for row in SPECS[about].values():
            yield from _command(row, about)


def _command(row: Spec, about: str) -> Iterator[str]:
    kind = command_class(row.name, about)
    yield f"### {_heading(row, about)}\n\n{doc(kind)}\n\n"
    stages = "any stage" if row.stages == ANY else " or ".join(f"`{stage}`" for stage in row.stages if stage)
    when = f", while the grant is {stages}" if stages and row.stages != ANY else ""
    if row.stages == ANY:
        when = ", in any stage"
    role = "any officer" if row.role == "any" else f"the role `{row.role}`"
    given = "".join(f" {name.upper()}" for name in row.arguments)
    becomes = f"Becomes [{row.event}](events.md#{row.event.lower()})."
    yield f"`grantbook {row.words}{given}`, by {role}{when}. {becomes}\n\n"
    yield from table(fields_of(kind, leave_out=frozenset(COMMON)))
    words = example(row, kind, about)
    command_from(words)  # an example that is none stops here
    yield f"```json\n{json.dumps(words, ensure_ascii=False)}\n```\n\n"


def types_page() -> Iterator[str]:
    """Yield the page of named types, and of the parts of which fields are made."""
    yield "# Types\n\n" + MADE
    yield 'The values that a field may have. An amount of money is text: `"2000.00 USD"`.'
    yield f" In a command it has at most {DIGITS} digits, decimals included: reports can add these up.\n\n"
    for type_ in types():
        yield f"### {type_.name}\n\n{type_.meaning.replace('``', '`')}\n\nWritten: {type_.form}."
        yield f" Example: `{type_.example}`.\n\n" if type_.example else "\n\n"
    for value in VALUES:
        yield f"### {value.__name__}\n\n{doc(value)}\n\n"
        yield from table(fields_of(value))


def refusals_page() -> Iterator[str]:
    """Yield the page of refusals."""
    yield "# Refusals\n\n" + MADE
    yield (
        "Every refusal that a book can give. Names are fixed: programs may rely on them. A command is checked"
        " in the order of this page, so an earlier refusal hides a later one. Each is kept with its command:"
        " `grantbook audit refusals` lists them. The exit code is 1.\n\n"
    )
    for order, heading in enumerate(ORDERS):
        yield f"## {heading.capitalize()}\n\n| Refusal | When | Rule |\n| --- | --- | --- |\n"
        for refusal in refusals.every_refusal():
            if refusal.order == order:
                yield f"| `{refusal.__name__}` | {doc(refusal)} | {refusal.rule} |\n"
        yield "\n"


def editions_page() -> Iterator[str]:
    """Yield the page of the shipped editions, with every number and its source."""
    yield "# Editions\n\n" + MADE
    yield (
        "The policy editions that `init` adopts, unless `--policy` names others. Every number has its source;"
        " `assumed` marks one that no source states. How to adopt your own:"
        " [change a window](../how-to/change-a-window.md)."
        " JSON Schema: [edition.json](schema/edition.json).\n\n"
    )
    for edition in shipped():
        needed = "is needed" if edition.agreement_required else "is not needed"
        yield f"## {edition.name}\n\nHolds from {edition.from_}. A signed agreement {needed}.\n\n"
        yield "| Where | Rule | Value | Source |\n| --- | --- | --- | --- |\n"
        grace = edition.disbursement_grace
        yield f"| every window | disbursement_grace | {_span(grace)} | {grace.source} |\n"
        for name, window in edition.windows.items():
            rules = [(rule, getattr(window, rule)) for rule in type(window).model_fields]
            for rule, value in rules:
                if value is not None:
                    yield f"| {name} | {rule} | {_value(value.value)} | {value.source} |\n"
            if not any(value for _, value in rules):
                yield f"| {name} | | no limits | |\n"
        for name, span in edition.obligations.items():
            yield f"| obligation | {name} | {_span(span)} | {span.source} |\n"
        yield "\n"


def _span(span: Any) -> str:
    unit = next(unit for unit in ("days", "months", "years") if getattr(span, unit) is not None)
    number = getattr(span, unit)
    return f"{number} {unit if number != 1 else unit[:-1]}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) and not hasattr(value, "currency") else str(value)


_OF_EVERY_WRITE = "\nOptions of every write:\n"
_OF_EVERY_COMMAND = "\nOptions of every command:\n"


def command_line_page() -> Iterator[str]:
    """Yield the page of ``--help`` of every command; options of all commands are listed once."""
    yield "# The command line\n\n" + MADE
    yield (
        "The output of `--help`, without the options that are listed once here. Global options may stand"
        f" before or after a command's own.\n\n## grantbook\n\n{_shown(_help([]))}"
    )
    yield "Every command that records takes these too:\n\n"
    yield _shown(_help(["grant", "sign"]).partition(_OF_EVERY_WRITE)[2].partition(_OF_EVERY_COMMAND)[0])
    words = dict.fromkeys([*HELP, *(other.words for other in OTHER_COMMANDS)])
    for group in GROUPS:
        yield f"## grantbook {group}\n\n{GROUPS[group]}\n\n"
        for name in words:
            if name.startswith(group + " "):
                yield f"### grantbook {name}\n\n{_shown(_own(_help(name.split())))}"
    for name in words:
        if " " not in name:
            yield f"## grantbook {name}\n\n{_shown(_own(_help([name])))}"


def _help(words: list[str]) -> str:
    result = CliRunner().invoke(
        cli,
        [*words, "--help"],
        prog_name="grantbook",
        obj=Settings(),
        terminal_width=80,
        max_content_width=80,
    )
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.output


def _own(text: str) -> str:
    """Return a page of help without the options that are listed once."""
    return text.partition(_OF_EVERY_WRITE)[0].partition(_OF_EVERY_COMMAND)[0]


def _shown(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n\n"


def _schema(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def pages() -> dict[str, str]:
    """Return the name and the text of every file of the reference."""
    edition: type[BaseModel] = Edition
    made = {
        "events.md": events_page(),
        "commands.md": commands_page(),
        "types.md": types_page(),
        "refusals.md": refusals_page(),
        "editions.md": editions_page(),
        "command-line.md": command_line_page(),
        "reports.md": reports_page(MADE),
    }
    texts = {name: "".join(parts).rstrip() + "\n" for name, parts in made.items()}
    return texts | {
        "schema/commands.json": _schema(commands_schema()),
        "schema/events.json": _schema(events_schema()),
        "schema/edition.json": _schema(edition.model_json_schema(by_alias=True)),
    }


def stale(wanted: dict[str, str]) -> list[str]:
    """Return the files that differ, are missing, or are no longer part of the reference."""
    differ = [
        name
        for name, text in wanted.items()
        if not (REFERENCE / name).is_file() or (REFERENCE / name).read_text("utf-8") != text
    ]
    present = (str(path.relative_to(REFERENCE)) for path in sorted(REFERENCE.rglob("*")) if path.is_file())
    return differ + [name for name in present if name not in wanted]


def main() -> int:
    """Write the reference, or name the files that are out of date; return the exit code."""
    is_check = "--check" in sys.argv[1:]
    modules = {catalogue.FILE: catalogue.text(), catalogue.COMMANDS_FILE: catalogue.commands()}
    modules[command_fields.FILE] = command_fields.text()
    old = [file for file, text in modules.items() if not file.exists() or file.read_text("utf-8") != text]
    for file in old:
        name = str(file.relative_to(REFERENCE.parents[1]))
        if is_check:
            print(f"{name} is stale: run make docs", file=sys.stderr)
        else:
            file.write_text(modules[file], "utf-8")
            print(name)
    if old:  # what follows is made from the new modules, which only a new process imports
        return 1 if is_check else subprocess.run([sys.executable, *sys.argv], check=False).returncode
    wanted = pages()
    names = stale(wanted)
    for name in names:
        if is_check:
            print(f"docs/reference/{name} is stale: run make docs", file=sys.stderr)
        elif name in wanted:
            (REFERENCE / name).parent.mkdir(parents=True, exist_ok=True)
            (REFERENCE / name).write_text(wanted[name], "utf-8")
            print(f"docs/reference/{name}")
        else:
            (REFERENCE / name).unlink()
            print(f"docs/reference/{name}")
    return 1 if is_check and names else 0


if __name__ == "__main__":
    sys.exit(main())
