"""The list of grants, of their states: for ``grantbook grant list``."""

from collections.abc import Iterable, Iterator

from lifecycle.grant.state import Grant
from lifecycle.types.codes import minor_units
from projections.reports import common_columns as common
from projections.schema.columns import Columns

COLUMNS = Columns(
    common.GRANT,
    common.TITLE,
    common.WINDOW,
    common.STAGE,
    common.CURRENCY,
    common.COMMITTED,
    common.UNDISBURSED,
    first="grant title stage window committed undisbursed",
)


def rows_of(grants: Iterable[Grant]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each grant, with cells as in JSON."""
    for grant in grants:
        sums = (str(minor_units(amount, grant.currency)) for amount in (grant.committed, grant.undisbursed))
        yield grant.id, grant.title, grant.window, str(grant.stage), grant.currency, *sums
