"""All tables of the views.

Every table holds dated rows. A row with ``since`` and ``until`` holds from the first day to the day before
the second; a flow happened on its day. Days are ISO text, which sorts by date and is what reports show.
Amounts are whole minor units, so that sums are exact. ``scale`` says how many minor units make one unit of
the currency (100 for USD).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    select,
)

from lifecycle.types.codes import decimals

SHADOW = "new_"
"""The prefix of the names of shadow tables, which a rebuild fills."""
FAR = "9999-12-31"
"""The ``until`` of a row that still holds, and the ``undone_on`` of a flow that was not undone."""

Row = tuple[object, ...]
metadata = MetaData()
_Words = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that every store compares and sorts by its bytes."""


def _table(name: str, *columns: Column[Any], long: bool = False) -> Table:
    # SQLite stores rows in the order of their key, so that the rows of one grant are next to each other.
    # Tables with long rows are stored otherwise: SQLite would put all but the first thousand bytes of a row
    # on separate pages, and most of each page would stay empty.
    return Table(name, metadata, *columns, sqlite_with_rowid=long)


def _key(name: str, type_: Any = _Words) -> Column[Any]:
    return Column(name, type_, primary_key=True, nullable=False, autoincrement=False)


def _text(*names: str) -> list[Column[Any]]:
    return [Column(name, _Words) for name in names]


register_spans = _table(
    "register_spans",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "until", "title", "window", "edition", "stage", "suspended", "sector"),
    *_text("recipients", "providers", "proposed_on", "approved_on", "signed_on", "effective_on"),
    *_text("closing_date", "completed_on", "closed_on", "operation", "sector_key"),
    Column("asked", BigInteger, nullable=False),
)
"""A grant's state, from day to day. Countries are JSON lists. ``asked`` is the amount that it asks for.
Grants with the same ``sector_key`` are of one sector."""

sector_names = _table(
    "sector_names",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "sector_key", "sector"),
    Column("position", BigInteger, nullable=False),
)
"""Each spelling of a sector, with its first day and the position of its entry."""

money_flows = _table(
    "money_flows",
    _key("grant"),
    _key("n", Integer),
    *_text("on", "kind"),
    Column("amount", BigInteger, nullable=False),
    *_text("undone_on", "follows"),
)
"""Amounts that were committed, requested, paid and given back, and changes of the overpaid amount; in minor
units. A failed payment has a row on each of its two days; ``undone_on`` of the first names the second. A row
that takes back an earlier flow (a refund, a failure, a rejection) has that flow's day in ``follows``."""

window_findings = _table(
    "window_findings",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "until", "window", "edition", "rule", "figure", "limit"),
    Column("complies", Boolean),
    *_text("waived_by", "waived_on", "waiver"),
)
"""Each rule of a grant's window, with the figure that decides it, and the waiver that covers a breach."""

obligation_steps = _table(
    "obligation_steps",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "until", "obligation", "item", "triggered_on", "due_on", "met_from", "met_on"),
    *_text("excused", "left_on", "superseded"),
)
"""Each obligation's dates. Those of the fund have an empty ``grant``.

The trigger and the due date count from ``triggered_on`` on. ``met_on`` counts from ``met_from`` on, the day
from which the obligation counts as met, which can be later. ``excused`` is ``waived``, ``missed``,
``not_applicable`` or ``not_asked`` (the edition does not ask for it). ``left_on`` is the day on which the
grant left the stages in which the obligation can be met. ``superseded`` is a JSON list of days, or null."""

call_answers = _table(
    "call_answers",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "until", "call", "stage"),
    Column("asked", BigInteger, nullable=False),
    Column("selected", BigInteger, nullable=False),
    Column("ended", Boolean, nullable=False),
    *_text("countries"),
)
"""The state of a grant that answers a call, from day to day: ``asked`` is the amount that it asks for,
``selected`` what it took of the envelope.

``countries`` is a JSON list of its recipients and providers; ``ended`` says that it was declined, withdrawn,
lapsed or cancelled."""

