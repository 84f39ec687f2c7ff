"""What an agreement and its amendments say about reports to the partner: periods, and their due dates."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from lifecycle.fund.parts.pool import Stated, Terms, terms_on, with_terms
from lifecycle.types.dates import plus_months

MOST_REPORTS = 400
"""The largest number of reports of one agreement: 33 years of monthly ones. No further one is asked for."""


class Period(NamedTuple):
    """The days that a report covers, and by when it is due."""

    number: int
    begins: date
    ends: date
    due: tuple[tuple[date, date], ...]
    """The due dates, each with the day from which it holds, in order. The last one is due in the end."""


@dataclass(frozen=True)
class ReportTerms:
    """What an agreement says about reports to the partner."""

    agreement: str | None
    stated: Stated

    def amended(self, on: date, terms: Terms) -> "ReportTerms":
        """Return the terms with further ones from the day on."""
        return replace(self, stated=with_terms(self.stated, on, terms))

    @property
    def since(self) -> date | None:
        """Return the first day of the first period; `None` if no reports are asked for."""
        return next((on for on, terms in self.stated if terms.reports_every is not None), None)

    def item(self, partner: str, number: int) -> str:
        """Return the name of a report in the timeline: ``PARTNER/AGREEMENT/1``."""
        return "/".join([partner, *([self.agreement] if self.agreement else []), str(number)])

    def periods(self, last: date) -> Iterator[Period]:
        """Yield the periods that begin by the day, each as long as the terms of its first day say.

        No report is owed for a period that begins after the agreement's end, as the terms of its first day
        have it.
        """
        since, months, number = self.since, 0, 0
        while since is not None and number < MOST_REPORTS:
            begins = plus_months(since, months)
            terms = terms_on(self.stated, begins)
            assert terms.reports_every is not None
            is_over = terms.end_disbursement is not None and begins > terms.end_disbursement
            if begins > last or (is_over and begins >= self.stated[-1][0]):
                return
            months += terms.reports_every
            if not is_over:
                number += 1
                ends = plus_months(since, months) - timedelta(days=1)
                yield Period(number, begins, ends, self._due(begins, ends))

    def _due(self, begins: date, ends: date) -> tuple[tuple[date, date], ...]:
        """Return the due dates of a period. The days that are stated by its end hold for it."""
        changes = sorted({begins, *(on for on, _ in self.stated if begins < on <= ends)})
        return tuple(
            (on, ends + timedelta(days=terms_on(self.stated, on).report_days or 0)) for on in changes
        )
