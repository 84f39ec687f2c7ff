"""``grantbook grant show`` and ``grant list``: the state of grants."""

from typing import TYPE_CHECKING, Any

import click

from cli.commands.show.next_acts import acts_from_book, acts_from_views, next_in_words, next_json
from cli.output.formats import FORMS, form_of
from cli.output.terminal_text import (
    in_units,
    pairs,
    plain,
    prose,
    readable,
    safe,
    say,
    to_json,
)
from cli.shell.as_of_options import (
    VIEWS,
    AsOf,
    entries_of,
    known_option,
    on_option,
    state_of,
)
from cli.shell.settings import Command, located, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from lifecycle.book.book import Book
    from lifecycle.grant.obligations.next_acts import NextAct
    from lifecycle.grant.state import Grant
    from projections.engine.detached_views import DetachedViews
    from projections.engine.standing import Standing


@click.command(
    "show", cls=Command, help="Show where a grant stands, what may come next, and whose act it is."
)
@click.argument("grant", metavar="GRANT")
@on_option
@known_option
@VIEWS
def show(grant: str, on: str | None, known: str | None, views: str | None) -> int:
    """Show where the grant stands."""
    options, grant = settings(), grant.removeprefix("grant:")
    acts: list[NextAct] | None = None
    followers: list[str] | None = None
    if views is not None:
        state, version, as_of = _detached(views, grant, on, known)
        followers = _followers(grant, on, known, views)
    elif on is None and known is None:
        state, version, as_of, acts, followers = _now(grant)
    else:
        state, version, as_of = _then(grant, on, known)
        followers = _followers(grant, on, known)
    if options.json:
        upcoming = {} if acts is None else {"next": [next_json(act) for act in acts]}
        say(to_json({**_as_json(state, version, as_of), "followed_by": followers, **upcoming}))
        return 0
    say(f"{safe(grant)}  {prose(state.title)}")
    say(f"{_stage(state)}; {as_of.words}, version {version}")
    for part in (_terms(state, followers or []), _dates(state), _money(state), _lines(state), _items(state)):
        if part:
            say()
            say(pairs(part))
    if acts is not None:
        say()
        say(next_in_words(acts))
    return 0


def _now(grant: str) -> "tuple[Grant, int, AsOf, list[NextAct], list[str] | None]":
    """Return the grant after all that is recorded, its next acts, and the grants that follow it.

    They come from the views if these are at the journal's end.
    """
    from projections.engine.standing import followers_now, standing

    place = located(settings().address())
    if current := standing(place, grant):
        acts = acts_from_views(place, current.grant)
        words = f"as known now (position {current.position:,})"
        return current.grant, current.version, AsOf(None, None, words), acts, followers_now(place, grant)
    state, version, as_of = _then(grant, None, None)
    return state, version, as_of, acts_from_book(state), _followers(grant, None, None)


def _followers(grant: str, on: str | None, known: str | None, views: str | None = None) -> list[str] | None:
    """Return the grants that follow this one on a day, as known at a time; `None` if no views can be read."""
    from lifecycle.book.book import Book
    from lifecycle.kernel.errors import Unreachable
    from projections.query import tables_at
    from projections.reports.portfolio.register import followers

    with settings().open_for_report(views) as book:
        as_of = AsOf.of(book, on, known) if isinstance(book, Book) else AsOf(None, None, "")
        try:
            with tables_at(book, as_of.known) as (connection, _):
                return followers(connection, as_of.on, grant)
        except Unreachable:
            return None


def _then(grant: str, on: str | None, known: str | None) -> "tuple[Grant, int, AsOf]":
    """Return the grant as of a day, as known at a time, from the journal."""
    with settings().open(read_only=True) as book:
        as_of = AsOf.of(book, on, known)
        stream, entries = entries_of(book, f"grant:{grant}", as_of.known)
    state = state_of(stream, entries, as_of.on)
    if state is None:
        if as_of.on is None:
            raise click.UsageError(
                f"there is no grant {grant!r}: only rows that count in nothing bear its id; see grantbook"
                f" audit history {grant}"
            )
        raise click.UsageError(
            f"there was no grant {grant!r} on {as_of.on}: its first entry is of a later day"
        )
    return state, len(entries), as_of


def _detached(views: str, grant: str, on: str | None, known: str | None) -> "tuple[Grant, int, AsOf]":
    """Return the grant from detached views."""
    for standing in _standings(views, on, known, grant):
        words = f"as known at position {standing.position:,}, of the views alone"
        return standing.grant, standing.version, AsOf(None, standing.position, words)
    from lifecycle.types.readings.nearest import did_you_mean

    names = (standing.grant.id for standing in _standings(views, on, known))
    raise click.UsageError(f"the views know no grant {grant!r}{did_you_mean(grant, names)}")


