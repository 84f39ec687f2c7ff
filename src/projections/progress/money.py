"""Sections on grants and their money."""

import json
from collections.abc import Mapping

from sqlalchemy import select

from lifecycle.policy.places.regions import name_of
from projections.progress.asking import ReportReader, grouped, minors_of, percent
from projections.progress.model import Figure, Section, Table, chart_of
from projections.reports.money.value import ratio
from projections.schema.rows import written
from projections.schema.tables import money_flows


def glance(source: ReportReader) -> Section:
    """Return eight figures on the period and to date."""
    flows, sums = source.flows(), _sums(source)
    total = source.groups("countries")[-1]
    fund = source.groups("fund")[-1]
    net = flows.get("disbursed", 0) - flows.get("refunded", 0)
    label = source.period.label
    return Section(
        "glance",
        "At a glance",
        figures=[
            Figure(
                f"Approved in {label}",
                source.amount(flows.get("approved", 0)),
                _grants(len(source.approved)) + _brought_forward(source, flows, "committed_brought_forward"),
            ),
            Figure(
                f"Net disbursed in {label}",
                source.amount(net),
                "disbursed less refunded" + _brought_forward(source, flows, "disbursed_brought_forward"),
            ),
            Figure("Committed to date", source.amount(sums["committed"]), "approved + increased - cancelled"),
            Figure("Net disbursed to date", source.amount(sums["net_disbursed"])),
            Figure(
                "Share disbursed",
                percent(ratio(sums["net_disbursed"], sums["committed"])),
                "net disbursed / committed",
            ),
            Figure("Undisbursed balance", source.amount(sums["undisbursed"])),
            Figure("Available to promise", f"{grouped(fund['available'])} {source.currency}"),
            Figure(
                "Countries to date",
                str(total["receiving"] + total["providing"] - total["both"]),
                f"{total['receiving']} receive, {total['providing']} provide, {total['both']} do both",
            ),
        ],
    )


def _brought_forward(source: ReportReader, flows: Mapping[str, int], mark: str) -> str:
    """Return how much of a sum of the period was brought forward; nothing if none was."""
    return f"; {source.amount(flows[mark])} of it was brought forward" if flows.get(mark) else ""


def _grants(number: int) -> str:
    return "1 grant" if number == 1 else f"{number:,} grants"


def _sums(source: ReportReader) -> dict[str, int]:
    names = ("committed", "net_disbursed", "undisbursed")
    return {name: sum(getattr(money, name) for money in source.money.values()) for name in names}


_STAGES = (
    "proposed requested approved signed effective follow_up closed declined withdrawn lapsed cancelled"
).split()


def status(source: ReportReader) -> Section:
    """Return how many grants and proposals are in each stage, with their commitments."""
    rows = [
        (
            stage.replace("_", " "),
            str(source.stages[stage]),
            grouped(written(source.committed[stage], source.scale)),
        )
        for stage in _STAGES
        if source.stages[stage]
    ]
    committed = sum(money.committed for money in source.money.values())
    rows.append(("total", str(source.stages.total()), grouped(written(committed, source.scale))))
    caption = f"Grants and proposals by stage on {source.as_of}"
    return Section(
        "status",
        "Grant status",
        tables=[
            Table(
                caption, (("stage", False), ("number", True), (f"committed, {source.currency}", True)), rows
            )
        ],
        charts=[chart_of(caption, "number", [(row[0], "number", float(row[1])) for row in rows[:-1]])],
    )


def _country_names(codes: str) -> str:
    return ", ".join(name_of(code) for code in json.loads(codes))


def approved(source: ReportReader) -> Section:
    """Return the grants that were approved in the period."""
    m = money_flows.c
    amounts = {
        row.grant: row.amount
        for row in source.connection.execute(select(m.grant, m.amount).where(m.kind == "approved"))
    }
    rows = [
        (
            row.grant,
            row.title,
            row.window.replace("_", " "),
            _country_names(row.recipients),
            _country_names(row.providers),
            row.approved_on,
            grouped(written(amounts.get(row.grant, 0), source.scale)),
        )
        for row in source.approved
    ]
    columns = tuple(
        (name, False) for name in ("grant", "title", "window", "recipients", "providers", "approved on")
    )
    if rows:
        total = sum(amounts.get(row.grant, 0) for row in source.approved)
        rows.append(("total", "", "", "", "", "", grouped(written(total, source.scale))))
    return Section(
        "approved",
        f"Approved in {source.period.label}",
        note="" if rows else "No grant was approved in the period.",
        tables=[
            Table("Grants approved in the period", (*columns, (f"amount, {source.currency}", True)), rows)
        ]
        if rows
        else [],
    )


