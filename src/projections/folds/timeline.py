"""The rows of a grant's obligations, with their dates."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from lifecycle.grant.obligations.timeline import Obligation, Step, Timeline
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.policy.edition import Edition
from projections.schema.layout import obligation_steps
from projections.schema.rows import FAR, Row, day, row_maker

NOT_ASKED = "not_asked"
"""Marks an obligation that the edition does not ask for. The report leaves it out."""


class Compliance:
    """Keeps the dates of one grant's obligations, as `lifecycle.grant.obligations.timeline` computes them."""

    table = obligation_steps

    def __init__(self, policy: Mapping[str, Edition], edition_on: Callable[[date], Edition | None]) -> None:
        self._timeline = Timeline(policy, edition_on)
        self.see: Callable[[Grant, Event], None] = self._timeline.see
        """Take an event, with the grant's state after it."""

    def rows(self, stream: str) -> list[Row]:
        """Return the rows of the grant's obligations."""
        return rows_of(stream.removeprefix("grant:"), self._timeline.obligations())


_row = row_maker(obligation_steps)


def rows_of(grant: str, obligations: Iterable[Obligation]) -> list[Row]:
    """Return a row for each stretch in which an obligation is triggered and met at most once."""
    rows: list[Row] = []
    for obligation in obligations:
        stretches = _stretches(obligation.steps)
        ends = [day(step.since) for step, _, _ in stretches[1:]]
        for (first, last, met_from), until in zip(stretches, [*ends, FAR], strict=True):
            rows.append(
                _row(
                    grant=grant,
                    n=len(rows),
                    since=day(first.since),
                    until=until,
                    obligation=obligation.name,
                    item=obligation.item,
                    triggered_on=day(last.triggered_on),
                    due_on=day(last.due_on),
                    met_from=day(met_from),
                    met_on=day(last.met_on),
                    excused=last.excused,
                    left_on=day(last.left_on),
                    superseded=(
                        json.dumps([day(due) for due in last.superseded]) if last.superseded else None
                    ),
                )
            )
    return rows


def _stretches(steps: list[Step]) -> list[tuple[Step, Step, date | None]]:
    """Return the first and last step of each stretch, and the day from which it counts as met.

    Most obligations are triggered once and met once, so that one row can hold the dates of three steps.
    """
    stretches: list[tuple[Step, Step, date | None]] = []
    for step in steps:
        met_from = None if step.met_on is None else step.since
        if stretches:
            first, last, _ = stretches[-1]
            if step[4:] == last[4:] and last.met_on is None:
                is_triggered = (
                    last.triggered_on is None and step.triggered_on == step.since and last.due_on is None
                )
                has_same_dates = last[1:3] == step[1:3]
                if is_triggered or has_same_dates:
                    stretches[-1] = (first, step, met_from)
                    continue
        stretches.append((step, step, met_from))
    return stretches