def _standings(
    views: str, on: str | None, known: str | None, grant: str | None = None
) -> "Iterator[Standing]":
    from projections.engine.detached_views import DetachedViews

    if on is not None or known is not None:
        raise click.UsageError(
            "views hold only the newest state: leave --views out, so that the book is read"
        )
    return DetachedViews(located(views)).standings(grant)


def _stage(state: "Grant") -> str:
    suspended = f", suspended: {', '.join(state.suspended)}" if state.suspended else ""
    return f"{state.stage.replace('_', ' ')}{suspended}"


def _terms(state: "Grant", followers: list[str]) -> list[tuple[str, str]]:
    rows = [
        ("window", f"{state.window}, edition {state.edition}" if state.edition else state.window),
        ("recipients", readable(state.recipients)),
        ("providers", readable(state.providers)),
        ("sector", prose(state.sector)),
        ("team leader", prose(state.leader)),
    ]
    if state.execution != "bank":
        rows.append(("executed by", f"the {state.execution}"))
    if state.declined_for:
        rows.append(("declined for", state.declined_for))
    if state.operation:
        kind = f" ({state.operation_kind.replace('_', ' ')})" if state.operation_kind else ""
        rows.append(("operation", f"{prose(state.operation)}{kind}"))
    if state.follows:
        rows.append(("follows", safe(state.follows)))
    if followers:
        rows.append(("followed by", ", ".join(map(safe, followers))))
    if state.deputies:
        rows.append(("deputies", prose(", ".join(state.deputies))))
    if state.institution:
        rows.append(("institution", prose(state.institution)))
    if digest := _digest(state):
        rows.append(("request digest", digest))
    if state.conditions:
        rows.append(
            (
                "conditions",
                "; ".join(
                    f"{prose(name)} ({'met' if name in state.conditions_met else 'open'})"
                    for name in state.conditions
                ),
            )
        )
    return rows


def _digest(state: "Grant") -> str | None:
    """Return the digest of the request that waits for approval, or of the one that was approved."""
    if state.stage != "requested" or state.request_digest is not None:
        return state.request_digest
    from lifecycle.grant.proposal.request import request_digest

    return request_digest(state)


def _dates(state: "Grant") -> list[tuple[str, str]]:
    dates = (
        ("proposed", state.proposed_on),
        ("requested", state.requested_on),
        ("approved", state.approved_on),
        ("signed", state.signed_on),
        ("effective", state.effective_on),
        ("closing date", state.closing_date),
        ("completed", state.completed_on),
        *(("closed, and reopened", day) for day in _undone_closures(state)),
        ("closed", state.closed_on),
        ("ended", state.ended_on),
    )
    return [(name, str(day)) for name, day in dates if day is not None]


def _undone_closures(state: "Grant") -> "tuple[date, ...]":
    """Return the days of closures that a reopening undid, which stay visible (domain §3)."""
    return state.closures if state.closed_on is None else state.closures[:-1]


def _money(state: "Grant") -> list[tuple[str, str]]:
    amounts = [("proposed amount", state.proposed), ("requested amount", state.requested)]
    if state.approved_on is not None or state.payments:
        amounts += [
            ("committed", state.committed),
            ("disbursed", state.disbursed),
            ("refunded", state.refunded),
            ("undisbursed", state.undisbursed),
            ("overpaid, owed back", state.overpaid or None),
            ("asked for, not paid", state.pending or None),
        ]
    texts = [(name, readable(amount, state.currency)) for name, amount in amounts if amount is not None]
    width = max(len(text) for _, text in texts)
    return [(name, f"{text:>{width}}") for name, text in texts]


def _lines(state: "Grant") -> list[tuple[str, str]]:
    """Return each budget line with what it has left of what it holds."""
    rows = []
    for key, line in state.lines.items():
        left, held = (readable(amount, state.currency) for amount in (state.left_of_line(key), line.amount))
        rows.append((f"line {prose(line.name)}", f"{left} left of {held}"))
    return rows


def _items(state: "Grant") -> list[tuple[str, str]]:
    from cli.narrative.state_fields import grant_fields

    fields = grant_fields(state)
    prefixes = ("activity ", "payment ", "follow-up ")
    names = [name for name in fields if name.startswith(prefixes)]
    names += [name for name in ("capabilities", "completion report", "waived", "documents") if fields[name]]
    return [(prose(name), readable(fields[name], state.currency)) for name in names]


