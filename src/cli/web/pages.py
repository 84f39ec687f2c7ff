"""The pages beside the reports: glance, grants, payments, partners, countries, library, verification."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cli.commands.reports.report import ask, caption_of
from cli.output.terminal_text import prose
from cli.shell.as_of_options import AsOf, entries_of, state_of
from cli.web.asked import Answer, Asked, Missing, grant_path, web_page, with_query
from cli.web.linked_tables import ROWS, field, report_table, table
from lifecycle.types.stage import NOT_STATED

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.progress.model import Section
    from projections.query import Report

_DATES = ("on", "known")


def glance(asked: Asked) -> Answer:
    """Return what waits, is overdue, due, paid, on its way, and new."""
    from cli.commands.reports.glance import glance_on

    asked.require(())
    today = asked.book.today()
    _, sections = glance_on(asked.book, today)
    parts = [part for section in sections for part in _parts(section)]
    return web_page(asked, "At a glance", parts, lines=[f"As of {today}."])


def _parts(section: "Section") -> Iterator[dict[str, Any]]:
    """Yield the section's figures with its first table, then each further table."""
    title, texts = section.title, [f"{figure.label}: {figure.value}" for figure in section.figures]
    for part in section.tables:
        more = f"And {part.more:,} more." if part.more else ""
        shown = table(part.caption, part.columns, part.rows, more=more)
        yield {"title": title or part.caption, "texts": texts, "table": shown}
        title, texts = "", []


