"""What a browser asks for, and what it gets."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from lifecycle.parse import Malformed

if TYPE_CHECKING:
    from lifecycle.book.book import Book

SECTIONS = {
    "/": "Glance",
    "/reports/register": "Register",
    "/payments": "Payments",
    "/calls": "Calls",
    "/partners": "Partners",
    "/countries": "Countries",
    "/library": "Library",
    "/reports": "Reports",
    "/verification": "Verification",
}
"""The pages that every page leads to, by path."""
SECONDS = 30
"""How often a page that is left open asks for the newest position."""
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every page but those that bring their own."""


class Asked(NamedTuple):
    """A page that is asked for, and the open book."""

    book: "Book"
    path: str
    names: Mapping[str, str]
    """The names in the path, such as the grant's."""
    query: Mapping[str, str]
    """What was typed into the form, without what was left empty."""

    def require(self, known: Collection[str]) -> None:
        """Raise ``Malformed`` if the address has a parameter that the page does not know."""
        if unknown := [name for name in self.query if name not in known]:
            there_are = f"there are: {', '.join(known)}" if known else "it takes none"
            raise Malformed([(unknown[0], f"this page does not take it; {there_are}")])


class Answer(NamedTuple):
    """The bytes of an answer and how a browser reads them."""

    body: bytes
    media_type: str = "text/html; charset=utf-8"
    policy: str = POLICY
    file_name: str | None = None
    """The name under which a browser saves it; `None` for a page."""


class Missing(Exception):
    """There is no such page, grant or report. Its message says what there is."""


def web_page(asked: Asked, title: str, sections: list[dict[str, Any]], **values: Any) -> Answer:
    """Return a page with the position of the book that it shows, and the streams that stop at a bad row."""
    from cli.output.terminal_text import moment, prose

    book = asked.book
    position = book.position()
    recorded_at = book.recorded_at(position)
    newest = "nothing is recorded yet" if recorded_at is None else f"newest entry {moment(recorded_at)}"
    state = f"Journal position {position:,}, {newest}."
    lines = [*(f"Warning: {prose(stop)}" for stop in book.stops()), *values.pop("lines", [])]
    name = book.fund().name
    return Answer(
        rendered(
            title, sections, fund=name, path=asked.path, state=state, position=position, lines=lines, **values
        )
    )


def rendered(
    title: str,
    sections: list[dict[str, Any]],
    *,
    fund: str = "",
    path: str = "",
    state: str = "",
    **values: Any,
) -> bytes:
    """Return the page of these sections, with links to all others."""
    from cli.output.pages import page

    empty: dict[str, Any] = dict.fromkeys(("title", "note", "drawing", "form", "table"), "")
    lists: dict[str, Any] = {"texts": [], "links": []}
    return page(
        "web.html",
        title=title,
        fund=fund,
        sections=[empty | lists | section for section in sections],
        nav=[(address, name, address == path) for address, name in SECTIONS.items()],
        state=state,
        seconds=SECONDS,
        **{"lines": [], "is_wide": False, "position": ""} | values,
    ).encode()


def grant_path(grant: str, below: str = "") -> str:
    """Return the address of a grant's page."""
    return f"/grants/{quote(grant, safe='')}{below}"


def with_query(path: str, query: Mapping[str, str]) -> str:
    """Return an address with parameters."""
    return f"{path}?{urlencode(query)}" if query else path
