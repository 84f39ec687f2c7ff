"""Charts as SVG, drawn by Altair without a browser or network; in colours that the page decides."""

import json
import re
from typing import TYPE_CHECKING, Any

import altair as alt
import vl_convert

if TYPE_CHECKING:
    from projections.progress.model import Chart

_SERIES = {"#010101": "--first", "#020202": "--second", "#030303": "--third", "#040404": "--fourth"}
_INK = {"#050505": "--ink", "#060606": "--line"}
"""Colours that stand for the page's own, so that one drawing serves light, dark and paper."""
_FONT = "Segoe UI, Helvetica Neue, Arial, sans-serif"
_WIDTH = 440


def svg(chart: "Chart", number: int) -> str:
    """The chart as an ``svg`` element, with its title and figures for those who do not see it."""
    drawn: str = vl_convert.vegalite_to_svg(_specified(chart))
    drawn = drawn[drawn.index("<svg") :]
    for color, name in {**_SERIES, **_INK}.items():
        drawn = re.sub(rf'\b(fill|stroke)="{color}"', rf'\1="var({name})"', drawn)
    # Two charts on a page must not share an id.
    drawn = re.sub(r'\b(id="|url\(#)(clip|gradient)', rf"\g<1>chart{number}-\2", drawn)
    label = _escaped(f"{chart.title}. {chart.description}")
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def _escaped(text: str) -> str:
    from markupsafe import escape

    from cli.text import safe

    return str(escape(safe(text)))


def _specified(chart: "Chart") -> dict[str, Any]:
    series = list(dict.fromkeys(name for _, name, _ in chart.bars))
    categories = list(dict.fromkeys(name for name, _, _ in chart.bars))
    rows = [{"category": category, "series": name, "length": length} for category, name, length in chart.bars]
    y = alt.Y(
        "category:N", sort=categories, title=None, axis=alt.Axis(labelLimit=220, ticks=False, domain=False)
    )
    x = alt.X(
        "length:Q", title=chart.unit, axis=alt.Axis(tickCount=5, format="~s" if _large(chart) else ",d")
    )
    color = alt.Color(
        "series:N",
        sort=series,
        scale=alt.Scale(domain=series, range=list(_SERIES)[: len(series)]),
        legend=alt.Legend(title=None, orient="top") if len(series) > 1 else None,
    )
    drawing: Any = (
        alt.Chart(alt.InlineData(values=rows)).mark_bar(height={"band": 0.8}).encode(x=x, y=y, color=color)
    )
    if len(series) > 1:
        drawing = drawing.encode(yOffset=alt.YOffset("series:N", sort=series))
    drawing = drawing.properties(width=_WIDTH, height=alt.Step(12 if len(series) > 1 else 20)).configure(
        aria=False, background="transparent", font=_FONT
    )
    drawing = drawing.configure_view(stroke=None).configure_axis(
        labelColor="#050505",
        titleColor="#050505",
        gridColor="#060606",
        tickColor="#060606",
        domainColor="#060606",
        labelFontSize=12,
        titleFontSize=12,
        titleFontWeight="normal",
    )
    made: dict[str, Any] = json.loads(
        drawing.configure_legend(labelColor="#050505", labelFontSize=12).to_json()
    )
    return made


def _large(chart: "Chart") -> bool:
    return any(length >= 10_000 for _, _, length in chart.bars)
