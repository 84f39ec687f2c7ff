"""A book with grants that differ in every trait, and its reports with filters."""

from datetime import date
from typing import Any

from lifecycle.book.book import Book
from projections.filters.declared import Filters
from support import given as g
from support.reading import Rows, ask, of

DAY = date(2018, 12, 31)
PEOPLE = [{"country": "TZ", "women": 3}]
LATER = {"starts": "2018-03-05", "ends": "2018-03-06"}
GRANTS = [
    g.join("2009-01-01", partner="IN", name="India", kind="emerging"),
    *(g.schedule("2017-01-31", partner=partner) for partner in ("IN", "DK")),
    g.open_call("2016-11-01", call="C1", window="stand_alone", closes="2017-02-01"),
    *of("DAIRY", [*g.PAID, g.plan("04-02"), g.plan("04-03", activity="A2", **LATER)]),
    *of("DAIRY", [g.hold("06-16", participants=PEOPLE), g.refund("2018-02-01")]),
    g.hold("2018-03-06", grant="DAIRY", activity="A2", **LATER),
    g.propose("01-12", grant="WATER", sector="Water", call="C1", recipients=["KE"], providers=["BR"]),
    g.propose(
        "01-13",
        grant="ROADS",
        sector="water",
        recipients=["TZ"],
        window="oks",
        institution="Roads Board",
        capabilities_planned=["documenting_and_sharing", "solving_and_scaling"],
    ),
    *of("LATE", [g.but(command, on=command.on.replace(year=command.on.year + 1)) for command in g.APPROVED]),
    g.receive("2018-06-01", partner="IN", amount="500000.00 USD"),
    g.but(g.increase("2018-07-01"), grant="LATE"),
]


def limited(book: Book, name: str, **filters: Any) -> Rows:
    options = {key: filters.pop(key) for key in ("by", "known", "as_of") if key in filters}
    return ask(book, name, options.pop("as_of", DAY), filters=Filters(**filters), **options)
