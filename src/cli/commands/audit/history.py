"""``grantbook audit history|replay|diff|refusals``: what happened, what was known, and who was refused."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from cli.output.terminal_text import (
    pairs,
    prose,
    safe,
    say,
    to_json,
    wrapped,
)
from cli.shell.as_of_options import (
    AsOf,
    day_from,
    entries_of,
    is_day,
    known_option,
    on_option,
    position_from,
    state_of,
)
from cli.shell.settings import Command, Settings, settings

if TYPE_CHECKING:
    from cli.narrative.history import Paragraph
    from lifecycle.book.book import Book
    from lifecycle.book.storage.officer_names import OfficerName


@click.command(
    "history",
    cls=Command,
    help="""Show a history in sentences: who, when, before → after.

    Entries stand in order of the days on which they took effect. Late, corrected and struck entries are
    marked.""",
)
@click.argument("name", metavar="GRANT|fund|directory|call:CALL")
@on_option
@known_option
def history(name: str, on: str | None, known: str | None) -> int:
    """Print a history in sentences."""
    options = settings()
    with options.open(read_only=True) as book:
        show_history(options, book, name, on, known)
        if not options.json:
            from cli.commands.audit.unsealed import tail_line

            say()
            say(tail_line(book))
    return 0


def show_history(
    options: Settings, book: "Book", name: str, on: str | None = None, known: str | None = None
) -> None:
    """Print a history, as sentences or as JSON Lines."""
    from cli.narrative.history import paragraph_json, paragraphs_of

    as_of = AsOf.of(book, on, known)
    stream, entries = entries_of(book, name, as_of.known)
    fund = book.fund()
    paragraphs = paragraphs_of(stream, entries, fund, as_of.on)
    if options.json:
        for paragraph in paragraphs:
            say(to_json(paragraph_json(paragraph)))
        return
    currency, names = fund.currency, book.names()
    say(f"{safe(name)}: {len(paragraphs)} of {len(entries)} entries, {as_of.words}")
    for paragraph in paragraphs:
        say()
        for line in _paragraph(options, paragraph, currency, names):
            say(line, color=options.color)


def _paragraph(
    options: Settings, paragraph: "Paragraph", currency: str, names: "Mapping[str, OfficerName]"
) -> list[str]:
    from cli.narrative.history import arrows, marks, named_sentence, unstated_changes

    entry = paragraph.entry
    indent = " " * 12
    day = " " * 10 if paragraph.left_out == "stopped" else str(entry.on)
    sentence = named_sentence(paragraph, names)
    lines = [wrapped(f"[{entry.originator_version}] {sentence}", indent, f"{day}  ")]
    if changes := unstated_changes(paragraph):
        lines.append(wrapped(arrows(changes, currency), indent))
    for mark in marks(paragraph):
        text = wrapped(mark, indent)
        lines.append(click.style(text, fg="yellow") if options.color else text)
    if entry.note:
        lines.append(wrapped(f"note: “{prose(entry.note)}”", indent))
    return lines


@click.command(
    "replay",
    cls=Command,
    help="""Show the state on a day, as known at a time.

    As HTML it is a page of one grant with two sliders, for the day and for what was known. It shows each
    state in between, and begins at --on and --known.""",
)
@click.argument("name", metavar="GRANT|fund|directory|call:CALL")
@on_option
@known_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    help="Text, JSON or a page of a grant; by FILE's ending if not given.",
)
@click.option("--output", metavar="FILE", help="Write to this file, in the form of its ending.")
def replay(name: str, on: str | None, known: str | None, form: str | None, output: str | None) -> int:
    """Print the state, or write the page."""
    from cli.output.formats import form_of, write_text

    options = settings()
    form = form_of(form, output, json=options.json, forms=("text", "json", "html"), default="text")
    with options.open(read_only=True) as book:
        as_of = AsOf.of(book, on, known)
        text = _page(book, name, as_of) if form == "html" else _replayed(book, name, as_of, on, form)
    write_text(text, output)
    return 0


def _page(book: "Book", name: str, as_of: AsOf) -> str:
    """Return the page of a grant. Raises ``UsageError`` if the name is not that of a known grant."""
    from cli.commands.audit.replay_page import replay_page

    stream, _ = entries_of(book, name, as_of.known)
    if not stream.startswith("grant:"):
        raise click.UsageError(f"a page is made of a grant: leave --format html out to see {name}")
    return replay_page(book, stream.removeprefix("grant:"), as_of).text


def _replayed(book: "Book", name: str, as_of: AsOf, on: str | None, form: str) -> str:
    """Return the state as text, or as one line of JSON."""
    from cli.narrative.state_fields import fields_json, filled

    fields, version = _fields(book, name, as_of)
    currency = book.fund(as_of.known).currency
    if form == "json":
        replayed = {
            "name": name,
            "on": on,
            "known": as_of.known,
            "version": version,
            "state": fields_json(fields),
        }
        return f"{to_json(replayed)}\n"
    lines = [
        f"{safe(name)}, {as_of.words}, version {version}",
        *([] if fields else ["  there was no such grant on that day"]),
        pairs(filled(fields, currency)),
    ]
    return "\n".join(lines) + "\n"


def _fields(book: "Book", name: str, as_of: AsOf) -> tuple[dict[str, Any], int]:
    from datetime import date

    from cli.narrative.state_fields import call_fields, directory_fields, fund_fields, grant_fields
    from lifecycle.kernel.history import kind_of

    stream, entries = entries_of(book, name, as_of.known)
    state = state_of(stream, entries, as_of.on)
    day, stream_kind = as_of.on or date.max, kind_of(stream)
    if stream_kind == "grant":
        return grant_fields(state), len(entries)
    if stream_kind == "directory":
        return directory_fields(state), len(entries)
    return (fund_fields(state, day) if stream_kind == "fund" else call_fields(state, day)), len(entries)


@click.command(
    "diff",
    cls=Command,
    help="""Show what differs between two days or times.

    A day (2017-12-31) stands for what was true on it. A time (2018-01-09T12:00:00Z) or a position of the
    journal stands for what was known then.""",
)
@click.argument("name", metavar="GRANT|fund|directory|call:CALL")
@click.option("--from", "since", required=True, metavar="DAY|TIME", help="The earlier day or time.")
@click.option("--to", "until", required=True, metavar="DAY|TIME", help="The later day or time.")
def diff(name: str, since: str, until: str) -> int:
    """Print what differs."""
    from cli.narrative.history import arrows
    from cli.narrative.state_fields import changes, key
    from cli.output.terminal_text import plain

    options = settings()
    with options.open(read_only=True) as book:
        both = [_as_of(book, text, option) for text, option in ((since, "--from"), (until, "--to"))]
        entries_of(book, name)
        before, after = (_fields_or_none(book, name, as_of) for as_of in both)
        currency = book.fund().currency
    changed = changes(before, after)
    if options.json:
        for field, old, new in changed:
            say(to_json({"field": key(field), "from": plain(old), "to": plain(new)}))
        return 0
    say(f"{safe(name)}: {both[0].words} → {both[1].words}")
    for change in changed:
        say(wrapped(arrows([change], currency), "    ", "  "))
    if not changed:
        say("  nothing differs")
    return 0


def _as_of(book: "Book", text: str, option: str) -> AsOf:
    from cli.shell.as_of_options import in_words

    if is_day(text):
        day = day_from(text, option)
        return AsOf(day, None, f"as of {day}")
    position = position_from(book, text, option)
    return AsOf(None, position, in_words(book, None, position))


def _fields_or_none(book: "Book", name: str, as_of: AsOf) -> dict[str, Any]:
    """Return the fields on that day or at that time; no fields if the grant was not known yet."""
    from cli.shell.as_of_options import stream_named

    if not book.entries(stream_named(name), as_of.known):
        return {}
    return _fields(book, name, as_of)[0]


def _not_lawful(quarantined: str | None) -> str:
    return "" if quarantined is None else f"; not lawful: {quarantined}"


@click.command("refusals", cls=Command, help="List who was refused what, when, by which rule.")
@click.argument("grant", metavar="[GRANT|fund]", required=False)
def refusals(grant: str | None) -> int:
    """List the refusals."""
    from lifecycle.book.storage.officer_names import shown
    from lifecycle.journal.mapper import stamp
    from lifecycle.journal.stored_row import moment_of

    options = settings()
    with options.open(read_only=True) as book:
        refused, officers = book.refusals(None if grant == "fund" else grant), book.names()
        quarantined = {refusal.number: prose(refusal) for refusal in book.quarantined_refusals()}
        if grant not in (None, "fund") and not refused:
            entries_of(book, str(grant))
    if grant == "fund":
        refused = [refusal for refusal in refused if refusal.stream == "fund"]
    names = (
        "command_id",
        "command",
        "stream",
        "on",
        "actor",
        "recorder",
        "recorded_at",
        "refusal",
        "rule",
        "message",
    )
    for refusal in refused:
        recorded_at = stamp(moment_of(refusal.recorded_at))
        if options.json:
            fields = {name: str(getattr(refusal, name) or "") or None for name in names}
            fields |= {"command_id": refusal.id, "recorded_at": recorded_at}
            say(to_json({**fields, "quarantined": quarantined.get(refusal.number)}))
            continue
        stream = safe(refusal.stream.removeprefix("grant:"))
        not_lawful = _not_lawful(quarantined.get(refusal.number))
        recorder, actor = refusal.recorder, prose(shown(refusal.actor, officers))
        entered_by = f" (entered by {prose(shown(recorder, officers))})" if recorder != refusal.actor else ""
        say(
            wrapped(
                f"{actor}{entered_by} was refused {refusal.command} on {stream}, recorded"
                f" {recorded_at}: {refusal.refusal}: {prose(refusal.message or '')}"
                f" ({prose(refusal.rule or '')}){not_lawful}",
                " " * 12,
                f"{safe(refusal.on)}  ",
            )
        )
    if not refused and not options.json:
        say("nobody was refused anything")
    return 0
