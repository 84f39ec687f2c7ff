"""The state of all grants now, from the views if they are at the journal's end."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, select

from lifecycle.book.book import Book
from lifecycle.grant.evolve import fold
from lifecycle.grant.state import Grant
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.kernel.history import grant_stream, history
from projections import store
from projections.engine.detached_views import DetachedViews
from projections.engine.projector import belong_to
from projections.engine.standing import from_text
from projections.engine.step import streams_with_other_rows_left_out
from projections.schema.expressions import PAGED
from projections.schema.tables import grant_standing
from projections.schema.tracking import ViewsTracking


@contextmanager
def grants_now(book: Book) -> Iterator[Iterator[Grant] | None]:
    """Yield the grants by name as they are read; `None` if the views are not at the journal's end."""
    grants = None
    with ExitStack() as stack:
        try:
            views, _ = stack.enter_context(DetachedViews(book.views).tables())
            if _are_at_the_end(views, book):
                grants = _grants(views, book)
        except Unreachable:
            pass  # then the journal says it
        yield grants


def _are_at_the_end(views: Connection, book: Book) -> bool:
    raw = store.raw_of(views)
    position, recorded_at = ViewsTracking.inside(raw).newest()
    return (
        position == book.position()
        and belong_to(book, position, recorded_at)
        and not streams_with_other_rows_left_out(raw, book)
    )


def _grants(views: Connection, book: Book) -> Iterator[Grant]:
    question = select(grant_standing).order_by(grant_standing.c.grant)
    for name, version, state in views.execute(question, execution_options=PAGED):
        try:
            yield from_text(name, version, state)
        except Altered:  # as for one grant: what the views do not know, the journal does
            grant = fold(history(book.entries(grant_stream(name))))
            if grant is not None:
                yield grant
