"""Sections on what came of it: obligations, surveys, countries, outcomes, stories."""

from sqlalchemy import select

from lifecycle.kernel.obligation import NAMES
from projections.progress.asking import Asker, percent
from projections.progress.model import NOTHING, Figure, Section, Story, Table, chart_of
from projections.reports.money.value import ratio
from projections.reports.results.outcomes import OUTCOMES
from projections.reports.results.regions import editions_in_words
from projections.schema.tables import library_texts

_ANSWERS = ("met", "met_late", "missed", "overdue", "due_soon", "upcoming", "waived")
_LATE = ("met_late", "missed", "overdue")


def timeline(it: Asker) -> Section:
    """What was met in time, late, or not yet."""
    count = {row["obligation"]: row for row in it.rows("timeline", "obligation")}
    shown = {name: count[name] for name in NAMES if name in count and any(count[name][a] for a in _ANSWERS)}
    rows = [
        (name.replace("_", " "), *(str(counts[answer]) for answer in _ANSWERS))
        for name, counts in shown.items()
    ]
    met = sum(counts["met"] for counts in shown.values())
    decided = met + sum(counts[answer] for counts in shown.values() for answer in _LATE)
    bars = [
        (name.replace("_", " "), answer.replace("_", " "), float(counts[answer]))
        for name, counts in shown.items()
        for answer in ("met", *_LATE)
        if any(counts[a] for a in ("met", *_LATE))
    ]
    columns = (("obligation", False), *((answer.replace("_", " "), True) for answer in _ANSWERS))
    caption = f"Obligations by status on {it.as_of}"
    return Section(
        "timeline",
        "Timeline compliance",
        figures=[
            Figure("Met in time", percent(ratio(met, decided)), "met / (met + met late + missed + overdue)"),
            Figure("Missed", str(sum(counts["missed"] for counts in shown.values()))),
            Figure("Overdue", str(sum(counts["overdue"] for counts in shown.values()))),
        ],
        tables=[Table(caption, columns, rows)],
        charts=[chart_of("Obligations met, met late, missed and overdue", "obligations", bars, stacked=True)],
    )


def surveys(it: Asker) -> Section:
    """Whether clients were asked."""
    surveys = it.rows("surveys")
    mine = [row for row in surveys if it.within(row["since"])]
    rows = [
        (
            row["grant"],
            it.titles.get(row["grant"], ""),
            row["since"],
            str(row["respondents"]),
            row["satisfaction"] or NOTHING,
        )
        for row in mine
    ]
    columns = (
        *((name, False) for name in ("grant", "title", "on")),
        ("respondents", True),
        ("satisfaction, the survey's scale", True),
    )
    return Section(
        "survey",
        "Client survey",
        figures=[
            Figure(f"Surveys in {it.period.label}", str(len(mine)), f"{len(surveys)} to date"),
            Figure(
                f"Respondents in {it.period.label}",
                str(sum(row["respondents"] for row in mine)),
                f"{sum(row['respondents'] for row in surveys)} to date",
            ),
        ],
        tables=[Table("Surveys of the period", columns, rows)] if rows else [],
    )


def countries(it: Asker) -> Section:
    """Who receives and who provides."""
    *countries, total = it.rows("countries")
    counted = [row for row in countries if row["grants"] or row["held"]]
    rows = [
        (
            row["name"],
            (row["region"] or NOTHING).replace("_", " "),
            (row["income_group"] or NOTHING).replace("_", " "),
            *(str(row[name]) for name in ("receiving", "providing", "both", "held")),
        )
        for row in sorted(counted, key=lambda row: (row["region"] is None, row["name"]))
    ]
    heads = ("receives", "provides", "does both", "activities held")
    columns = (("country", False), ("region", False), ("income group", False), *((h, True) for h in heads))
    bars = [
        (str(row["region"]).replace("_", " "), series, float(row[series]))
        for row in it.rows("countries", "region")
        for series in ("receiving", "providing")
        if row["countries"]
    ]
    return Section(
        "countries",
        "Countries providing and receiving",
        note=f"Grants approved until {it.as_of}. Regions and income groups are the World Bank's on that day."
        f" {editions_in_words(it.as_of.isoformat())}"
        " What is not stated is counted apart, never as a country.",
        figures=[
            Figure("Receiving", str(total["receiving"]), "countries"),
            Figure("Providing", str(total["providing"]), "countries"),
            Figure("Both", str(total["both"]), "countries that receive and provide"),
        ],
        tables=[Table("Grants by country", columns, rows)],
        charts=[chart_of("Countries by region", "countries", bars)],
    )


def outcomes(it: Asker) -> Section:
    """What capacity was built, and what came beyond it."""
    *grants, total = it.rows("outcomes")
    by = {row["outcome"]: row for row in it.rows("outcomes", "outcome")}
    rows = [
        (
            name.replace("_", " "),
            str(by[name]["sought"]),
            str(by[name]["achieved"]),
            percent(by[name]["share_of_sought"]),
        )
        for name in OUTCOMES
    ]
    columns = (("outcome", False), ("sought", True), ("achieved", True), ("achieved of sought", True))
    bars = [(row[0], "achieved", float(row[2])) for row in rows]
    of = f"of {len(grants)} grants with an outcome, a result or a lesson"
    return Section(
        "outcomes",
        "Outcomes",
        note="Achieved of sought = grants that sought and achieved the outcome / grants that sought it.",
        figures=[
            Figure("With concrete results", str(total["with_results"]), of),
            Figure("With lessons told", str(total["with_lessons"]), of),
        ],
        tables=[Table("Grants by capacity outcome", columns, rows)],
        charts=[chart_of("Grants that achieved each outcome", "grants", bars)],
    )


def stories(it: Asker) -> Section:
    """The stories of the period, or the latest."""
    t, on = library_texts.c, str(it.as_of)
    found = list(
        it.connection.execute(
            select(library_texts)
            .where(t.since <= on, on < t.until, t.kind.in_(("results_story", "development_outcome")))
            .order_by(t.since.desc(), t.grant, t.n)
        )
    )
    mine = [row for row in found if it.within(row.since)]
    shown = mine or found[:5]
    note = "" if mine else "None was published in the period; these are the latest."
    stories = [
        Story(row.title or it.titles.get(row.grant, row.grant), row.grant, row.since, row.text)
        for row in shown
    ]
    return Section("stories", "Stories", note=note if stories else "None so far.", stories=stories)
