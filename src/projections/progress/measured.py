"""Sections on ratings and on indicators."""

from projections.progress.asking import ReportReader
from projections.progress.model import NOTHING, Figure, Section, Table

_CHANGES = ("better", "worse", "same", "other", "first")


def ratings(source: ReportReader) -> Section:
    """Return the ratings of the period's progress reports, each with the one before."""
    in_period = [row for row in source.each("ratings") if source.is_in_period(row["since"])]
    rows = [
        (
            row["grant"],
            row["title"] or NOTHING,
            row["since"],
            row["rating"].replace("_", " "),
            (row["before"] or NOTHING).replace("_", " "),
            row["change"],
        )
        for row in in_period
    ]
    counts = {change: sum(row["change"] == change for row in in_period) for change in _CHANGES}
    headings = ("grant", "title", "on", "rating", "before", "change")
    return Section(
        "ratings",
        "Ratings",
        note="By the scale of the edition that governs each grant; without one a change is “other”.",
        figures=[
            Figure("Rated", str(len(in_period)), "progress reports of the period"),
            Figure("Better", str(counts["better"]), "than in the report before"),
            Figure("Worse", str(counts["worse"]), "than in the report before"),
        ],
        tables=[Table("Ratings of the period", tuple((name, False) for name in headings), rows)]
        if rows
        else [],
    )


def indicators(source: ReportReader) -> Section:
    """Return each indicator, with its baseline, its target and its newest value."""
    each = list(source.each("indicators"))
    rows = [
        (
            row["grant"],
            row["indicator"],
            row["unit"],
            *(row[name] or NOTHING for name in ("baseline", "target", "actual")),
            row["by"],
            row["track"].replace("_", " "),
        )
        for row in each
    ]
    numbers = ("baseline", "target", "actual")
    headings = ("grant", "indicator", "unit", *numbers, "by", "track")
    return Section(
        "indicators",
        "Indicators",
        note="On track: the newest value is what a straight way from baseline to target gives on its day.",
        figures=[
            Figure(name, str(sum(row["track"] == track for row in each)), f"of {len(each)} indicators")
            for name, track in (("Reached", "reached"), ("On track", "on_track"), ("Off track", "off_track"))
        ],
        tables=[Table("Results as numbers", tuple((name, name in numbers) for name in headings), rows)]
        if rows
        else [],
    )
