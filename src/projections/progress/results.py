"""Sections on obligations, surveys, countries, outcomes and stories."""

from sqlalchemy import select

from lifecycle.kernel.obligation import NAMES
from lifecycle.policy.places.regions import editions_in_words
from lifecycle.types.stage import NOT_STATED
from projections.progress.asking import ReportReader, percent
from projections.progress.model import NOTHING, CountryMap, Figure, Section, Story, Table, chart_of
from projections.reports.money.value import ratio
from projections.reports.results.outcomes import OUTCOMES
from projections.schema.tables import library_texts

_STATUSES = ("met", "met_late", "missed", "overdue", "due_soon", "upcoming", "waived")
_LATE = ("met_late", "missed", "overdue")


def timeline(source: ReportReader) -> Section:
    """Return how many obligations were met in time, met late, or not met yet."""
    by_name = {row["obligation"]: row for row in source.groups("timeline", "obligation")}
    shown = {
        name: by_name[name]
        for name in NAMES
        if name in by_name and any(by_name[name][status] for status in _STATUSES)
    }
    rows = [
        (name.replace("_", " "), *(str(counts[status]) for status in _STATUSES))
        for name, counts in shown.items()
    ]
    met = sum(counts["met"] for counts in shown.values())
    decided = met + sum(counts[status] for counts in shown.values() for status in _LATE)
    bars = [
        (name.replace("_", " "), status.replace("_", " "), float(counts[status]))
        for name, counts in shown.items()
        for status in ("met", *_LATE)
        if any(counts[decided_status] for decided_status in ("met", *_LATE))
    ]
    columns = (("obligation", False), *((status.replace("_", " "), True) for status in _STATUSES))
    caption = f"Obligations by status on {source.as_of}"
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


def surveys(source: ReportReader) -> Section:
    """Return the client surveys of the period."""
    in_period, number, respondents = [], 0, 0
    for row in source.each("surveys"):
        number += 1
        respondents += row["respondents"]
        if source.is_in_period(row["since"]):
            in_period.append(row)
    rows = [
        (
            row["grant"],
            source.titles.get(row["grant"], ""),
            row["since"],
            str(row["respondents"]),
            row["satisfaction"] or NOTHING,
        )
        for row in in_period
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
            Figure(f"Surveys in {source.period.label}", str(len(in_period)), f"{number} to date"),
            Figure(
                f"Respondents in {source.period.label}",
                str(sum(row["respondents"] for row in in_period)),
                f"{respondents} to date",
            ),
        ],
        tables=[Table("Surveys of the period", columns, rows)] if rows else [],
    )


def countries(source: ReportReader) -> Section:
    """Return the countries that receive and provide."""
    *countries, total = source.groups("countries")
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
    counts = ("receives", "provides", "does both", "activities held")
    columns = (
        *((heading, False) for heading in ("country", "region", "income group")),
        *((heading, True) for heading in counts),
    )
    bars = [
        (str(row["region"]).replace("_", " "), series, float(row[series]))
        for row in source.groups("countries", "region")
        for series in ("receiving", "providing")
        if row["countries"]
    ]
    return Section(
        "countries",
        "Countries providing and receiving",
        note=f"Grants approved until {source.as_of}. Regions and income groups are the World Bank's on that"
        f" day. {editions_in_words(source.as_of.isoformat())}"
        " What is not stated is counted apart, never as a country.",
        figures=[
            Figure("Receiving", str(total["receiving"]), "countries"),
            Figure("Providing", str(total["providing"]), "countries"),
            Figure("Both", str(total["both"]), "countries that receive and provide"),
        ],
        tables=[Table("Grants by country", columns, rows)],
        country_map=CountryMap(
            f"Who gave and who received, in grants approved until {source.as_of}",
            frozenset(row["country"] for row in countries if row["providing"]) - {NOT_STATED},
            frozenset(row["country"] for row in countries if row["receiving"]) - {NOT_STATED},
        ),
        charts=[chart_of("Countries by region", "countries", bars)],
    )


def outcomes(source: ReportReader) -> Section:
    """Return the capacity outcomes that grants sought and achieved, and how many have results and lessons."""
    number = -1  # the last row is the total
    for total in source.each("outcomes"):  # noqa: B007 the last one is used below
        number += 1
    by_outcome = {row["outcome"]: row for row in source.groups("outcomes", "outcome")}
    rows = [
        (
            name.replace("_", " "),
            str(by_outcome[name]["sought"]),
            str(by_outcome[name]["achieved"]),
            percent(by_outcome[name]["share_of_sought"]),
        )
        for name in OUTCOMES
    ]
    columns = (("outcome", False), ("sought", True), ("achieved", True), ("achieved of sought", True))
    bars = [(row[0], "achieved", float(row[2])) for row in rows]
    of = f"of {number} grants with an outcome, a result or a lesson"
    return Section(
        "outcomes",
        "Outcomes",
        note="Achieved of sought = grants that sought and achieved the outcome / grants that sought it.",
        figures=[
            Figure("With concrete results", str(total["with_results"]), of),
            Figure("With lessons", str(total["with_lessons"]), of),
        ],
        tables=[Table("Grants by capacity outcome", columns, rows)],
        charts=[chart_of("Grants that achieved each outcome", "grants", bars)],
    )


def stories(source: ReportReader) -> Section:
    """Return the stories of the period, or the latest five."""
    t, on = library_texts.c, str(source.as_of)
    published = list(
        source.connection.execute(
            select(library_texts)
            .where(t.since <= on, on < t.until, t.kind.in_(("results_story", "development_outcome")))
            .order_by(t.since.desc(), t.grant, t.n)
        )
    )
    in_period = [row for row in published if source.is_in_period(row.since)]
    shown = in_period or published[:5]
    note = "" if in_period else "None was published in the period; these are the latest."
    stories = [
        Story(row.title or source.titles.get(row.grant, row.grant), row.grant, row.since, row.text)
        for row in shown
    ]
    return Section("stories", "Stories", note=note if stories else "None so far.", stories=stories)
