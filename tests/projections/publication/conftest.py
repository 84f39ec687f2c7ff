"""The books that are published in the tests, and the dates as of which they are."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from cli.facility import compile as facility
from lifecycle.book.book import Book
from lifecycle.directory.naming import GrantInstitution
from lifecycle.parse import command_from
from projections.publication.walks import Dates
from support import given as g
from support.made_up_fund import made_up_fund
from support.reading import new_book, of

HOSTILE = 'A "farm" \\ & <co>\u202e\ufffe, =1+1'
"""A name with signs that mean something in XML, CSV, JSON and beancount, and one that XML cannot hold."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Yield the book of the Facility's published facts."""
    path = tmp_path_factory.mktemp("demo") / "book"
    lines = Path(facility.__file__).with_name("facility.jsonl").read_text("utf-8").splitlines()
    with Book.create(
        path,
        name="South-South Facility",
        currency="USD",
        fiscal_year_start=7,
        time_zone="America/New_York",
        on=date(2008, 10, 1),
        recorder="admin",
    ) as book:
        with book.batch():
            for line in lines:
                assert book.record(command_from(json.loads(line)), "admin").outcome == "accepted"
        yield book


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Yield the book of a fund with corrections, late entries, refunds and several currencies."""
    book, _ = made_up_fund(tmp_path_factory.mktemp("made-up") / "book", 24, 11)
    with book:
        yield book


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Yield a book whose title, payee and reason hold signs that other programs act on."""
    renamed = {"ProposeGrant": "title", "RequestPayment": "payee", "RecordRefund": "reason"}
    paid = [*g.PAID, g.refund("06-01", payment="P1", amount="100.00 USD", reason="x")]
    life = [
        g.but(command, **{renamed[command.NAME]: HOSTILE}) if command.NAME in renamed else command
        for command in paid
    ]
    role = GrantInstitution(institution="MOA", role="implementing")
    life[0] = g.but(life[0], institutions=(role,))
    body = g.register_institution("01-01", name=HOSTILE, type="private_sector_in_recipient_country")
    with new_book(tmp_path_factory.mktemp("hostile") / "book", [body, *of("G_1/a.b", life)]) as book:
        yield book


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Yield a book with a grant that names institutions; MOA, which is paid, is renamed on 1 July 2017."""
    roles = [("MOA", "receiving"), ("NDDB", "providing"), ("NDDB", "implementing")]
    institutions = [{"institution": id, "role": role} for id, role in roles]
    life = [
        g.register_institution("01-05", identifier="TZ-GOV-10"),
        g.register_institution("01-05", institution="NDDB", name="Dairy Board", country="IN"),
        g.propose("01-10", institutions=institutions),
        *g.PAID[1:],
        g.rename_institution("07-01"),
    ]
    asked = g.request_payment("04-10", payee=None, payee_institution="MOA")
    life = [asked if command.NAME == "RequestPayment" else command for command in life]
    with new_book(tmp_path_factory.mktemp("named") / "book", life) as book:
        yield book


@pytest.fixture(params=["demo", "made_up", "hostile"])
def book(request: pytest.FixtureRequest) -> Book:
    """Return each of the three books."""
    made: Book = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def several_dates(book: Book) -> list[Dates]:
    """Return days and positions: the newest, an earlier day, and what was known before half was recorded."""
    position = book.position()
    days = [date(2026, 1, 1), date(2017, 6, 30), date(2010, 3, 1)]
    return [Dates(day, known) for day in days for known in (position, position // 2)]