call_scores = _table(
    "call_scores",
    _key("grant"),
    _key("n", Integer),
    *_text("on", "call", "criterion"),
    Column("hundredths", BigInteger, nullable=False),
)
"""The points that a review gave for a criterion, in hundredths of a point."""

call_spans = _table(
    "call_spans",
    _key("call"),
    _key("n", Integer),
    *_text("since", "until", "title", "window", "criteria", "opens", "closes", "closed_on"),
    Column("envelope", BigInteger, nullable=False),
)
"""A call's terms, from day to day. ``criteria`` is a JSON list."""

outcome_spans = _table(
    "outcome_spans",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "until", "kind", "name", "evidence"),
)
"""Outcomes that a grant sought and achieved, its concrete results and its lessons: ``kind`` is ``sought``,
``achieved``, ``result`` or ``lesson``. A lesson has no name."""

exchange_activities = _table(
    "exchange_activities",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "until", "activity", "instrument", "status", "starts", "ends", "held_on", "countries"),
    *_text("hosts", "giving", "receiving", "starts_at"),
    Column("minutes", Integer),
    *_text("sites"),
    Column("moves", Integer, nullable=False),
    Column("cost", BigInteger),
    Column("cost_scale", Integer),
    *_text("cost_currency"),
)
"""Each activity's state, from day to day: ``planned``, ``held`` or ``cancelled``; ``moves`` counts how often
it was rescheduled. Countries (of one that was held: those that took part), hosts, ``giving``, ``receiving``
and sites are JSON lists. The cost is known once the activity is held."""

exchange_participants = _table(
    "exchange_participants",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "activity", "instrument", "country"),
    *(Column(name, Integer, nullable=False) for name in ("women", "men", "not_stated")),
)
"""How many people took part in an activity that was held, by country."""

involved_parties = _table(
    "involved_parties", _key("grant"), _key("n", Integer), *_text("since", "role", "country", "organization")
)
"""The countries and organizations that facilitate or finance an exchange between others."""

engaged_experts = _table(
    "engaged_experts",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "expert", "phases"),
    Column("days", Integer),
    *_text("country"),
)
"""The experts that help with an exchange, by opaque id. ``phases`` is a JSON list."""

client_surveys = _table(
    "client_surveys",
    _key("grant"),
    _key("n", Integer),
    *_text("since"),
    Column("respondents", Integer, nullable=False),
    *_text("satisfaction"),
)
"""How many clients answered a survey, and how satisfied they were on the survey's scale."""

side_flows = _table(
    "side_flows",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "kind", "source"),
    Column("amount", BigInteger, nullable=False),
    Column("scale", Integer, nullable=False),
    *_text("currency"),
    Column("holding", BigInteger),
)
"""Co-financing by kind, and the costs of preparing and supervising a grant. ``holding`` is the amount in the
holding currency, if that is known."""

follow_up_spans = _table(
    "follow_up_spans",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "until", "follow_up", "action", "owner", "due", "status", "handed_to"),
    Column("needed", BigInteger),
    Column("found", BigInteger, nullable=False),
    Column("scale", Integer, nullable=False),
    *_text("currency"),
)
"""Each follow-up's state, from day to day, with the money that it needs and that was found for it."""

library_texts = _table(
    "library_texts",
    _key("grant"),
    _key("n", Integer),
    *_text("since", "until", "kind", "title", "text"),
)
"""The texts of a grant: its objective, stories, completion report, lessons and results."""

grant_standing = _table(
    "grant_standing",
    _key("grant"),
    Column("version", Integer, nullable=False),
    Column("state", _Words, nullable=False),
    long=True,
)
"""Each grant's state after its last entry, as JSON, and the version of its stream."""

