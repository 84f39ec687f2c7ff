"""``grantbook audit recorders``: the acts that one recorder entered for both sides."""

from typing import TYPE_CHECKING

import click

from cli.output.terminal_text import (
    prose,
    safe,
    say,
    to_json,
    wrapped,
)
from cli.shell.as_of_options import AsOf, entries_of, known_option
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifecycle.book.book import Book
    from lifecycle.kernel.history import Entry
    from projections.audit.one_recorder import Sides


@click.command(
    "recorders",
    cls=Command,
    help="""List what one recorder entered for both sides.

    The officer who asks never decides, but one administrator may enter both acts. This lists each decision
    whose recorder also entered the request for it.""",
)
@click.argument("grant", metavar="[GRANT]", required=False)
@known_option
def recorders(grant: str | None, known: str | None) -> int:
    """List the acts of both sides that one recorder entered."""
    from lifecycle.book.storage.officer_names import shown
    from lifecycle.kernel.history import in_force
    from projections.audit.one_recorder import both_sides

    options, is_empty = settings(), True
    with options.open(read_only=True) as book:
        officers = book.names()
        for entries in _grants(book, grant, AsOf.of(book, None, known).known):
            for sides in both_sides(in_force(entries)):
                is_empty = False
                recorder, actor = (
                    shown(officer, officers)
                    for officer in (sides.decision.recorder, sides.decision.event.actor)
                )
                say(
                    to_json(_as_json(sides))
                    if options.json
                    else _in_words(sides, prose(recorder), prose(actor))
                )
    if is_empty and not options.json:
        say("nobody entered acts of both sides")
    return 0


def _grants(book: "Book", grant: str | None, known: int | None) -> "Iterator[list[Entry]]":
    if grant is not None:
        yield entries_of(book, grant, known)[1]
        return
    for stream, entries in book.histories(0, known):
        if stream.startswith("grant:"):
            yield entries


def _in_words(sides: "Sides", recorder: str, actor: str) -> str:
    decided = sides.decision
    about = f"{safe(decided.originator_id.removeprefix('grant:'))} [{decided.originator_version}]"
    others = ", ".join(
        f"[{entry.originator_version}] {type(entry.event).__name__} of {safe(entry.event.actor)}"
        for entry in sides.requests
    )
    act = f"{type(decided.event).__name__} of {actor}"
    sentence = f"{about}: {recorder} entered {act}, and what asked for it: {others}"
    return wrapped(sentence, " " * 12, f"{decided.on}  ")


def _as_json(sides: "Sides") -> dict[str, object]:
    decided = sides.decision
    return {
        "recorder": decided.recorder,
        "grant": decided.originator_id.removeprefix("grant:"),
        "on": decided.on.isoformat(),
        "decided": decided.name,
        "event": type(decided.event).__name__,
        "actor": decided.event.actor,
        "asked": [
            {"entry": entry.name, "event": type(entry.event).__name__, "actor": entry.event.actor}
            for entry in sides.requests
        ],
    }
