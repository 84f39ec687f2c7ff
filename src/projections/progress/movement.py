"""Sections on what donors ask every quarter: shares of what, the pipeline, and what changed in the period."""

from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import select

from projections.progress.asking import ReportReader, grouped, minors_of, percent
from projections.progress.model import NOTHING, Figure, Section, Table
from projections.reports.money.value import ratio
from projections.reports.portfolio.register import grants_spans
from projections.schema.rows import written
from projections.schema.tables import money_flows

_WAITING = ("proposed", "requested", "approved", "signed")


def shares(source: ReportReader) -> Section:
    """Return what was disbursed as a share of what was approved, and of what was signed."""
    windows = source.groups("disbursement", "window")
    approved = sum(minors_of(row[name]) for row in windows for name in ("approved", "increased"))
    net = sum(minors_of(row["net_disbursed"]) for row in windows)
    signed, net_of_signed = source.signed
    return Section(
        "shares",
        "Disbursed of approved and of signed",
        note="To date. Each share has its own denominator: a share of what was approved is lower than one of"
        " what was signed.",
        figures=[
            Figure("Of approved", percent(ratio(net, approved)), "net disbursed / (approved + increased)"),
            Figure(
                "Of signed",
                percent(ratio(net_of_signed, signed)),
                "net disbursed / committed, both of grants that were signed, or are effective without it",
            ),
            Figure("Approved to date", source.amount(approved), "approved + increased"),
            Figure("Signed to date", source.amount(signed), "committed of these grants"),
        ],
    )


def pipeline(source: ReportReader) -> Section:
    """Return the grants that are on their way to effectiveness, with what they ask for or were promised."""
    rows = [
        (stage, str(source.stages[stage]), grouped(written(source.asked[stage], source.scale)))
        for stage in _WAITING
        if source.stages[stage]
    ]
    columns = (("stage", False), ("number", True), (f"asked for or approved, {source.currency}", True))
    return Section(
        "pipeline",
        "Pipeline",
        note="Proposals count with what they ask for, approved grants with what is committed."
        if rows
        else "Nothing is on its way to effectiveness.",
        tables=[Table(f"On the way to effectiveness on {source.as_of}", columns, rows)] if rows else [],
    )


def changes(source: ReportReader) -> Section:
    """Return which grants were extended or suspended in the period, and what money came back."""
    changed = list(_changes(source))
    extended = [row for row in changed if row[3] == "extended"]
    suspended = [row for row in changed if row[3] == "suspended"]
    returned = list(_returned(source))
    came_back = sum(amount for *_, amount in returned)
    headings = ("grant", "title", "on", "what", "before", "after")
    amounts = [
        (grant, source.titles.get(grant, ""), on, what, grouped(written(amount, source.scale)))
        for grant, on, what, amount in returned
    ]
    columns = (
        *((name, False) for name in ("grant", "title", "on", "what")),
        (f"amount, {source.currency}", True),
    )
    tables = (
        [Table("Extended and suspended", tuple((name, False) for name in headings), changed)]
        if changed
        else []
    )
    tables += [Table("Money that came back", columns, amounts)] if amounts else []
    label = source.period.label
    return Section(
        "changes",
        f"Changes in {label}",
        note="" if tables else "Nothing was extended or suspended, and no money came back.",
        figures=[
            Figure(f"Extended in {label}", str(len({row[0] for row in extended})), "grants"),
            Figure(f"Suspended in {label}", str(len({row[0] for row in suspended})), "grants"),
            Figure("Suspended now", str(source.suspended), f"grants on {source.as_of}"),
            Figure(f"Came back in {label}", source.amount(came_back), "refunds and failed payments"),
        ],
        tables=tables,
    )


def _changes(source: ReportReader) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield each extension, suspension and lifting of the period: grant, title, day, what, before, after."""
    for spans in grants_spans(source.connection, source.as_of):
        for before, after in pairwise(spans):
            if not source.is_in_period(after.since):
                continue
            of_grant = after.grant, after.title, after.since
            if before.closing_date and after.closing_date and before.closing_date < after.closing_date:
                yield *of_grant, "extended", before.closing_date, after.closing_date
            if before.suspended != after.suspended:
                what = "suspended" if after.suspended else "lifted"
                yield *of_grant, what, before.suspended or NOTHING, after.suspended or NOTHING


def _returned(source: ReportReader) -> Iterator[tuple[str, str, str, int]]:
    """Yield each refund and failed payment of the period: grant, day, what, and the amount in minor units."""
    m, last = money_flows.c, source.last_day
    in_period = (m.on >= str(source.period.first)) & (m.on <= str(last))
    came_back = ((m.kind == "refunded") & (m.amount > 0)) | ((m.kind == "disbursed") & (m.amount < 0))
    question = select(m.grant, m.on, m.kind, m.amount).where(in_period, came_back)
    for grant, on, kind, amount in source.connection.execute(question.order_by(m.on, m.grant, m.n)):
        yield grant, on, "refund" if kind == "refunded" else "failed payment", abs(amount)
