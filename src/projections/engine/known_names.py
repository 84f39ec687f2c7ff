"""The names that a shell completes: grants, payments, calls, officers, windows and others, from the views.

A shell asks at each press of a key, so this is read without SQLAlchemy and without the rules. The views are
read as they are: names that were recorded after their last update are missing.
"""

from pathlib import Path

from projections.engine.standing import CannotRead, ask_views

MOST = 500
"""The most names that are offered at once."""
_BEGINS = "{column} >= {{1}} AND {column} < {{1}}"
_LAST = "\U0010ffff"
_OF_GRANT = {
    "payment": "payment_spans",
    "activity": "exchange_activities",
    "follow_up": "follow_up_spans",
    "indicator": "indicator_spans",
}
"""The tables of names within a grant."""
_OF_BOOK = {
    "grant": ("grant_standing", '"grant"'),
    "call": ("call_spans", '"call"'),
    "institution": ("institution_spans", "institution"),
    "officer": ("fund_officers", "officer"),
    "partner": ("fund_partners", "partner"),
    "window": ("fund_windows", '"window"'),
}
"""The table and the column of other names."""
KINDS = (*_OF_BOOK, *_OF_GRANT)


def known_names(book: Path | str, kind: str, beginning: str, grant: str | None = None) -> list[str]:
    """Return the names of a kind that begin so, sorted; none if the views cannot be read.

    ``grant``: the grant of a payment, an activity or a follow-up.
    """
    table, column = (_OF_GRANT[kind], kind) if kind in _OF_GRANT else _OF_BOOK[kind]
    condition, values = _BEGINS.format(column=column), [beginning, beginning + _LAST]
    if kind in _OF_GRANT:
        condition, values = f'"grant" = {{1}} AND {condition}', [grant or "", *values]
    question = f"SELECT DISTINCT {column} FROM {{0}}{table} WHERE {condition} ORDER BY 1 LIMIT {MOST}"
    try:
        (rows,) = ask_views(book, [(question, *values)])
    except CannotRead:
        return []
    return [name for (name,) in rows]
