"""The rows of the ratings that progress reports give a grant."""

from collections.abc import Mapping

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.policy.edition import Edition
from projections.schema.layout import progress_ratings
from projections.schema.rows import Row, day, row_maker

CONCERNS: tuple[type[Event], ...] = (was.ProgressReported,)
"""The event that has a rating."""

_row = row_maker(progress_ratings)


class Ratings:
    """Keeps the rating of each progress report of one grant, and how it differs from the one before."""

    table = progress_ratings

    def __init__(self, editions: Mapping[str, Edition]) -> None:
        self._editions = editions
        self._reports: list[dict[str, str | None]] = []

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the rating of the report."""
        assert isinstance(event, was.ProgressReported)
        before = self._reports[-1]["rating"] if self._reports else None
        self._reports.append(
            {
                "since": day(event.on),
                "period": event.period,
                "rating": event.rating,
                "before": before,
                "change": self._change(grant, before, event.rating),
                "edition": grant.edition,
            }
        )

    def _change(self, grant: Grant, before: str | None, rating: str) -> str:
        if before is None:
            return "first"
        if rating == before:
            return "same"
        edition = None if grant.edition is None else self._editions[grant.edition]
        words = () if edition is None or edition.rating_scale is None else edition.rating_scale.value
        if before not in words or rating not in words:
            return "other"
        return "better" if words.index(rating) < words.index(before) else "worse"

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each progress report."""
        grant = stream.removeprefix("grant:")
        return [_row(grant=grant, n=n, **report) for n, report in enumerate(self._reports)]
