"""The currency in which a partner contributes, from the views."""

from sqlalchemy import select

from lifecycle.book.book import Book
from projections.engine.detached_views import DetachedViews
from projections.schema.tables import fund_flows


def partner_currency(book: Book, partner: str) -> str | None:
    """Return the currency of the partner's newest agreement or pledge; `None` if the views know none.

    Raises ``Unreachable`` if the views cannot be read.
    """
    newest = (
        select(fund_flows.c.currency)
        .where(fund_flows.c.partner == partner, fund_flows.c.kind.in_(("agreed", "pledged")))
        .order_by(fund_flows.c.version.desc())
        .limit(1)
    )
    with DetachedViews(book.views).tables() as (views, _):
        currency: str | None = views.execute(newest).scalar()
    return currency
