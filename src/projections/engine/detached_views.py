"""Views that are read as they are, where the journal is not to be had: from elsewhere, or from a standby.

They are of some position, which every answer tells; nothing catches them up. What only the journal knows,
such as what was known earlier, is refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import NamedTuple, NoReturn, Self

from sqlalchemy import Connection, select

from lifecycle.fund.seat import day_at
from lifecycle.kernel.errors import Unreachable
from lifecycle.parse import Malformed
from projections import store
from projections.engine.standing import Standing, from_text
from projections.schema.tables import fund_facts, grant_standing
from projections.schema.tracking import ViewsTracking


class Named(NamedTuple):
    """The fund, of which the views know the name."""

    name: str


class ViewsAlone:
    """What a report asks of a book, of its views alone."""

    def __init__(self, views: store.Place) -> None:
        self.views = views

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held between two questions."""

    @contextmanager
    def tables(self) -> Iterator[tuple[Connection, int]]:
        """The tables, and the position that they correspond to. Raises `Unreachable` if there is none."""
        with store.opened(self.views, as_is=True) as engine, store.reading(engine) as connection:
            position, _ = ViewsTracking.inside(connection).newest()
            if not position:  # every book has an entry: the fund's
                raise Unreachable(
                    f"{store.shown(self.views)}: these views hold no entry of a book: they were never caught"
                    " up, or are an incomplete copy; grantbook views update, beside the journal, fills them"
                )
            yield connection, position

    def position(self) -> int:
        """The position to which the views correspond. Raises `Unreachable`."""
        with self.tables() as (_, position):
            return position

    def today(self) -> date:
        """Today, at the fund's seat. Raises `Unreachable`."""
        with self.tables() as (connection, _):
            time_zone = connection.execute(select(fund_facts.c.time_zone)).scalar()
        return day_at(datetime.now(UTC), time_zone or "UTC")

    def resolve(self, known: str) -> NoReturn:
        """What was known when, only the journal tells. Raises ``Malformed``."""
        told = f"views read as they are hold what is known now, not what was at {known}: ask the book itself"
        raise Malformed([("known", f"{told}, without --views")])

    def recorded_at(self, position: int) -> datetime | None:
        """When the entry to which the views correspond was recorded; `None` for another position."""
        with self.tables() as (connection, _):
            known, at = ViewsTracking.inside(connection).newest()
        return at if known == position else None

    def fund(self) -> Named:
        """The fund. Raises `Unreachable`."""
        with self.tables() as (connection, _):
            return Named(str(connection.execute(select(fund_facts.c.name)).scalar() or ""))

    def standings(self, grant: str | None = None) -> list[Standing]:
        """How each grant stands, or the one; by name. Raises `Unreachable`."""
        t = grant_standing.c
        question = select(t.grant, t.version, t.state).order_by(t.grant)
        if grant is not None:
            question = question.where(t.grant == grant)
        with self.tables() as (connection, position):
            return [
                Standing(from_text(name, version, state), version, position)
                for name, version, state in connection.execute(question)
            ]