def _as_json(state: "Grant", version: int, as_of: AsOf) -> dict[str, Any]:
    from cli.narrative.state_fields import fields_json, grant_fields

    fields = fields_json(grant_fields(state))
    return {
        "grant": state.id,
        "on": plain(as_of.on),
        "known": as_of.known,
        "version": version,
        "currency": state.currency,
        **fields,
        "lines": [
            {
                "line": line.name,
                "kind": line.kind,
                "capacity": line.capacity,
                "holds": plain(in_units(line.amount, state.currency)),
                "left": plain(in_units(state.left_of_line(key), state.currency)),
            }
            for key, line in state.lines.items()
        ],
        "request_digest": _digest(state),
    }


STAGES = (
    *("proposed", "requested", "approved", "signed", "effective", "follow_up", "closed"),
    *("declined", "withdrawn", "lapsed", "cancelled"),
)


@click.command("list", cls=Command, help="List the grants, by name.")
@click.option(
    "--stage", "stages", multiple=True, type=click.Choice(STAGES), help="Only this stage; repeat it for more."
)
@click.option("--window", metavar="WINDOW", help="Only grants of this window.")
@on_option
@known_option
@VIEWS
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="The form of a report; else a line for each grant."
)
@click.option("--output", metavar="FILE", help="Write to this file, in the form of its ending.")
def list_grants(  # noqa: PLR0917 click gives them by name
    stages: tuple[str, ...],
    window: str | None,
    on: str | None,
    known: str | None,
    views: str | None,
    form: str | None,
    output: str | None,
) -> int:
    """List the grants."""
    options = settings()
    if form is not None or output is not None:
        form = form_of(form, output, json=options.json)

    def is_chosen(state: "Grant") -> bool:
        return (not stages or state.stage in stages) and window in (None, state.window)

    if views is not None:
        with options.open_for_report(views) as detached:
            standings = (standing.grant for standing in _standings(views, on, known))
            _print_list(detached, filter(is_chosen, standings), AsOf(None, None, ""), form, output)
        return 0
    with options.open(read_only=True) as book:
        if window is not None:
            _require_known_window(book, window)
        is_now = on is None and known is None
        grants = _grants_now(book) if is_now else _grants_then(book, on, known)
        as_of = AsOf(None, None, "") if is_now else AsOf.of(book, on, known)
        _print_list(book, filter(is_chosen, grants), as_of, form, output)
    return 0


def _print_list(
    book: "Book | DetachedViews",
    grants: "Iterator[Grant]",
    as_of: AsOf,
    form: str | None,
    output: str | None,
) -> None:
    """Print a line for each grant, or write them as a report is written if a form is named."""
    options = settings()
    if form is None:
        for grant in grants:
            _print_line(grant, json=options.json)
        return
    from cli.commands.reports.report import caption_of
    from cli.output.formats import write
    from projections.query import Report
    from projections.reports.portfolio.grants import COLUMNS, rows_of
    from projections.streamed_rows import StreamedRows

    position = book.position() if as_of.known is None else as_of.known
    report = Report("grants", COLUMNS, StreamedRows(rows_of(grants)), as_of.on or book.today(), position)
    caption, known_at = caption_of(book, report), book.recorded_at(position)
    write(report, caption, form, output, color=options.color, fund=book.fund().name, known_at=known_at)


def _require_known_window(book: "Book", window: str) -> None:
    """Raise ``UsageError`` if no edition of the fund has the window."""
    from lifecycle.types.readings.nearest import unknown

    windows = {name for edition in book.fund().editions.values() for name in edition.windows}
    if window not in windows:
        raise click.UsageError(unknown("window", window, sorted(windows)))


def _grants_now(book: "Book") -> "Iterator[Grant]":
    """Yield all grants, from the views if they are at the journal's end."""
    from projections.engine.grants_now import grants_now

    with grants_now(book) as grants:
        yield from _grants_then(book, None, None) if grants is None else grants


def _grants_then(book: "Book", on: str | None, known: str | None) -> "Iterator[Grant]":
    """Yield all grants as of a day, as known at a time, from the journal."""
    as_of = AsOf.of(book, on, known)
    for stream, entries in book.histories(0, as_of.known):
        state = state_of(stream, entries, as_of.on) if stream.startswith("grant:") else None
        if state is not None:
            yield state


def _print_line(state: "Grant", *, json: bool) -> None:
    if json:
        row = {"grant": state.id, "title": state.title, "window": state.window, "stage": str(state.stage)}
        committed, undisbursed = (
            in_units(sum_, state.currency) for sum_ in (state.committed, state.undisbursed)
        )
        say(to_json({**row, "committed": plain(committed), "undisbursed": plain(undisbursed)}))
    else:
        say(f"{safe(state.id):<16}  {state.stage.replace('_', ' '):<10}  {prose(state.title)}")