def _reports(book: "Book", *chosen: tuple[str, str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a section for each report: its title, name and choices."""
    sections = []
    for title, name, choices in chosen:
        made = ask(book, name, **choices)
        sections.append({"title": title, "table": report_table(made, title, caption_of(book, made))})
    return sections


def payments(asked: Asked) -> Answer:
    """Return the payments that wait to be authorised, and those that wait to be paid."""
    asked.require(())
    sections = _reports(
        asked.book,
        ("Waiting to be authorised", "payments", {"status": "requested"}),
        ("Waiting to be paid", "payments", {"status": "authorised"}),
    )
    links = [{"path": "/reports/payments", "name": "All payments"}]
    return web_page(asked, "Payments", [*sections, {"links": links}], is_wide=True)


def calls(asked: Asked) -> Answer:
    """Return the calls, with proposals and what is left."""
    asked.require(())
    return web_page(asked, "Calls", _reports(asked.book, ("Calls", "calls", {})), is_wide=True)


def partners(asked: Asked) -> Answer:
    """Return the partners with their money, their instalments and the pools."""
    asked.require(())
    sections = _reports(
        asked.book,
        ("Contributions", "fund", {}),
        ("Pools", "pools", {}),
        ("Instalments", "instalments", {}),
    )
    return web_page(asked, "Partners and pools", sections, is_wide=True)


def countries(asked: Asked) -> Answer:
    """Return the countries that receive and provide, on a map and in a table."""
    from markupsafe import Markup

    from cli.output.world_map import caption, svg
    from projections.progress.model import CountryMap

    asked.require(())
    made = ask(asked.book, "countries")
    drawn = CountryMap(
        "Who provides and who receives", *(_countries(made, role) for role in ("providing", "receiving"))
    )
    shown = {
        "drawing": Markup(svg(drawn)),  # noqa: S704 its texts are escaped
        "note": caption(drawn),
        "table": report_table(made, "Countries", caption_of(asked.book, made)),
    }
    return web_page(asked, "Countries", [shown], is_wide=True)


def _countries(made: "Report", role: str) -> frozenset[str]:
    country, number = made.columns.index("country"), made.columns.index(role)
    codes = frozenset(str(row[country]) for row in made.rows if row[number] and row[country] is not None)
    return codes - {NOT_STATED}


def library(asked: Asked) -> Answer:
    """Return the texts that have the words of the search, the best first."""
    from cli.commands.reports.library import question_of_search
    from projections.query import ask as answer
    from projections.query import tables_at

    known = ("q", "sector", "country")
    asked.require(known)
    query, book = asked.query, asked.book
    labels = {"q": "words", "sector": "sector", "country": "country (two letters)"}
    form = {"action": "/library", "fields": [field(name, labels[name], query) for name in known]}
    sections: list[dict[str, Any]] = [{"form": form}]
    if words := query.get("q", "").split():
        filters = {name: query.get(name) for name in ("sector", "country")}
        question = question_of_search(tuple(words), **filters, limit=ROWS)
        with tables_at(book, None) as (connection, position):
            made = answer(connection, "search", question, as_of=book.today(), known=position)
        more = f"The first {ROWS} texts: type more words to see fewer." if len(made.rows) == ROWS else ""
        sections.append({"table": report_table(made, "Texts", caption_of(book, made), more)})
    elif query:
        sections.append({"texts": ["Type at least one word."]})
    return web_page(asked, "Library", sections)


def grant(asked: Asked) -> Answer:
    """Return one grant: its state, what may come next, its obligations, payments and documents."""
    from cli.commands.show.next_acts import acts_on
    from cli.narrative.state_fields import filled, grant_fields

    asked.require(_DATES)
    book, name, query = asked.book, asked.names["grant"], asked.query
    as_of = AsOf.of(book, query.get("on"), query.get("known"))
    state = _state(book, name, as_of)
    fields = filled(grant_fields(state), state.currency)
    form = {
        "action": asked.path,
        "fields": [field("on", "as of", query, type="date"), field("known", "as known at", query)],
    }
    sections: list[dict[str, Any]] = [
        {
            "form": form,
            "links": [
                {"path": with_query(grant_path(name, "/replay"), query), "name": "History with sliders"}
            ],
        },
        {"title": "State", "table": table("State", (("field", False), ("value", False)), fields)},
    ]
    if not query:
        acts = acts_on(state, book.fund(), book.today())
        rows = [(f"{act.words} {act.item or ''}".strip(), act.role, ", ".join(act.officers)) for act in acts]
        columns = (("act", False), ("role", False), ("officers", False))
        sections.append({"title": "May come next", "table": table("May come next", columns, rows)})
    choices = {"grant": name, "as_of": query.get("on"), "known": query.get("known")}
    sections += _reports(
        book,
        ("Obligations", "timeline", choices),
        ("Payments", "payments", choices),
        ("Documents", "documents", choices),
    )
    return web_page(asked, f"{name}: {state.title}", sections, lines=[as_of.words], is_wide=True)


def _state(book: "Book", name: str, as_of: AsOf) -> Any:
    """Return the grant's state. Raises `Missing` if there was no such grant."""
    from click import UsageError

    try:
        stream, entries = entries_of(book, f"grant:{name}", as_of.known)
    except UsageError as error:
        raise Missing(error.format_message()) from None
    state = state_of(stream, entries, as_of.on)
    if state is None:
        raise Missing(f"there was no grant {name!r} then")
    return state


def replay(asked: Asked) -> Answer:
    """Return the page with sliders. It brings its own policy."""
    from cli.commands.audit.replay_page import replay_page
    from cli.output.pages import PageLink

    asked.require(_DATES)
    name, query = asked.names["grant"], asked.query
    as_of = AsOf.of(asked.book, query.get("on"), query.get("known"))
    _state(asked.book, name, AsOf(None, as_of.known, ""))
    links = [PageLink(grant_path(name), "The grant"), PageLink("/", "Glance")]
    made = replay_page(asked.book, name, as_of, links)
    return Answer(made.text.encode(), policy=f"{made.policy}; frame-ancestors 'none'")


def verification(asked: Asked) -> Answer:
    """Return what is sealed, and whether the store is well."""
    from cli.commands.audit.unsealed import tail_line
    from lifecycle.seal.seal import seal_of

    asked.require(())
    book = asked.book
    last = seal_of(book).last()
    texts = [
        "Nothing is sealed yet."
        if last is None
        else f"Sealed: {last[0].size:,} entries and {last[0].refusals:,} refusals of {last[0].origin}.",
        f"{tail_line(book).capitalize()}.",
        "This page looks at the newest checkpoint and at the store.",
        "To hash every stored byte again, run: grantbook audit verify",
    ]
    rows = [(check.name, "yes" if check.is_well else "no", prose(check.detail)) for check in book.health()]
    checks = table("Checks", (("check", False), ("holds", False), ("detail", False)), rows)
    return web_page(asked, "Verification", [{"texts": texts}, {"title": "The store", "table": checks}])