fund_flows = _table(
    "fund_flows",
    _key("version", Integer),
    *_text("on", "kind", "partner", "currency"),
    Column("scale", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("holding", BigInteger),
    *_text("grant"),
)
"""The fund's flows, by the version of their entry. ``holding`` is the amount in the holding currency, if
stated; ``grant`` is the grant of a commitment."""

fund_partners = _table("fund_partners", _key("partner"), *_text("kind", "joined_on", "name"))
"""The partners, who contribute to the fund."""

fund_instalments = _table(
    "fund_instalments",
    _key("version", Integer),
    *_text("on", "kind", "partner", "instalment", "currency", "due"),
    Column("scale", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("holding", BigInteger),
)
"""Instalments: ``kind`` is ``scheduled``, with a ``due`` day; ``received``, with the amount in the
``holding`` currency if that is known; or ``waived``, for all instalments if none is named."""

fund_consultations = _table(
    "fund_consultations", _key("version", Integer), *_text("on", "partners", "summary")
)
"""The meetings of the partners. ``partners`` is a JSON list."""

fund_details = _table(
    "fund_details",
    _key("version", Integer),
    *_text("currency"),
    Column("scale", Integer, nullable=False),
    Column("fiscal_year_start", Integer, nullable=False),
    *_text("name", "time_zone"),
)
"""One row: the fund's constants, and the version of its stream up to which the tables go."""

seat_offsets = _table("seat_offsets", _key("since"), Column("seconds", Integer, nullable=False))
"""The moments (UTC) from which another offset holds at the fund's seat, and its seconds east of UTC."""

tracking = _table(
    "tracking",
    _key("application_name"),
    Column("notification_id", BigInteger, nullable=False),
    *_text("recorded_at"),
)
"""The journal position to which the tables correspond, and when its entry was recorded."""

left_out = _table(
    "left_out",
    _key("stream"),
    _key("version", Integer),
    Column("position", BigInteger, nullable=False),
    Column("quarantined", Boolean, nullable=False),
    *_text("why"),
)
"""The rows of the journal that count in no other table: those that are quarantined, and the row at which each
stopped stream stops."""

views_format = _table("views_format", _key("format", Integer))
"""One row: the format in which the tables were made, `projections.store.schema_digest.current_format`."""

GRANT_TABLES = (
    register_spans,
    sector_names,
    money_flows,
    window_findings,
    obligation_steps,
    call_answers,
    call_scores,
    outcome_spans,
    exchange_activities,
    exchange_participants,
    involved_parties,
    engaged_experts,
    client_surveys,
    side_flows,
    follow_up_spans,
    library_texts,
    grant_standing,
)
CALL_TABLES = (call_spans,)
FUND_TABLES = (fund_flows, fund_partners, fund_instalments, fund_consultations, fund_details, seat_offsets)


# ── from state to rows ───────────────────────────────────────────────────────────────────────


def scale_of(currency: str) -> int:
    """Return how many minor units make one unit of the currency."""
    return int(10 ** decimals(currency))


def holding(connection: Connection) -> tuple[str, int]:
    """Return the holding currency and its scale; no currency if the views have no fund yet."""
    row = connection.execute(select(fund_details.c.currency, fund_details.c.scale)).first()
    return ("", 1) if row is None else (row[0], row[1])


def minor(amount: Decimal, scale: int) -> int:
    """Return the amount in minor units.

    Commands hold amounts that are exact to the minor unit. Only an amount in a currency that the table of
    codes does not have is rounded: to hundredths, ties to the even.
    """
    return int((amount * scale).to_integral_value(ROUND_HALF_EVEN))


State = TypeVar("State")


def spans(days: Mapping[date, State]) -> Iterator[tuple[int, str | None, str | None, State]]:
    """Yield the number, the first day, the day after the last, and the state, of each span of days."""
    starts = [day(since) for since in days]
    for n, state in enumerate(days.values()):
        yield n, starts[n], starts[n + 1] if n + 1 < len(starts) else FAR, state


def written(minors: int, scale: int) -> str:
    """Return an amount in minor units as text: ``-2000.00``. In SQL, `money` does the same."""
    places = len(str(scale)) - 1
    whole, part = divmod(abs(minors), scale)
    sign = "-" if minors < 0 else ""
    return f"{sign}{whole}.{part:0{places}}" if places else f"{sign}{whole}"


@lru_cache(maxsize=1 << 16)
def day(value: date | None) -> str | None:
    """Return the day as it is stored. It is cached because the same days come up very often."""
    return None if value is None else value.isoformat()
