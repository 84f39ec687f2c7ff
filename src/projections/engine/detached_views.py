"""Detached views: read without the journal, for example on another machine or from a standby.

They are of one position, which every report states. Nothing catches them up. What needs the journal, such as
a report as known earlier, is refused.
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
from projections.schema.expressions import PAGED
from projections.schema.tables import fund_details, grant_standing
from projections.schema.tracking import ViewsTracking


class FundName(NamedTuple):
    """The fund, as far as the views have it."""

    name: str


class DetachedViews:
    """Has the methods of a book that reports need, and reads only views."""

    def __init__(self, views: store.Place) -> None:
        self.views = views

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: each method opens the views and closes them."""

    @contextmanager
    def tables(self) -> Iterator[tuple[Connection, int]]:
        """Yield the tables and their position. Raises `Unreachable` if they hold no entry."""
        with store.opened(self.views, as_is=True) as views, store.reading(views) as connection:
            position, _ = ViewsTracking.inside(store.raw_of(connection)).newest()
            if not position:  # every book has an entry: the fund's
                raise Unreachable(
                    f"{store.display_name(self.views)}: these views hold no entry of a book: they were never"
                    " caught up, or are an incomplete copy; grantbook views update, beside the journal,"
                    " fills them"
                )
            yield connection, position

    def position(self) -> int:
        """Return the position to which the views correspond. Raises `Unreachable`."""
        with self.tables() as (_, position):
            return position

    def today(self) -> date:
        """Return today's date at the fund's seat. Raises `Unreachable`."""
        with self.tables() as (connection, _):
            time_zone = connection.execute(select(fund_details.c.time_zone)).scalar()
        return day_at(datetime.now(UTC), time_zone or "UTC")

    def resolve(self, known: str) -> NoReturn:
        """Raise ``Malformed``: only the journal says what was known at an earlier moment."""
        message = (
            f"views read as they are hold what is known now, not what was at {known}: ask the book itself"
        )
        raise Malformed([("known", f"{message}, without --views")])

    def recorded_at(self, position: int) -> datetime | None:
        """Return when the entry at the position was recorded; `None` if the views are at another position."""
        with self.tables() as (connection, _):
            views_position, recorded_at = ViewsTracking.inside(store.raw_of(connection)).newest()
        return recorded_at if views_position == position else None

    def fund(self) -> FundName:
        """Return the fund's name. Raises `Unreachable`."""
        with self.tables() as (connection, _):
            return FundName(str(connection.execute(select(fund_details.c.name)).scalar() or ""))

    def standings(self, grant: str | None = None) -> Iterator[Standing]:
        """Yield the state of each grant, or of the one that is named, by name. Raises `Unreachable`."""
        columns = grant_standing.c
        question = select(columns.grant, columns.version, columns.state).order_by(columns.grant)
        if grant is not None:
            question = question.where(columns.grant == grant)
        with self.tables() as (connection, position):
            for name, version, state in connection.execute(question, execution_options=PAGED):
                yield Standing(from_text(name, version, state), version, position)