def completed(source: ReportReader) -> Section:
    """Return the grants that were completed in the period."""
    money = source.money
    rows = [
        (
            row.grant,
            row.title,
            row.completed_on,
            grouped(written(money[row.grant].net_disbursed, source.scale)),
            percent(money[row.grant].share_disbursed),
        )
        for row in source.completed
    ]
    if rows:
        net = sum(money[row.grant].net_disbursed for row in source.completed)
        rows.append(("total", "", "", grouped(written(net, source.scale)), ""))
    columns = (
        *((name, False) for name in ("grant", "title", "completed on")),
        (f"net disbursed, {source.currency}", True),
        ("share disbursed", True),
    )
    return Section(
        "completed",
        f"Completed in {source.period.label}",
        note="Share disbursed = net disbursed / committed."
        if rows
        else "No grant was completed in the period.",
        tables=[Table("Grants completed in the period", columns, rows)] if rows else [],
    )


def portfolio(source: ReportReader) -> Section:
    """Return all grants by window, sector and region."""
    tables, charts = [], []
    for by in ("window", "sector", "region"):
        groups = source.groups("disbursement", by)
        names = ("committed", "net_disbursed", "undisbursed")
        rows = [
            (
                str(row[by]).replace("_", " "),
                str(row["grants"]),
                str(row["proposals"]),
                *(grouped(row[name]) for name in names),
            )
            for row in groups
        ]
        counts = (str(sum(row[name] for row in groups)) for name in ("grants", "proposals"))
        sums = (sum(minors_of(row[name]) for row in groups) for name in names)
        rows.append(("total", *counts, *(grouped(written(amount, source.scale)) for amount in sums)))
        heads = ("committed", "net disbursed", "undisbursed")
        columns = (
            *((by, False), ("grants", True), ("proposals", True)),
            *((f"{name}, {source.currency}", True) for name in heads),
        )
        tables.append(Table(f"By {by}", columns, rows))
        if by == "sector":
            bars = [
                (str(row[by]).replace("_", " "), series.replace("_", " "), float(row[series]))
                for row in groups
                for series in ("committed", "net_disbursed")
                if minors_of(row["committed"])
            ]
            charts.append(chart_of("Committed and net disbursed by sector", source.currency, bars))
    note = (
        "Regions are those of the recipients; a grant in more than one region is counted once, apart."
        " Grants were approved at some time; proposals never were."
    )
    return Section("portfolio", "Portfolio", note=note, tables=tables, charts=charts)


def contributions(source: ReportReader) -> Section:
    """Return what partners pledged and paid in."""
    *partners, total = source.groups("fund")
    names = {row["partner"]: str(row["name"]) for row in partners}
    rows = [
        (
            names[row["partner"]],
            row["kind"] or "",
            row["currency"],
            grouped(row["pledged"]),
            grouped(row["received_holding"]),
        )
        for row in partners
    ]
    rows.append(("total", "", source.currency, grouped(total["pledged"]), grouped(total["received_holding"])))
    columns = (
        ("partner", False),
        ("kind", False),
        ("currency", False),
        ("pledged", True),
        (f"received, {source.currency}", True),
    )
    bars = [(names[row["partner"]], "received", float(row["received_holding"])) for row in partners]
    caption = f"Contributions until {source.as_of}"
    others = (("Fees", "fees"), ("Income", "income"), ("Returned to partners", "returned"))
    return Section(
        "contributions",
        "Contributions",
        note="Pledges are in the partner's currency; the total counts those with a worth in the holding one.",
        figures=[Figure(name, f"{grouped(total[key])} {source.currency}") for name, key in others],
        tables=[Table(caption, columns, rows)],
        charts=[chart_of("Received by partner", source.currency, bars)],
    )


def elapsed(source: ReportReader) -> Section:
    """Return the share disbursed beside the share of time elapsed, and net disbursed by year."""
    rows = [
        (
            grant,
            source.titles[grant],
            percent(source.money[grant].share_disbursed),
            percent(source.money[grant].share_elapsed),
        )
        for grant in source.running
        if grant in source.money
    ]
    columns = (("grant", False), ("title", False), ("share disbursed", True), ("share of time", True))
    key = source.period.years.replace("-", "_")
    years = source.groups("disbursement", source.period.years)
    bars = [(row[key][2:], "net disbursed", float(row["net_disbursed"])) for row in years]
    by_year = [
        (row[key][2:], *(grouped(row[name]) for name in ("approved", "net_disbursed"))) for row in years
    ]
    if years:
        sums = (sum(minors_of(row[name]) for row in years) for name in ("approved", "net_disbursed"))
        by_year.append(("total", *(grouped(written(amount, source.scale)) for amount in sums)))
    kind = source.period.years.replace("-", " ")
    heads = (
        (kind, False),
        (f"approved, {source.currency}", True),
        (f"net disbursed, {source.currency}", True),
    )
    marked = [row[key][2:] for row in years if minors_of(row["committed_brought_forward"])]
    return Section(
        "disbursement",
        "Disbursement against time elapsed",
        note="Share disbursed = net disbursed / committed. Share of time = days since effectiveness / days"
        " from effectiveness to the closing date. Grants that are effective or in follow-up."
        + (f" Totals of earlier years were brought forward in {', '.join(marked)}." if marked else ""),
        tables=[
            Table("Running grants", columns, rows),
            Table(f"By {kind}", heads, by_year),
        ],
        charts=[chart_of(f"Net disbursed by {kind}", source.currency, bars)],
    )
